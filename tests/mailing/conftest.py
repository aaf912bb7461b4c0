"""A list in a folder of its own, and mail servers that answer as they are told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipeline.config import SendingSettings
from pipeline.mailing.database import DataDir, MailingDatabase, open_database
from pipeline.mailing.message_template import MessageTemplate, SenderIdentity, parse_template
from pipeline.mailing.subscribers import Consent, import_consents

LIST = "nyt"
TODAY = date(2026, 11, 24)
ROUTE = SenderIdentity("klinik.example", LIST, "https://nyt.klinik.example", "afmeld@klinik.example")
UNSUBSCRIBE = "https://klinik.example/afmeld"


@pytest.fixture
def folder(tmp_path: Path) -> DataDir:
    path = tmp_path / "data"
    path.mkdir(mode=0o700)
    return DataDir(path)


@pytest.fixture
def store(folder: DataDir) -> Iterator[MailingDatabase]:
    with open_database(folder) as opened:
        yield opened


def consent(address: str, on: date | None = date(2026, 3, 2)) -> Consent:
    return Consent(address, "da", on, "v1", "kort i receptionen")


def subscribe(store: MailingDatabase, *addresses: str) -> None:
    import_consents(store, LIST, (consent(address) for address in addresses))


def template(message: bytes) -> MessageTemplate:
    return parse_template(message, UNSUBSCRIBE, ROUTE)


Answer = Callable[[str, str], str | None]


@dataclass
class Post:
    """A mail server of aiosmtpd that keeps what it takes, and answers what a test wants."""

    answer: Answer = lambda _stage, _address: None
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Sender, recipient and content."""

    async def handle_MAIL(self, server: SMTP, _s: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        return self._said(server, "MAIL", address) or "250 2.1.0 Ok"

    async def handle_RCPT(self, server: SMTP, _s: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802
        said = self._said(server, "RCPT", address)
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, _s: Session, envelope: Envelope) -> str:  # noqa: N802
        said = self.answer("DATA", envelope.rcpt_tos[0])
        if said is None or said == "take and cut":
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.taken.append((envelope.mail_from or "", envelope.rcpt_tos[0], content))
        if said in ("cut", "take and cut"):
            _cut(server)
        return said if said and said[0].isdigit() else "250 2.0.0 Ok"

    def _said(self, server: SMTP, stage: str, address: str) -> str | None:
        said = self.answer(stage, address)
        if said == "cut":
            _cut(server)
            return "451 gone"
        return said


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def server(post: Post) -> Iterator[SendingSettings]:
    """Return settings for a server that is up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield SendingSettings(
            lists={LIST: "Nyt fra klinikken"}, host="127.0.0.1", port=port, security="none", first_wait_s=0.05,
            timeout_s=5, service="https://nyt.klinik.example",
        )  # fmt: skip
    finally:
        controller.stop()
        controller.loop.close()
