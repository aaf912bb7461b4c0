"""The web server of the preview: request checks, routes, server-sent events, file watcher, and the local port."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from watchfiles import Change, DefaultFilter, awatch

from pipeline.config import Config
from pipeline.errors import ConfigError, PublishError
from pipeline.preview.file_responses import FileResponses
from pipeline.preview.forms import FormViews
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.views import Views

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
HOST = "127.0.0.1"
_WATCH_STEP_MS = 20
"""Milliseconds without a change after which a save is complete."""
_DEBOUNCE_MS = 200
"""Longest time in milliseconds for which saves are collected."""
_KEEP_ALIVE_S = 15.0


class RequestGuard:
    """ASGI middleware that rejects requests from other sites, machines and users, and adds security headers.

    The Host header reveals DNS rebinding to 127.0.0.1, `Sec-Fetch-Site` and Origin a page of another site, a missing
    cookie another user. The cookie is set by the address with the token, or with a code, which works once.
    """

    def __init__(self, app: ASGIApp, port: int, token: str, codes: set[str]) -> None:
        self.app, self.token, self.codes = app, token, codes
        self.cookie = f"publish-preview-{port}"  # a browser sends the cookies of a host to all its ports
        self.hosts = {f"{host}:{port}" for host in ALLOWED_HOSTS} | (set(ALLOWED_HOSTS) if port == 80 else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        why = self._refusal(scope)
        response = PlainTextResponse(why, 403, _SECURITY_HEADERS) if why else self._entrance(request)
        if response:
            await response(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*_SECURITY_HEADERS.items(), ("content-security-policy", CONTENT_SECURITY_POLICY)):
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_guarded)

    def _entrance(self, request: Request) -> Response | None:
        """Return what a request without the cookie gets; None where it has the cookie."""
        given = request.query_params.get("token", "")
        if request.url.path == "/" and given in (self.token, *self.codes):
            self.codes.discard(given)
            response = RedirectResponse("/", 303, _SECURITY_HEADERS)
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
            return response
        if secrets.compare_digest(request.cookies.get(self.cookie, "").encode(), self.token.encode()):
            return None
        why = "open the preview by the address that `publish preview` printed: it holds a token"
        return PlainTextResponse(why, 403, _SECURITY_HEADERS)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self.hosts:
            return "the preview answers to 127.0.0.1 and localhost only"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "this request did not come from a page of the preview"
        if scope["method"] in ("GET", "HEAD"):
            return ""
        if headers.get("origin", "").lower() != f"http://{host}":
            return "this request did not come from a page of the preview"
        # Browsers send the length of a form; a chunked body is not from a form.
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
            return "too large for a form"
        return ""


def create_app(state: PreviewState, port: int, token: str, codes: set[str]) -> Starlette:
    views = Views(state)
    files, actions = FileResponses(state), FormViews(state, views)

    async def events(request: Request) -> Response:
        stream = _event_stream(state, request.query_params.get("shown", ""))
        return StreamingResponse(stream, media_type="text/event-stream")

    routes = [
        Route("/", views.shelf),
        Route("/proof/{id:path}", views.proof),
        Route("/compose", actions.compose),
        Route("/compose", actions.compose_draft, methods=["POST"]),
        Route("/compose/{id:path}", actions.compose),
        Route("/print", actions.print_page),
        Route("/print", actions.print, methods=["POST"]),
        Route("/variant", actions.print_variant, methods=["POST"]),
        Route("/events", events),
        Route("/assets/{name}", files.asset),
        Route("/page/{id:path}/{variant}/{number:int}.png", files.page),
        Route("/book/{scheme}/{id:path}/~/{name:path}", files.book),
        Route("/mail/{scheme}/{pictures}/{path:path}", files.mail),
        Route("/outputs/{path:path}", files.output),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # A daemon thread: CUPS on another machine may take a minute to answer.
        threading.Thread(target=actions.look_for_printers, daemon=True).start()
        chores = (state.work(), _watch_sources(state), asyncio.to_thread(views.warm))
        tasks = [asyncio.create_task(chore) for chore in chores]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    return Starlette(
        routes=routes,
        middleware=[Middleware(RequestGuard, port=port, token=token, codes=codes)],
        exception_handlers={
            HTTPException: views.missing,
            FileNotFoundError: views.missing,
            PublishError: views.broken,
        },
        lifespan=lifespan,
    )


def run_preview_server(config: Config, outputs: Path, port: int, jobs: int, *, is_opened: bool) -> None:
    """Run the preview server until Ctrl-C.

    Args:
        port: 0: any free port; the address is printed.

    Raises:
        ConfigError: The port is in use, or not allowed.
    """
    with _bind_port(port) as listening:
        port = listening.getsockname()[1]
        state = PreviewState(config, outputs, jobs)
        token, code = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        address = f"http://{HOST}:{port}/?token="
        print(f"{address}{token}  (Ctrl-C ends it)", flush=True)  # noqa: T201  # the address to open
        if is_opened:  # other users of the machine see the command line of a browser
            webbrowser.open(address + code)
        settings = uvicorn.Config(
            create_app(state, port, token, {code} if is_opened else set()), log_level="warning", access_log=False,
            server_header=False, timeout_graceful_shutdown=1, lifespan="on", ws="none",
        )  # fmt: skip
        logging.getLogger("uvicorn.error").addFilter(_is_relevant_log)
        with suppress(KeyboardInterrupt):
            _PreviewServer(settings, state).run(sockets=[listening])


class _PreviewServer(uvicorn.Server):
    def __init__(self, settings: uvicorn.Config, state: PreviewState) -> None:
        super().__init__(settings)
        self._state = state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._state.end_streams()
        await super().shutdown(sockets)


def _is_relevant_log(record: logging.LogRecord) -> bool:
    """Filter log records about responses that Ctrl-C cancelled."""
    is_cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not is_cut and "timeout graceful shutdown exceeded" not in record.getMessage()


def _bind_port(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port that was just closed can be reused at once; a port in use cannot.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        hint = f"choose another: --port {port % 65535 + 1}, or --port 0"
        raise ConfigError(f"port {port} cannot be used: {error.strerror}", hint=hint) from error
    return listening


async def _event_stream(state: PreviewState, shown: str) -> AsyncIterator[bytes]:
    """Yield server-sent events, with comments as keep-alive."""
    with state.listen(shown) as listener:
        yield b"retry: 1000\n\n"
        while True:
            try:
                event = await asyncio.wait_for(listener.events.get(), _KEEP_ALIVE_S)
            except TimeoutError:
                yield b": keep-alive\n\n"
                continue
            if event is None:
                return
            yield f"data: {json.dumps(asdict(event))}\n\n".encode()


async def _watch_sources(state: PreviewState) -> None:
    folder = state.config.folder.resolve()
    ignored = _SourceFilter(folder, state.outputs.folder)
    async for found in awatch(folder, watch_filter=ignored, step=_WATCH_STEP_MS, debounce=_DEBOUNCE_MS):
        state.changed(Path(name) for _, name in found)


class _SourceFilter(DefaultFilter):
    def __init__(self, project: Path, outputs: Path) -> None:
        super().__init__(ignore_paths=(outputs,))
        self._project = project

    def __call__(self, change: Change, path: str) -> bool:
        hidden = any(part.startswith(".") for part in Path(path).relative_to(self._project).parts)
        return not hidden and super().__call__(change, path)
