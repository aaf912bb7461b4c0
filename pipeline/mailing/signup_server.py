"""The HTTP server of the sign-up service: deadlines of requests, its log, and its start."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import traceback
from contextlib import suppress

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.dkim_signing import load_signer
from pipeline.mailing.settings import sender_domain
from pipeline.mailing.signup_service import RateLimiter, SignupService
from pipeline.mailing.transport import FileTransport, Transport, smtp_transport

REQUEST_S = 10.0
"""Seconds until a request must be complete, headers and body."""
KEEP_ALIVE_S = 150
"""Longer than the idle timeout of proxies (Caddy: 120 s): otherwise a POST could meet a closing connection, is not sent
again, and an unsubscribe request is lost."""
MANY_CONNECTIONS, HURRIED_S = 200, 0.5
"""Where more connections are open, a request has so many seconds, and the next one of its connection one second."""
MAX_OPEN_FILES = 8192
LINES_AN_HOUR = 5
"""Lines of the log for one kind of event."""
_PERSONAL = re.compile(r"[^\s<>\"']*@[^\s<>\"']*|(?<![\w-])[\w-]{22}(?![\w-])")
"""Addresses of readers, and tokens."""


class TimedConnection(H11Protocol):
    """A connection that is closed where a request does not become complete in time.

    uvicorn waits for one without end: connections with half a request would take all that the system allows.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self._watch()

    def handle_events(self) -> None:
        super().handle_events()
        self._watch()

    def _watch(self) -> None:
        """Start the deadline where a request is incomplete, and stop it where none is."""
        is_crowded = len(self.connections) > MANY_CONNECTIONS
        self.timeout_keep_alive = 1 if is_crowded else KEEP_ALIVE_S
        has_none = self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body)
        is_incomplete = self.timeout_keep_alive_task is None if has_none else self.cycle.more_body
        if self._deadline and not is_incomplete:
            self._deadline.cancel()
            self._deadline = None
        elif is_incomplete and not self._deadline:
            wait_s = HURRIED_S if is_crowded else REQUEST_S
            self._deadline = self.loop.call_later(wait_s, self.transport.abort)


class ServiceLog(logging.StreamHandler):  # type: ignore[type-arg]  # standard error
    """Writes events to standard error, each in one line: few of a kind, and without addresses of readers and tokens."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.limiter = RateLimiter(LINES_AN_HOUR, 3600)

    def filter(self, record: logging.LogRecord) -> bool:
        return self.limiter.count(str(record.msg).partition("\n")[0])

    def format(self, record: logging.LogRecord) -> str:
        error, _, trace = record.exc_info or (None, None, None)
        told = _PERSONAL.sub("…", " ".join(f"{record.levelname.lower()}: {record.getMessage()}".split()))
        place = "".join(f" in {frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace, -1))
        return f"{told}: {error.__name__}{place}" if error else told


def run_signup_service(config: Config, store: MailingDatabase, host: str, port: int, *, is_trial: bool) -> None:
    """Run the service until it is stopped.

    Raises:
        ConfigError: `publish.toml` lacks what the service needs.
    """
    sending = config.sending
    if not (sending.service and sending.lists):
        raise ConfigError("[sending] service and lists are needed", hint="an https address, and at least one list")
    sender_domain(config.publisher)
    load_signer(config)

    def connect() -> Transport:
        return FileTransport(store.folder.trials / "signup") if is_trial else smtp_transport(sending)

    connect()
    with suppress(ImportError, ValueError):  # Windows has no such limit
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard if 0 <= hard < MAX_OPEN_FILES else MAX_OPEN_FILES, hard))
    logging.basicConfig(handlers=[ServiceLog()], level=logging.WARNING, force=True)
    # No access log: request addresses hold tokens. A proxy on this machine passes the client's address.
    uvicorn.run(
        SignupService(config, store, connect).app(), host=host, port=port, access_log=False, server_header=False,
        proxy_headers=True, forwarded_allow_ips="127.0.0.1", log_level="warning", log_config=None,
        http=TimedConnection, ws="none",
    )  # fmt: skip
