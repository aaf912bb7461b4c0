"""The server of the sign-up pages: what holds it up holds up nobody who leaves, and its log says nothing of anyone."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from pipeline.config import Config, Publisher, SendingSettings
from pipeline.mailing import signup_server
from pipeline.mailing.database import DataDir, MailingDatabase, open_database
from pipeline.mailing.signup_server import LINES_AN_HOUR, ServiceLog, TimedConnection
from pipeline.mailing.signup_service import MAX_OPEN_FORMS, SignupService
from pipeline.mailing.transport import FileTransport
from tests.mailing.conftest import LIST, subscribe
from tests.makers import PUBLISH_TOML, write

FORM = b"address=anna%40klinik.dk&consent=yes&website="
HEAD = "POST {path} HTTP/1.1\r\nHost: nyt.klinik.example\r\nX-Forwarded-For: {visitor}\r\n{more}"
IS_FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
LISTS = (LIST, "holdet")
AT_ONCE = 1100


def post(path: str, body: bytes = b"", visitor: str = "192.0.2.1", more: str = "") -> bytes:
    head = HEAD.format(path=path, visitor=visitor, more=more) + IS_FORM.format(length=len(body))
    return head.encode() + body


async def ask(port: int, request: bytes) -> tuple[int, str]:
    """Return code and text of an answer; 0 where the connection is closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        text = (await reader.read()).decode()
    except ConnectionError:
        text = ""
    await close(writer)
    return (int(text[9:12]) if text else 0), text


async def close(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
    for writer in writers:
        with suppress(ConnectionError):
            await writer.wait_closed()


# ---- in this process


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[int]:
    """Serve as `publish subscribers serve` does; return the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(app, http=TimedConnection, lifespan="off", log_config=None, proxy_headers=True)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await task
        listener.close()


@pytest.fixture
def app(store: MailingDatabase, tmp_path: Path) -> Starlette:
    sending = SendingSettings(lists={LIST: "Nyt fra klinikken"}, service="https://nyt.klinik.example")
    publisher = Publisher(name="Klinik Eksempel", email="kontakt@klinik.example")
    config = Config(tmp_path, publisher=publisher, sending=sending)
    return SignupService(config, store, lambda: FileTransport(tmp_path / "mails")).app()


HALVES = {
    "nothing": b"",
    "half a line": b"POST /list/ny",
    "half the headers": post(f"/list/{LIST}", FORM)[:40],
    "half a body": post(f"/list/{LIST}", FORM)[:-5],
    "no body": post(f"/list/{LIST}", FORM)[: -len(FORM)],
    "half of the next": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /heal",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_a_request_is_waited_for_so_long_and_no_longer(
    app: Starlette, half: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(signup_server, "REQUEST_S", 0.2)

    async def wait() -> float:
        async with serving(app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            begun = time.monotonic()
            for part in (half[:-9], half[-9:]):
                writer.write(part)
                await asyncio.sleep(0.02)
            with suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 5)
            ended = time.monotonic()
            await close(writer)
            return ended - begun

    assert 0.15 < asyncio.run(wait()) < 3
    assert caplog.text == ""


def test_a_whole_request_keeps_its_connection(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy sends the next one by it."""
    monkeypatch.setattr(signup_server, "REQUEST_S", 0.1)

    async def talk() -> list[bytes]:
        async with serving(app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answers = []
            for _ in range(3):
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                answers.append((await reader.readuntil(b"ok\n"))[:15])
                await asyncio.sleep(0.2)
            await close(writer)
            return answers

    assert asyncio.run(talk()) == [b"HTTP/1.1 200 OK"] * 3


def test_one_visitor_sends_so_many_forms_at_once(app: Starlette) -> None:
    half = post(f"/list/{LIST}", FORM)[:-5]

    async def send() -> tuple[int, int, int]:
        async with serving(app) as port:
            open_ = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MAX_OPEN_FORMS)]
            for _, writer in open_:
                writer.write(half)
            await asyncio.sleep(0.2)
            more, _ = await ask(port, post(f"/list/{LIST}", FORM))
            other, _ = await ask(port, post(f"/list/{LIST}", FORM, visitor="192.0.2.2"))
            for _, writer in open_:
                writer.write(FORM[-5:])
            await asyncio.sleep(0.3)
            await close(*(writer for _, writer in open_))
            later, _ = await ask(port, post(f"/list/{LIST}", b"address=", visitor="192.0.2.1"))
            return more, other, later

    more, other, later = asyncio.run(send())
    assert (more, other) == (429, 200)
    assert later == 429  # ten sign-ups an hour are used up


# ---- the log


def logged(*records: tuple[str, tuple[object, ...], BaseException | None]) -> str:
    lines = []
    handler = ServiceLog()
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    for words, values, error in records:
        info = (type(error), error, error.__traceback__) if error else None
        handler.handle(logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, words, values, info))
    return "\n".join(lines)


def test_the_log_names_the_place_of_an_error_and_nobody() -> None:
    token = secrets.token_urlsafe(16)
    try:
        raise ValueError(f"anna@klinik.dk at /u/{token}")
    except ValueError as error:
        text = logged(
            ("Exception in ASGI application\n", (), error),
            ("%s asked for /u/%s", ("<Anna+1@klinik.dk>", token), None),
        )

    assert "klinik.dk" not in text
    assert token not in text
    first, second = text.splitlines()
    assert first.startswith("error: Exception in ASGI application: ValueError in ")
    assert f"{Path(__file__).name}:" in first
    assert second == "error: <…> asked for /u/…"


def test_the_log_says_the_same_only_a_few_times() -> None:
    many = [("Invalid HTTP request received.", (), None)] * 1000

    text = logged(*many, ("confirmation mails are delayed: %s", ("no answer",), None))

    assert text.count("Invalid HTTP request") == LINES_AN_HOUR
    assert text.endswith("confirmation mails are delayed: no answer")


# ---- the real command


@dataclass
class Service:
    port: int
    data: DataDir
    process: subprocess.Popen[str]

    def tokens(self, table: str = "subscribers") -> list[str]:
        with open_database(self.data) as store:
            return [str(row[0]) for row in store.rows(f"SELECT token FROM {table}")]  # noqa: S608  # our tables

    def has_left(self, token: str) -> bool:
        with open_database(self.data) as store:
            query = "SELECT 1 FROM subscribers WHERE token = ? AND unsubscribed_on IS NOT NULL"
            return bool(store.rows(query, (token,)))

    async def leave(self, token: str) -> float:
        """Leave with one click; return the seconds that it took."""
        begun = time.monotonic()
        code, _ = await ask(self.port, post(f"/u/{token}", b"List-Unsubscribe=One-Click", visitor="198.51.100.7"))
        assert code == 200
        return time.monotonic() - begun


@pytest.fixture
def most_files(request: pytest.FixtureRequest) -> int:
    """Return how many files the service may open, once it has asked for them."""
    return int(getattr(request, "param", 4096))


@pytest.fixture
def service(tmp_path: Path, most_files: int) -> Iterator[Service]:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < AT_ONCE + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (AT_ONCE + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    project = tmp_path / "project"
    lists = f'\n[sending]\nlists = {{{LIST} = "Nyt", holdet = "Holdet"}}\nservice = "https://nyt.klinik.example"\n'
    write(project / "publish.toml", PUBLISH_TOML + lists + 'data = "../data"\n')
    data = DataDir(tmp_path / "data")
    data.path.mkdir(mode=0o700)
    with open_database(data) as store:
        subscribe(store, *(f"laeser{number}@klinik.dk" for number in range(20)))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ("exec", sys.executable, "-m", "pipeline.cli", "subscribers", "serve", "--port", str(port))
    process = subprocess.Popen(
        ["sh", "-c", f"ulimit -Sn 1024; ulimit -Hn {most_files}; {' '.join(command)} --transport file"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield Service(port, data, process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("half", [*HALVES.values(), b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"], ids=[*HALVES, "idle"])
def test_leaving_goes_on_beside_a_thousand_half_requests(service: Service, half: bytes) -> None:
    assert max(leave_beside_a_crowd(service, half)) < 9


@pytest.mark.parametrize("most_files", [1024], indirect=True)
def test_leaving_goes_on_where_the_system_allows_few_connections(service: Service) -> None:
    assert max(leave_beside_a_crowd(service, HALVES["half a body"])) < 9


def leave_beside_a_crowd(service: Service, half: bytes) -> list[float]:
    """Return the seconds that three readers waited."""
    tokens = service.tokens()[:3]

    async def crowd() -> list[float]:
        connections = await asyncio.gather(
            *(asyncio.open_connection("127.0.0.1", service.port) for _ in range(AT_ONCE))
        )
        for _, writer in connections:
            writer.write(half)
        await asyncio.sleep(0.1)
        times = [await service.leave(token) for token in tokens]
        await close(*(writer for _, writer in connections))
        return times

    times = asyncio.run(crowd())
    assert all(map(service.has_left, tokens))
    return times


@pytest.mark.parametrize("_round", range(5))
def test_400_confirmations_at_once_are_all_true_and_leaving_does_not_wait(service: Service, _round: int) -> None:
    asked = {
        secrets.token_urlsafe(16): (list_, f"{list_}{number}@klinik.dk") for list_ in LISTS for number in range(200)
    }
    with open_database(service.data) as store, store.transaction() as connection:
        connection.executemany(
            "INSERT INTO asked VALUES (?, ?, ?, 'da', 'v1', ?, ?, NULL)",
            [(store.person(address), list_, address, token, time.time()) for token, (list_, address) in asked.items()],
        )
    leaving = service.tokens()[0]

    async def at_once() -> tuple[list[tuple[int, str]], float]:
        waiting = asyncio.gather(*(ask(service.port, post(f"/confirm/{token}")) for token in sorted(asked)))
        await asyncio.sleep(0.2)
        seconds = await service.leave(leaving)
        return await waiting, seconds

    answers, seconds = asyncio.run(at_once())

    assert Counter(code for code, _ in answers) == {200: 400}
    assert all("Du er tilmeldt" in text for _, text in answers)
    with open_database(service.data) as store:
        rows = store.rows("SELECT list, address FROM subscribers WHERE consent_source LIKE 'web form%'")
        assert sorted(map(tuple, rows)) == sorted(asked.values())
        assert store.rows("SELECT count(*) FROM asked")[0][0] == 0
    assert seconds < 9


def test_the_log_of_the_service_is_short_and_names_nobody(service: Service) -> None:
    token = service.tokens()[0]
    requests = (
        b"BROKEN anna@klinik.dk\r\n\r\n",
        f"GET /u/{token} anna@klinik.dk\r\n\r\n".encode(),
        post(f"/u/{token}", more="Upgrade: websocket\r\nConnection: Upgrade\r\n"),
        post(f"/list/{LIST}", b"address=" + b"a" * 5000 + b"%40klinik.dk"),
    )

    async def talk() -> None:
        for request in requests:
            await asyncio.gather(*(ask(service.port, request) for _ in range(50)))
        for _ in range(50):  # gone in the middle of a form
            _, writer = await asyncio.open_connection("127.0.0.1", service.port)
            writer.write(post(f"/list/{LIST}", FORM)[:-5])
            await writer.drain()
            await close(writer)

    asyncio.run(talk())
    service.process.send_signal(signal.SIGTERM)
    _, said = service.process.communicate(timeout=30)

    assert len(said.splitlines()) <= 3 * LINES_AN_HOUR
    assert not [words for words in ("@", token, "Traceback") if words in said]
