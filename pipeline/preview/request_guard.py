"""Request checks and security headers: only this machine's browser may ask, and pages load nothing from outside."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALLOWED_HOSTS = ("127.0.0.1", "localhost", "[::1]")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    # With `no-referrer`, browsers send our own forms with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_MAX_BODY_BYTES = 1_000_000


def frame_policy(*, with_pictures: bool) -> str:
    """Return the policy of a mail or chapter in a frame: its own style and pictures, no script."""
    pictures = "'self' data:" if with_pictures else "'none'"
    return (
        f"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src {pictures}; font-src 'self' data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
    )


class RequestGuard:
    """ASGI middleware that rejects requests from other sites and machines, and adds security headers.

    The Host header reveals DNS rebinding to 127.0.0.1, the Origin header a form on another site.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{host}:{port}" for host in ALLOWED_HOSTS} | (set(ALLOWED_HOSTS) if port == 80 else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if why := self._refusal(scope):
            await PlainTextResponse(why, 403, _SECURITY_HEADERS)(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*_SECURITY_HEADERS.items(), ("content-security-policy", CONTENT_SECURITY_POLICY)):
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self.hosts:
            return "the preview answers to 127.0.0.1 and localhost only"
        if scope["method"] in ("GET", "HEAD"):
            return ""
        if headers.get("origin", "").lower() != f"http://{host}":
            return "this request did not come from a page of the preview"
        # Browsers send the length of a form; a chunked body is not from a form.
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
            return "too large for a form"
        return ""
