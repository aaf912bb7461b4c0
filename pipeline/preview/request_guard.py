"""Who may ask, and what a page may load: this machine's own browser alone, and nothing from outside."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALLOWED_HOSTS = ("127.0.0.1", "localhost", "[::1]")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of the desk's own pages."""
_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: browsers would then send a form of our own with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_MAX_BODY_BYTES = 1_000_000


def frame_policy(*, with_pictures: bool) -> str:
    """Return what a mail or a chapter may load inside its frame: its own style and pictures, never a script."""
    pictures = "'self' data:" if with_pictures else "'none'"
    return (
        f"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src {pictures}; font-src 'self' data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
    )


class RequestGuard:
    """Turns away requests that another site or another machine could have made.

    A name that leads to 127.0.0.1 (DNS rebinding) is seen by its Host header; a form on another site by its Origin.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = frozenset(f"{host}:{port}" for host in ALLOWED_HOSTS) | (
            frozenset(ALLOWED_HOSTS) if port == 80 else frozenset()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be answered."""
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
            return "this desk answers to 127.0.0.1 and localhost only"
        if scope["method"] in ("GET", "HEAD"):
            return ""
        if headers.get("origin", "").lower() != f"http://{host}":
            return "this did not come from a page of the desk"
        # Every browser says how long a form is; what comes in pieces, to an end that no one knows, is none.
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
            return "too much for a form"
        return ""
