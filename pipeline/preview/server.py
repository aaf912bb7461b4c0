"""The preview's web server: routes, server-sent events, file watcher, and the local port."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from watchfiles import Change, DefaultFilter, awatch

from pipeline.config import Config
from pipeline.errors import ConfigError, PublishError
from pipeline.preview.file_responses import FileResponses
from pipeline.preview.forms import FormViews
from pipeline.preview.page_events import END_EVENT
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.request_guard import RequestGuard
from pipeline.preview.views import Views

HOST = "127.0.0.1"
_WATCH_STEP_MS = 20
"""After which a save counts as whole: editors write a file in one go, or move it into place."""
_DEBOUNCE_MS = 200
"""At most so long are saves that follow each other taken as one."""
_KEEP_ALIVE_S = 15.0


def create_app(desk: PreviewState, port: int) -> Starlette:
    """Return the desk as an application for a port of this machine."""
    views = Views(desk)
    files, actions = FileResponses(desk), FormViews(desk, views)

    async def events(request: Request) -> Response:
        stream = _event_stream(desk, request.query_params.get("shown", ""))
        return StreamingResponse(stream, media_type="text/event-stream")

    routes = [
        Route("/", views.shelf),
        Route("/proof/{id:path}", views.proof),
        Route("/compose", actions.compose),
        Route("/compose", actions.compose_draft, methods=["POST"]),
        Route("/compose/{id:path}", actions.compose),
        Route("/print", actions.print_page),
        Route("/print", actions.print, methods=["POST"]),
        Route("/events", events),
        Route("/assets/{name}", files.asset),
        Route("/page/{id:path}/{variant}/{number:int}.png", files.page),
        Route("/book/{scheme}/{id:path}/~/{name:path}", files.book),
        Route("/mail/{scheme}/{pictures}/{path:path}", files.mail),
        Route("/outputs/{path:path}", files.output),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        chores = (desk.work(), _watch_sources(desk), asyncio.to_thread(views.warm))
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
        middleware=[Middleware(RequestGuard, port=port)],
        exception_handlers={HTTPException: views.missing, PublishError: views.broken},
        lifespan=lifespan,
    )


def run_preview_server(config: Config, outputs: Path, port: int, jobs: int, *, is_opened: bool) -> None:
    """Answer until Ctrl-C.

    Args:
        port: 0: any that is free; the address is printed.

    Raises:
        ConfigError: The port is taken, or may not be used.
    """
    with _bind_port(port) as listening:
        port = listening.getsockname()[1]
        desk = PreviewState(config, outputs, jobs)
        address = f"http://{HOST}:{port}/"
        print(f"{address}  (Ctrl-C ends it)", flush=True)  # noqa: T201  # the one line that a person needs
        if is_opened:
            webbrowser.open(address)
        settings = uvicorn.Config(
            create_app(desk, port), log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=1, lifespan="on", ws="none",
        )  # fmt: skip
        logging.getLogger("uvicorn.error").addFilter(_is_relevant_log)
        with suppress(KeyboardInterrupt):
            _PreviewServer(settings, desk).run(sockets=[listening])


class _PreviewServer(uvicorn.Server):
    """Lets open pages go before it waits for them to end by themselves."""

    def __init__(self, settings: uvicorn.Config, desk: PreviewState) -> None:
        super().__init__(settings)
        self._desk = desk

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, then the server."""
        self._desk.dismiss()
        await super().shutdown(sockets)


def _is_relevant_log(record: logging.LogRecord) -> bool:
    """Tell whether a line of the server's log says more than that Ctrl-C cut short an answer."""
    is_cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not is_cut and "timeout graceful shutdown exceeded" not in record.getMessage()


def _bind_port(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port that a desk has just left may be used at once; one that is in use may not.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        other = f"take another: --port {port % 65535 + 1}, or --port 0"
        raise ConfigError(f"port {port} cannot be used: {error.strerror}", hint=other) from error
    return listening


async def _event_stream(desk: PreviewState, shown: str) -> AsyncIterator[bytes]:
    """Yield server-sent events: what happens, and a sign of life where nothing does."""
    with desk.listen(shown) as listener:
        yield b"retry: 1000\n\n"
        while True:
            try:
                event = await asyncio.wait_for(listener.events.get(), _KEEP_ALIVE_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event.kind == END_EVENT:
                return
            yield f"data: {json.dumps(asdict(event))}\n\n".encode()


async def _watch_sources(desk: PreviewState) -> None:
    """Tell the desk what was saved, for ever."""
    ignored = _SourceFilter(desk.config.folder.resolve(), desk.outputs.folder)
    changes = awatch(desk.config.folder.resolve(), watch_filter=ignored, step=_WATCH_STEP_MS, debounce=_DEBOUNCE_MS)
    async for found in changes:
        desk.changed(Path(name) for _, name in found)


class _SourceFilter(DefaultFilter):
    """Lets through what may be a source: nothing in a hidden folder of the project, and no output."""

    def __init__(self, project: Path, outputs: Path) -> None:
        super().__init__(ignore_paths=(outputs,))
        self._project = project

    def __call__(self, change: Change, path: str) -> bool:
        """Tell whether a change matters."""
        hidden = any(part.startswith(".") for part in Path(path).relative_to(self._project).parts)
        return not hidden and super().__call__(change, path)
