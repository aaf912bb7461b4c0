"""The pages that readers sign up and leave by: nothing told, nothing changed by looking, nothing lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from pipeline import SOURCE
from pipeline.config import Config, Publisher, SendingSettings
from pipeline.mailing import signup, signup_service
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.signup_service import RateLimiter, SignupService, visitor_of
from pipeline.mailing.subscribers import forget_address
from pipeline.mailing.transport import FileTransport, SmtpTransport, Transport
from tests.mailing.conftest import LIST, TODAY, Post, subscribe

PUBLISHER = Publisher(name="Klinik Eksempel", email="kontakt@klinik.example", privacy="https://klinik.example/p")
FORM = {"address": "anna@klinik.dk", "consent": "yes", "website": ""}


@pytest.fixture
def service(store: MailingDatabase, tmp_path: Path) -> SignupService:
    sending = SendingSettings(lists={LIST: "Nyt fra klinikken"}, service="https://nyt.klinik.example")

    def connect() -> Transport:
        return FileTransport(tmp_path / "mails")

    return SignupService(Config(tmp_path, publisher=PUBLISHER, sending=sending), store, connect)


@pytest.fixture
def app(service: SignupService) -> Starlette:
    return service.app()


def ask(app: Starlette, verb: str, path: str, **more: object) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://nyt.klinik.example") as client:
            return await client.request(verb, path, **more)

    return asyncio.run(once())


def token_of(store: MailingDatabase, table: str = "subscribers") -> str:
    return str(store.rows(f"SELECT token FROM {table}")[0]["token"])  # noqa: S608  # a test's own table


@pytest.mark.parametrize("path", [f"/list/{LIST}", "/u/unknown", "/confirm/unknown", "/nothing"])
def test_every_page_offers_the_source_of_the_program(app: Starlette, path: str) -> None:
    """AGPL, section 13."""
    foot = ask(app, "GET", path).text.partition("<footer>")[2]

    assert f'<a href="{SOURCE}">Programmets kildekode</a>' in foot


def test_one_click_unsubscribes_and_a_look_does_not(app: Starlette, store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    path = f"/u/{token_of(store)}"

    looked = ask(app, "GET", path)
    before = store.rows("SELECT unsubscribed_on FROM subscribers")[0][0]
    left = ask(app, "POST", path, data={"List-Unsubscribe": "One-Click"})

    assert (looked.status_code, before, left.status_code) == (200, None, 200)
    assert store.rows("SELECT unsubscribed_on FROM subscribers")[0][0] is not None
    assert ask(app, "POST", path).text == left.text


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_wrong_token_says_nothing_about_who_exists(app: Starlette, store: MailingDatabase, verb: str) -> None:
    subscribe(store, "anna@klinik.dk")
    token = token_of(store)

    right, wrong = (ask(app, verb, f"/u/{each}") for each in (token, "x" * 22))

    assert right.text.replace(token, "x" * 22) == wrong.text
    assert (right.status_code, right.headers) == (wrong.status_code, wrong.headers)


def test_signing_up_needs_the_owner_of_the_address(
    app: Starlette, service: SignupService, store: MailingDatabase
) -> None:
    asked = ask(app, "POST", f"/list/{LIST}", data=FORM)
    assert asked.status_code == 200
    assert not store.rows("SELECT 1 FROM subscribers")

    path = f"/confirm/{token_of(store, 'asked')}"
    ask(app, "GET", path)
    assert not store.rows("SELECT 1 FROM subscribers")

    ask(app, "POST", path)
    row = store.rows("SELECT address, consent_wording, consent_source FROM subscribers")[0]
    wording = store.rows("SELECT words FROM wordings WHERE version = ?", (row["consent_wording"],))[0]["words"]
    assert row["address"] == "anna@klinik.dk"
    assert "Klinik Eksempel må sende mig „Nyt fra klinikken“" in wording
    assert service.config.sending.lists


def test_the_form_answers_alike_whether_one_is_on_the_list_or_not(app: Starlette, store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")

    known, unknown = (
        ask(app, "POST", f"/list/{LIST}", data=FORM | {"address": address})
        for address in ("anna@klinik.dk", "bo@klinik.dk")
    )

    assert known.text == unknown.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": ""}, "Skriv din e-mailadresse"),
        ({"address": "anna"}, "ser ikke rigtig ud"),
        ({"address": "a@b.dk\r\nBcc: x@y.dk"}, "ser ikke rigtig ud"),
        ({"consent": ""}, "Sæt kryds"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    app: Starlette, store: MailingDatabase, change: dict[str, str], words: str
) -> None:
    answer = ask(app, "POST", f"/list/{LIST}", data=FORM | change)

    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not store.rows("SELECT 1 FROM asked")


def test_more_than_a_form_can_hold_is_not_read(app: Starlette, store: MailingDatabase) -> None:
    answer = ask(app, "POST", f"/list/{LIST}", data=FORM | {"address": "a" * 5000 + "@b.dk"})

    assert answer.status_code == 413
    assert "Det var for meget tekst" in answer.text
    assert not store.rows("SELECT 1 FROM asked")


def test_a_program_that_fills_in_what_people_do_not_see_is_thanked_and_ignored(
    app: Starlette, store: MailingDatabase
) -> None:
    answer = ask(app, "POST", f"/list/{LIST}", data=FORM | {"website": "https://spam.example"})

    assert answer.status_code == 200
    assert not store.rows("SELECT 1 FROM asked")


def test_too_many_sign_ups_by_one_visitor_are_asked_to_wait(app: Starlette, service: SignupService) -> None:
    service.signups = RateLimiter(2, 60)

    codes = [ask(app, "POST", f"/list/{LIST}", data=FORM).status_code for _ in range(3)]

    assert codes == [200, 200, 429]


def test_the_memory_of_visitors_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signup_service, "MAX_VISITORS", 3)
    limiter = RateLimiter(1, 60)

    counted = [limiter.count(visitor) for visitor in ("a", "b", "c", "c", "d", "a")]

    assert counted == [True, True, True, False, True, True]
    assert len(limiter._seen) == 3


def test_guessing_tokens_is_slowed_and_a_right_one_looks_no_other(
    app: Starlette, service: SignupService, store: MailingDatabase
) -> None:
    """It has done its work all the same: leaving is never held up."""
    service.misses = RateLimiter(2, 60)
    subscribe(store, "anna@klinik.dk")

    guesses = [ask(app, "POST", f"/u/{'x' * 22}") for _ in range(3)]
    right = ask(app, "POST", f"/u/{token_of(store)}")

    assert [guess.status_code for guess in guesses] == [200, 200, 429]
    assert (right.status_code, right.headers, right.text) == (429, guesses[2].headers, guesses[2].text)
    assert store.rows("SELECT unsubscribed_on FROM subscribers")[0][0] is not None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_one_connection_is_one_visitor(one: str, other: str, *, is_same: bool) -> None:
    assert (visitor_of(one) == visitor_of(other)) is is_same


@pytest.mark.parametrize("path", [f"/list/{LIST}/", "/u/x/", "/healthz/", "/u/%2F%2Fevil.example/"])
def test_no_address_is_made_of_the_host_that_a_request_names(app: Starlette, path: str) -> None:
    """A page that leads on to such an address would carry a reader's token to whoever wrote the link."""
    answer = ask(app, "GET", path, headers={"Host": "evil.example"})

    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert "evil.example" not in answer.text


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize(
    "path", ["/u/javascript:alert(1)", "/confirm/https:evil.example", "/u/%22%3E%3Cscript%3E", "/u/.."]
)
def test_what_an_address_says_is_nowhere_on_its_page(app: Starlette, verb: str, path: str) -> None:
    answer = ask(app, verb, path, headers={"Host": "evil.example"})

    assert not [words for words in ("javascript:", "evil.example", "<script") if words in answer.text]


@pytest.mark.parametrize(
    "path", ["/../publish.toml", "/list/../../publish.toml", "/list/%2e%2e%2fpublish.toml", "/%00"]
)
def test_an_address_that_leads_to_a_file_leads_nowhere(app: Starlette, path: str) -> None:
    assert ask(app, "GET", path).status_code == 404


@pytest.mark.parametrize("path", [f"/list/{LIST}", "/u/x", "/confirm/x", "/nowhere"])
def test_no_page_sets_a_cookie_or_lets_its_address_out(app: Starlette, path: str) -> None:
    answer = ask(app, "GET", path)

    assert "set-cookie" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [
        ("", "", "da"),
        ("", "en-GB,en", "en"),
        ("?language=en", "da", "en"),
        ("", "da,en", "da"),
        ("?language=xx", "", "da"),
    ],
)
def test_the_pages_speak_danish_and_english(app: Starlette, query: str, accept: str, language: str) -> None:
    answer = ask(app, "GET", f"/u/x{query}", headers={"Accept-Language": accept})

    assert f'<html lang="{language}">' in answer.text
    assert ("Afmeld mig" if language == "da" else "Unsubscribe me") in answer.text


def test_the_mail_that_confirms_is_sent_and_settled(
    service: SignupService, store: MailingDatabase, tmp_path: Path
) -> None:
    ask(service.app(), "POST", f"/list/{LIST}", data=FORM)

    service._deliver(None)
    service._deliver(None)

    (mail,) = (tmp_path / "mails").glob("*.eml")
    text = mail.read_bytes().decode()
    assert f"https://nyt.klinik.example/confirm/{token_of(store, 'asked')}" in text.replace("=\r\n", "")
    assert "Auto-Submitted: auto-generated" in text


def test_whoever_left_today_and_signs_up_again_is_back(app: Starlette, store: MailingDatabase) -> None:
    subscribe(store, "anna@klinik.dk")
    ask(app, "POST", f"/u/{token_of(store)}")

    ask(app, "POST", f"/list/{LIST}", data=FORM)
    ask(app, "POST", f"/confirm/{token_of(store, 'asked')}")

    row = store.rows("SELECT unsubscribed_on, consent_source FROM subscribers")[0]
    assert (row["unsubscribed_on"], row["consent_source"]) == (None, "web form, confirmed by mail")
    assert not store.rows("SELECT 1 FROM asked")


def test_a_mail_for_a_list_that_is_no_more_holds_up_no_other(
    service: SignupService, store: MailingDatabase, tmp_path: Path
) -> None:
    words = ("da-1", "ja")
    signup.request_signup(store, "andre", "bo@klinik.dk", "da", words)
    signup.request_signup(store, LIST, "anna@klinik.dk", "da", words)

    service._deliver(None)

    (mail,) = (tmp_path / "mails").glob("*.eml")
    assert b"\r\nTo: anna@klinik.dk\r\n" in mail.read_bytes()


def test_a_server_that_takes_no_mail_from_us_loses_no_sign_up_and_is_told_of_once(
    service: SignupService,
    store: MailingDatabase,
    server: SendingSettings,
    post: Post,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried = {"times": 0}

    def refuse(at: str, _address: str) -> str | None:
        tried["times"] += at == "MAIL"
        return "553 5.7.1 not yours" if at == "MAIL" else None

    post.answer = refuse
    refusing = SignupService(service.config, store, lambda: SmtpTransport(server, None))
    app = refusing.app()
    ask(app, "POST", f"/list/{LIST}", data=FORM)

    async def run() -> None:
        async with app.router.lifespan_context(app):
            for _ in range(100):
                refusing._wake.set()
                await asyncio.sleep(0.05)
                if tried["times"] >= 3:
                    return

    asyncio.run(run())

    assert caplog.text.count("accepts no mail from") == 1
    assert "anna@" not in caplog.text
    assert store.rows("SELECT due FROM asked")[0]["due"] is not None


def test_a_mail_to_an_address_that_was_just_forgotten_is_not_sent(
    service: SignupService, store: MailingDatabase, tmp_path: Path
) -> None:
    class Forgetting(FileTransport):
        def open(self) -> None:
            FileTransport.open(self)
            forget_address(store, "anna@klinik.dk", TODAY)

    for address in ("anna@klinik.dk", "bo@klinik.dk"):
        signup.request_signup(store, LIST, address, "da", ("da-1", "ja"))
    service.connect = lambda: Forgetting(tmp_path / "mails")

    service._deliver(None)

    (mail,) = (tmp_path / "mails").iterdir()
    assert b"\r\nTo: bo@klinik.dk\r\n" in mail.read_bytes()


@pytest.mark.parametrize(("answer", "is_settled"), [("550 5.1.1 unknown", True), ("550 5.7.1 relaying denied", False)])
def test_a_refusal_that_is_not_about_the_address_loses_no_sign_up(
    service: SignupService,
    store: MailingDatabase,
    server: SendingSettings,
    post: Post,
    answer: str,
    *,
    is_settled: bool,
) -> None:
    post.answer = lambda at, _address: answer if at == "RCPT" else None
    service.connect = lambda: SmtpTransport(server, None)
    signup.request_signup(store, LIST, "anna@klinik.dk", "da", ("da-1", "ja"))

    service._deliver(None)

    assert (store.rows("SELECT due FROM asked")[0]["due"] is None) is is_settled


def test_the_service_deletes_old_sign_ups_by_its_own_clock_and_outlives_what_no_one_foresaw(
    service: SignupService, store: MailingDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody signs up meanwhile, and the mail server fails."""
    for address in ("old@klinik.dk", "anna@klinik.dk"):
        signup.request_signup(store, LIST, address, "da", ("da-1", "ja"))
    with store.transaction() as connection:
        connection.execute("UPDATE asked SET asked = asked - 8 * 86400 WHERE address = 'old@klinik.dk'")
    tried = iter((RuntimeError("anna@klinik.dk"), RuntimeError("anna@klinik.dk")))

    def connect() -> Transport:
        for error in tried:
            raise error
        return FileTransport(tmp_path / "mails")

    service.connect = connect
    app = service.app()

    async def run() -> None:
        async with app.router.lifespan_context(app):
            for _ in range(100):
                service._wake.set()
                await asyncio.sleep(0.02)
                if (tmp_path / "mails").exists():
                    return

    asyncio.run(run())

    assert [row["address"] for row in store.rows("SELECT address FROM asked")] == ["anna@klinik.dk"]
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "confirmation mails are delayed, and are tried again: RuntimeError"
    ]
