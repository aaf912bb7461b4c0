"""The way to a mail server: encrypted, its name proven by a certificate, and the login kept for that alone."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import keyring
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from keyring.backend import KeyringBackend
from keyring.backends import fail

from pipeline.config import SendingSettings
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.transport import FileTransport, SmtpTransport, load_login, tls_context
from tests.mailing.conftest import Post

LOGIN = ("klinik", "hemmelig-sætning")
MESSAGE = b"From: nyt@klinik.example\r\nTo: anna@example.dk\r\nSubject: Nyt\r\n\r\nHej.\r\n"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Return an authority that this machine trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


def _knows(_server: object, _session: object, _envelope: object, _mechanism: str, login: object) -> AuthResult:
    assert isinstance(login, LoginPassword)
    return AuthResult(success=(login.login.decode(), login.password.decode()) == LOGIN, handled=False)


@contextmanager
def server(post: Post, certificate: trustme.LeafCert) -> Iterator[int]:
    """Run a mail server that offers STARTTLS, and takes mail from those alone who log in; yield its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    controller = Controller(
        post, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, auth_required=True,
        authenticator=_knows,
    )  # fmt: skip
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def sending(port: int, host: str = "127.0.0.1") -> SendingSettings:
    return SendingSettings(host=host, port=port, security="starttls", timeout_s=5)


def test_a_message_leaves_encrypted_and_logged_in(authority: trustme.CA) -> None:
    post = Post()
    with server(post, authority.issue_cert("127.0.0.1")) as port:
        way = SmtpTransport(sending(port), LOGIN)
        way.open()

        outcome = way.deliver("nyt@klinik.example", "anna@example.dk", MESSAGE, lambda: True)
        way.close()

    assert outcome.verdict == "accepted"
    assert [(sender, recipient) for sender, recipient, _ in post.taken] == [("nyt@klinik.example", "anna@example.dk")]


def test_a_server_under_another_name_is_not_sent_to(authority: trustme.CA) -> None:
    post = Post()
    with (
        server(post, authority.issue_cert("mail.andre.example")) as port,
        pytest.raises(SendError, match="is not valid"),
    ):
        SmtpTransport(sending(port), LOGIN).open()

    assert post.taken == []


def test_a_server_that_no_one_vouches_for_is_not_sent_to(authority: trustme.CA) -> None:
    del authority  # trusted, but of another
    stranger = trustme.CA()
    with (
        server(Post(), stranger.issue_cert("127.0.0.1")) as port,
        pytest.raises(SendError, match="is not valid"),
    ):
        SmtpTransport(sending(port), LOGIN).open()


class Ring(KeyringBackend):  # type: ignore[misc]  # keyring's types are not read here
    """A keyring in memory, in the place of the desktop's."""

    priority = 1

    def __init__(self, known: dict[tuple[str, str], str]) -> None:
        super().__init__()
        self.known = known

    def get_password(self, service: str, username: str) -> str | None:
        return self.known.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.known[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.known[service, username]


@pytest.fixture
def ring() -> Iterator[Callable[[KeyringBackend], None]]:
    """Return what puts a keyring in the place of this machine's."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(**variables: str) -> None:
        for name in ("PUBLISH_SMTP_USER", "PUBLISH_SMTP_PASSWORD"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


def test_the_password_comes_from_the_keyring_where_the_environment_has_none(
    ring: Callable[[KeyringBackend], None], environment: Callable[..., None]
) -> None:
    ring(Ring({("clinic-publish", "klinik"): "hemmelig-sætning"}))
    environment(PUBLISH_SMTP_USER="klinik")

    assert load_login() == LOGIN


def test_the_environment_comes_before_the_keyring(
    ring: Callable[[KeyringBackend], None], environment: Callable[..., None]
) -> None:
    ring(Ring({("clinic-publish", "klinik"): "en anden"}))
    environment(PUBLISH_SMTP_USER="klinik", PUBLISH_SMTP_PASSWORD=LOGIN[1])

    assert load_login() == LOGIN


def test_without_a_user_no_one_logs_in(environment: Callable[..., None]) -> None:
    environment(PUBLISH_SMTP_PASSWORD="x")  # noqa: S106  # of no one

    assert load_login() is None


@pytest.mark.parametrize(
    ("backend", "message"),
    [
        (Ring({}), "user klinik has no password"),
        (fail.Keyring(), "the keyring does not answer: No recommended backend"),
    ],
)
def test_a_user_without_a_password_is_told_where_it_is_looked_for(
    ring: Callable[[KeyringBackend], None], environment: Callable[..., None], backend: KeyringBackend, message: str
) -> None:
    ring(backend)
    environment(PUBLISH_SMTP_USER="klinik")

    with pytest.raises(ConfigError, match=message) as refused:
        load_login()

    assert "keyring set clinic-publish USER" in (refused.value.hint or "")


def test_an_encryption_too_old_is_not_spoken() -> None:
    assert tls_context().minimum_version == ssl.TLSVersion.TLSv1_2
    assert tls_context().verify_mode == ssl.CERT_REQUIRED


def test_a_wrong_login_is_told_without_the_password(authority: trustme.CA) -> None:
    with (
        server(Post(), authority.issue_cert("127.0.0.1")) as port,
        pytest.raises(SendError, match="refuses the login") as refused,
    ):
        SmtpTransport(sending(port), ("klinik", "forkert-sætning")).open()

    assert "forkert" not in str(refused.value)


def test_a_trial_that_cannot_be_written_is_known_before_it_is_in_doubt(tmp_path: Path) -> None:
    (tmp_path / ".mark.eml.new").mkdir()
    message = b"Message-ID: <mark@k.example>\r\n" + MESSAGE
    asked: list[bool] = []

    def before() -> bool:
        asked.append(True)
        return True

    with pytest.raises(SendError, match="cannot be written"):
        FileTransport(tmp_path).deliver("a@k.example", "b@k.example", b"X: y\r\n" + message, before)

    assert asked == []


def test_a_trial_whose_reader_has_left_leaves_no_file(tmp_path: Path) -> None:
    message = b"X: y\r\nMessage-ID: <mark@k.example>\r\n" + MESSAGE

    outcome = FileTransport(tmp_path).deliver("a@k.example", "b@k.example", message, lambda: False)

    assert outcome.verdict == "withheld"
    assert list(tmp_path.iterdir()) == []


def plain(port: int) -> SmtpTransport:
    way = SmtpTransport(SendingSettings(host="127.0.0.1", port=port, security="none", timeout_s=5), None)
    way.open()
    return way


@contextmanager
def script(*replies: str) -> Iterator[tuple[int, list[str]]]:
    """Run a server that gives these replies in turn, one to each line it reads; yield its port and the lines."""
    lines: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with suppress(OSError), client, client.makefile("rwb") as file:  # the sender may close first
                for reply in replies:
                    file.write(f"{reply}\r\n".encode())
                    file.flush()
                    if not (line := file.readline()):
                        return
                    lines.append(line.decode().strip())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], lines
        thread.join(5)


def test_a_doubled_refusal_is_not_taken_for_the_answer_about_the_next_reader() -> None:
    twice = "550 5.1.1 <anna@example.dk> unknown\r\n550 5.1.1 <anna@example.dk> unknown"
    with script("220 x", "250 x", "250 ok", twice, "250 reset") as (port, lines):
        way = plain(port)

        outcome = way.deliver("nyt@klinik.example", "anna@example.dk", MESSAGE, lambda: True)
        after = way.deliver("nyt@klinik.example", "bo@example.dk", MESSAGE, lambda: True)

    assert (outcome.verdict, outcome.is_unreachable, outcome.is_broken) == ("refused", True, True)
    assert (after.verdict, after.is_broken) == ("deferred", True)
    assert "bo@example.dk" not in "".join(lines)


def test_a_reset_out_of_step_after_a_reader_left_closes_the_connection() -> None:
    with script("220 x", "250 x", "250 ok", "250 ok\r\n550 5.1.1 unknown", "250 reset") as (port, _):
        way = plain(port)

        outcome = way.deliver("nyt@klinik.example", "anna@example.dk", MESSAGE, lambda: False)

    assert (outcome.verdict, outcome.is_broken) == ("withheld", True)


@pytest.mark.parametrize("reply", ["550 <Anna@example.dk>: no", "550 user anna: no", "550 anna@example.dk no"])
def test_the_words_of_a_refusal_are_kept_without_the_address(reply: str) -> None:
    with script("220 x", "250 x", "250 ok", reply, "250 reset", "221 bye") as (port, _):
        way = plain(port)
        outcome = way.deliver("nyt@klinik.example", "anna@example.dk", MESSAGE, lambda: True)
        way.close()

    assert outcome.reply.startswith("550 ")
    assert "…" in outcome.reply
    assert "anna" not in outcome.reply.lower()
    assert outcome.status == "550"
