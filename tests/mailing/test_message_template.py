"""One reader's message: what differs from the published one, and what must not."""

from __future__ import annotations

import quopri
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SendError
from pipeline.mailing.message_template import header_violations, parse_template
from pipeline.mailing.outbox import QueuedMessage
from pipeline.model import Block, Link, Para
from pipeline.writers import newsletter
from pipeline.writers.newsletter import Options
from tests.mailing.conftest import ROUTE, UNSUBSCRIBE, template
from tests.makers import article, job, para, single, words_in

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TOKEN = "AbCdEfGhIjKlMnOpQrSt_-"  # noqa: S105  # of no one
MARK = "MarkMarkMarkMarkMark0A"


def queued(address: str, token: str = TOKEN) -> QueuedMessage:
    return QueuedMessage("", MARK, 0, address, token)


@cache
def published() -> bytes:
    """Return a message as the newsletter's writer makes it."""
    edition = single()
    options = Options(reason="Du har tilmeldt dig.", unsubscribe=UNSUBSCRIBE)
    written = newsletter.write(edition, job(newsletter, edition, options=options))
    return next(artifact.data for artifact in written.artifacts if artifact.name.endswith(".eml"))


def addressed(token: str = TOKEN, address: str = "anna@klinik.dk") -> bytes:
    return template(published()).address(ROUTE, queued(address, token), NOW)


def test_only_what_must_differ_does() -> None:
    before, after = message_from_bytes(published(), policy=SMTP), message_from_bytes(addressed(), policy=SMTP)
    names = {name.lower() for name in before} - {"date", "message-id", "list-unsubscribe", "x-unsent"}

    assert {"from", "subject", "mime-version", "content-type"} <= names
    assert {name: before[name] for name in names} == {name: after[name] for name in names}
    for old, new in zip(before.walk(), after.walk(), strict=True):
        assert old.get_content_type() == new.get_content_type()
        if not old.is_multipart() and old.get_content_maintype() == "text":
            assert new.get_content() == old.get_content().replace(UNSUBSCRIBE, f"https://nyt.klinik.example/u/{TOKEN}")


def test_every_header_travels_on_one_line_as_it_is_written() -> None:
    head = addressed().partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")

    assert (
        f"List-Unsubscribe: <https://nyt.klinik.example/u/{TOKEN}>, "
        f"<mailto:afmeld@klinik.example?subject=unsubscribe%20{TOKEN}>"
    ) in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert "List-ID: <nyt.klinik.example>" in head
    assert "To: anna@klinik.dk" in head
    assert f"Message-ID: <{MARK}@klinik.example>" in head
    assert "Precedence: bulk" in head
    assert not [line for line in head if line.startswith(("X-Unsent", "Bcc", "Cc"))]


def test_a_message_read_again_has_the_headers_that_were_meant() -> None:
    made = template(published())
    headers = made.headers(ROUTE, queued("anna@klinik.dk"), NOW)

    assert header_violations(addressed(), headers) == []
    assert header_violations(addressed().replace(b"Precedence:", b"To:"), headers) != []


@pytest.mark.parametrize("address", ["anna@klinik.dk\r\nBcc: all@klinik.dk", "anna@klinik.dk\nX: y", "søren@klinik.dk"])
def test_an_address_cannot_write_headers_of_its_own(address: str) -> None:
    """CVE-2024-6923."""
    with pytest.raises(SendError, match="the header To cannot be sent"):
        addressed(address=address)


@settings(max_examples=25, deadline=None)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=22, max_size=22))
def test_every_token_stands_whole_wherever_lines_break(token: str) -> None:
    message = addressed(token)
    walked = message_from_bytes(message, policy=SMTP).walk()
    parts = [part.get_content() for part in walked if part.get_content_maintype() == "text"]

    assert [part.count(f"https://nyt.klinik.example/u/{token}") for part in parts] == [1, 1]
    assert max(map(len, message.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78


def test_a_longer_address_that_begins_alike_is_left_alone() -> None:
    longer = f"{UNSUBSCRIBE}-guide"
    message = published()
    page = message_from_bytes(message, policy=SMTP).get_body(("plain",))
    assert page is not None
    written = str(page.get_payload())
    more = written + quopri.encodestring(f"\nLæs {longer}\n".encode()).decode()

    made = parse_template(
        message.replace(written.encode(), more.replace("\n", "\r\n").replace("\r\r", "\r").encode()), UNSUBSCRIBE, ROUTE
    )

    text = message_from_bytes(made.address(ROUTE, queued("a@b.dk"), NOW), policy=SMTP).get_body(("plain",))
    assert text is not None
    assert f"{UNSUBSCRIBE}-guide" in text.get_content()
    assert TOKEN in text.get_content()


def message_of(*blocks: Block) -> bytes:
    """Return the message of an article with these blocks."""
    edition = single(article(blocks=blocks))
    options = Options(reason="Du har tilmeldt dig.", unsubscribe=UNSUBSCRIBE)
    written = newsletter.write(edition, job(newsletter, edition, options=options))
    return next(artifact.data for artifact in written.artifacts if artifact.name.endswith(".eml"))


def parts_of(message: bytes) -> dict[str, str]:
    walked = message_from_bytes(message, policy=SMTP).walk()
    return {part.get_content_type(): part.get_content() for part in walked if part.get_content_maintype() == "text"}


LINKS = (
    UNSUBSCRIBE,
    f"https://fremmed.example/?til={UNSUBSCRIBE}",
    f"https://fremmed.example/{UNSUBSCRIBE}",
    "https://fremmed.example/u/TokenOfOneReaderGoHere",
    "https://nyt.klinik.example/u/TokenOfOneReaderGoHere",
)


@pytest.mark.parametrize("link", LINKS)
def test_no_link_or_word_of_an_article_is_given_a_readers_token(link: str) -> None:
    """One click on a link to another site would tell that site how to unsubscribe the reader."""
    message = message_of(
        para(f"Skriv TokenOfOneReaderGoHere, eller gå til {link} nu."), Para((Link(words_in("Læs her"), link),), 1)
    )

    parts = parts_of(template(message).address(ROUTE, queued("anna@klinik.dk"), NOW))

    for kind, before in parts_of(message).items():
        after = parts[kind]
        assert after.count(TOKEN) == 1, kind
        assert after.count(link) == before.count(link) - (link == UNSUBSCRIBE), kind
        assert after.count("TokenOfOneReaderGoHere") == before.count("TokenOfOneReaderGoHere") > 0, kind
        place = after.index(f"https://nyt.klinik.example/u/{TOKEN}")
        assert place > after.rindex("TokenOfOneReaderGoHere"), kind


def test_a_line_that_begins_with_from_is_shielded_and_the_signature_holds() -> None:
    """Mail servers write `>From` where a line of a body begins so."""
    words = "From her begynder en linje, og " + "den er lang " * 8
    message = message_of(para(words), para("From From kort."), para("Fromage er ost."))

    sent = template(message).address(ROUTE, queued("anna@klinik.dk"), NOW)

    for data in (message, sent):
        body = data.partition(b"\r\n\r\n")[2]
        assert not re.search(rb"(?m)^From ", body)
        assert body.count(b"=46rom") >= 2
        assert max(map(len, body.split(b"\r\n"))) <= 78
        text = parts_of(data)["text/plain"]
        assert "From her begynder en linje" in text
        assert "\nFrom From kort." in text
        assert "\nFromage er ost." in text


def test_a_message_published_before_that_is_shielded_when_it_is_sent() -> None:
    message = message_of(para("From her begynder en linje.")).replace(b"=46rom=\r\n ", b"From ")
    assert b"\r\nFrom her" in message

    sent = template(message).address(ROUTE, queued("anna@klinik.dk"), NOW)

    assert b"\r\nFrom " not in sent
    assert "From her begynder en linje." in parts_of(sent)["text/plain"]


def test_a_message_without_a_way_to_leave_is_not_sent() -> None:
    with pytest.raises(SendError, match="no unsubscribe address in its text/html and text/plain"):
        parse_template(published(), "https://klinik.example/andet", ROUTE)


def test_a_damaged_message_is_not_sent() -> None:
    with pytest.raises(SendError, match="damaged"):
        parse_template(b"From: a", UNSUBSCRIBE, ROUTE)


@pytest.mark.parametrize("token", [TOKEN, "A" * 22, "-" * 22])
def test_a_part_that_travels_as_base64_has_the_readers_own_address(token: str) -> None:
    """Right-to-left mails are a third shorter so."""
    edition = single(article(blocks=(para("الظهر قوي ويتحمل الحركة. " * 80),)))
    options = Options(reason="Du har tilmeldt dig.", unsubscribe=UNSUBSCRIBE)
    written = newsletter.write(edition, job(newsletter, edition, options=options))
    made = next(artifact.data for artifact in written.artifacts if artifact.name.endswith(".eml"))

    before = message_from_bytes(made, policy=SMTP)
    after = message_from_bytes(template(made).address(ROUTE, queued("anna@klinik.dk", token), NOW), policy=SMTP)

    encodings = [part["Content-Transfer-Encoding"] for part in after.walk() if part.get_content_maintype() == "text"]
    assert "base64" in encodings
    for old, new in zip(before.walk(), after.walk(), strict=True):
        if old.get_content_maintype() == "text":
            wanted = old.get_content().replace(UNSUBSCRIBE, f"https://nyt.klinik.example/u/{token}")
            assert new.get_content() == wanted
            assert new["Content-Transfer-Encoding"] == old["Content-Transfer-Encoding"]
            assert max(map(len, str(new.get_payload()).splitlines())) <= 76
