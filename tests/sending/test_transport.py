"""The way to a mail server: encrypted, its name proven by a certificate, and the login kept for that alone."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from pipeline.config import Sending
from pipeline.errors import SendError
from pipeline.sending.transport import Server, tls
from tests.sending.conftest import Post

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


def sending(port: int, host: str = "localhost") -> Sending:
    return Sending(host=host, port=port, security="starttls", timeout_s=5)


def test_a_message_leaves_encrypted_and_logged_in(authority: trustme.CA) -> None:
    post = Post()
    with server(post, authority.issue_cert("localhost")) as port:
        way = Server(sending(port), LOGIN)
        way.open()

        outcome = way.deliver("nyt@klinik.example", "anna@example.dk", MESSAGE, lambda: True)
        way.close()

    assert outcome.verdict == "accepted"
    assert [(sender, recipient) for sender, recipient, _ in post.taken] == [("nyt@klinik.example", "anna@example.dk")]


def test_a_server_under_another_name_is_not_sent_to(authority: trustme.CA) -> None:
    post = Post()
    with (
        server(post, authority.issue_cert("mail.andre.example")) as port,
        pytest.raises(SendError, match="does not prove who it is"),
    ):
        Server(sending(port), LOGIN).open()

    assert post.taken == []


def test_a_server_that_no_one_vouches_for_is_not_sent_to(authority: trustme.CA) -> None:
    del authority  # trusted, but of another
    stranger = trustme.CA()
    with (
        server(Post(), stranger.issue_cert("localhost")) as port,
        pytest.raises(SendError, match="does not prove who it is"),
    ):
        Server(sending(port), LOGIN).open()


def test_an_encryption_too_old_is_not_spoken() -> None:
    assert tls().minimum_version == ssl.TLSVersion.TLSv1_2
    assert tls().verify_mode == ssl.CERT_REQUIRED


def test_a_wrong_login_is_told_without_the_password(authority: trustme.CA) -> None:
    with (
        server(Post(), authority.issue_cert("localhost")) as port,
        pytest.raises(SendError, match="refuses the login") as refused,
    ):
        Server(sending(port), ("klinik", "forkert-sætning")).open()

    assert "forkert" not in str(refused.value)
