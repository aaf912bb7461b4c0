"""The target `forms`: requests to the sign-up service, and forms of the preview, without a server."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from pipeline.config import Config, Publisher, SendingSettings
from pipeline.mailing import signup
from pipeline.mailing.database import DataDir, open_database
from pipeline.mailing.signup_service import RateLimiter, SignupService
from pipeline.mailing.transport import FileTransport
from pipeline.preview.forms import EditionDraft, draft_source, read_form, save_source
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import load_words

_OWN = tempfile.TemporaryDirectory(prefix="publish-fuzz-")  # removed at exit
_FOLDER = Path(os.path.realpath(_OWN.name))
_OPEN = ExitStack()
_LIST = "nyt"
_HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Content-Language", "Auto-Submitted", "Content-Type",
            "Content-Transfer-Encoding", "MIME-Version"}  # fmt: skip
_EDITION = "---\ntitle: Ryg\narticles:\n  - blog/ryg: full\n---\n\nKære læser.\n"


def forms(data: bytes) -> None:
    """Send a request: its first byte says which, and the rest is its body or the end of its path."""
    kind, rest = data[:1], data[1:]
    if kind in b"ps" and kind:
        _preview(rest, "sources/editions/ryg.md" if kind == b"s" else "")
    elif kind == b"c":
        _service("POST", b"/confirm/" + rest)
    elif kind == b"u":
        _service("POST", b"/u/" + rest)
    elif kind == b"g":
        _service("GET", b"/" + rest)
    else:
        _service("POST", b"/list/nyt", rest)


def _request(verb: str, path: bytes, body: bytes) -> dict[str, Any]:
    path, _, query = path.partition(b"?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": verb, "scheme": "https",
        "path": path.decode("utf-8", "replace"), "raw_path": path, "query_string": query, "root_path": "",
        "headers": [(b"host", b"nyt.klinik.example"), (b"content-length", str(len(body)).encode()),
                    (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("203.0.113.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip


def _service(verb: str, path: bytes, body: bytes = b"") -> None:
    service, app, loop = _made()
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        answers.append(message)

    loop.run_until_complete(app(_request(verb, path, body), receive, send))
    status, page = answers[0]["status"], b"".join(answer.get("body", b"") for answer in answers)
    if status not in (200, 307, 404, 405, 413, 422):
        raise AssertionError(f"it answers {status}")
    if b"<b9>" in page or b'"b9' in page:
        raise AssertionError("a value is markup in its page")
    rows = service.store.rows("SELECT * FROM asked")
    if rows and verb == "GET":
        raise AssertionError("a GET has changed something")
    for row in rows:
        _check_mail(service, row["address"], row["language"])
    if rows:
        service.store.connection.execute("DELETE FROM asked")
        service.store.connection.execute("DELETE FROM mail_times")
    if service.store.rows("SELECT 1 FROM subscribers"):
        raise AssertionError("a reader stands on a list, whom nobody has confirmed")


def _check_mail(service: SignupService, address: str, language: str) -> None:
    """Check the confirmation mail to an address: its headers are ours, each on its line."""
    words = load_words(find_styles(_FOLDER), language)
    asked = signup.Confirmation(_LIST, language, address, "t" * 22, "m" * 22, 0.0)
    head = signup.confirmation_mail(asked, service.config, words, None).partition(b"\r\n\r\n")[0].decode("ascii")
    names = [line.partition(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]
    if len(names) != len(set(names)) or not set(names) <= _HEADERS or "\n" in head.replace("\r\n", ""):
        raise AssertionError(f"headers of the confirmation mail: {names}")


@cache
def _made() -> tuple[SignupService, Any, asyncio.AbstractEventLoop]:
    (_FOLDER / "data").mkdir(mode=0o700)
    store = _OPEN.enter_context(open_database(DataDir(_FOLDER / "data")))
    store.connection.execute("PRAGMA synchronous = OFF")
    publisher = Publisher(name="Klinik Eksempel", email="kontakt@klinik.example")
    sending = SendingSettings(lists={_LIST: "Nyt fra klinikken"}, service="https://nyt.klinik.example")
    service = SignupService(
        Config(_FOLDER, publisher=publisher, sending=sending), store, lambda: FileTransport(_FOLDER / "mails"),
        RateLimiter(10**6, 0), RateLimiter(10**6, 0),
    )  # fmt: skip
    return service, service.app(), asyncio.new_event_loop()


def _preview(body: bytes, existing: str) -> None:
    """Compose an edition: its source is written below the project, and nothing else is."""
    _, _, loop = _made()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        form = loop.run_until_complete(read_form(Request(_request("POST", b"/compose", body), receive)))
    except HTTPException:
        return
    project = _FOLDER / "project"
    (project / "sources/editions").mkdir(parents=True, exist_ok=True)
    (project / "sources/editions/ryg.md").write_text(_EDITION)
    ids = tuple(id_ for id_ in form.getlist("article") if re.fullmatch(r"[a-z/-]+", id_))  # others are of no source
    draft = EditionDraft(form.get("title", ""), form.get("lead", ""), ids)
    made = draft_source(Config(project), draft, existing)
    save_source(Config(project), made, made.seen)
    path = project / made.path
    if path.parent != project / "sources/editions" or path.read_bytes() != made.after.encode():
        raise AssertionError(f"it has written {made.path}")
    if made.after.splitlines().count("---") != 2:
        raise AssertionError("a value ends the front matter")
    path.unlink()
