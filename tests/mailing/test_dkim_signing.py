"""Signatures that pass, keys that are refused, and what the DNS says of both."""

from __future__ import annotations

import base64
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dkim
import dns.message
import dns.resolver
import dns.rrset
import pytest

from pipeline.config import Config, Publisher, SendingSettings
from pipeline.errors import ConfigError
from pipeline.mailing import preflight
from pipeline.mailing.dkim_signing import DkimSigner, load_signer
from pipeline.mailing.message_template import SenderIdentity
from pipeline.mailing.preflight import check_dns
from tests.mailing.conftest import ROUTE, template
from tests.mailing.test_message_template import NOW, addressed, message_of, published, queued
from tests.makers import para

PUBLISHER = Publisher(name="Klinik Eksempel", email="kontakt@klinik.example")
Records = dict[str, str]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(path), "1024"], check=True, capture_output=True)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def record(key: Path) -> str:
    command = ["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"]
    public = subprocess.run(command, check=True, capture_output=True).stdout
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def config_of(key: Path, folder: Path, domain: str = "") -> Config:
    sending = SendingSettings(dkim_key=str(key), dkim_selector="nyt", dkim_domain=domain)
    return Config(folder, publisher=PUBLISHER, sending=sending)


def test_a_signature_passes_and_covers_both_unsubscribe_headers(key: Path, record: str, tmp_path: Path) -> None:
    signer = load_signer(config_of(key, tmp_path))
    assert signer is not None

    signed = signer.sign(addressed())

    def lookup(_name: bytes, **_more: int) -> bytes:
        return record.encode()

    assert dkim.verify(signed, dnsfunc=lookup)
    for header in (b"List-Unsubscribe: <", b"List-Unsubscribe-Post: ", b"From: "):
        assert not dkim.verify(signed.replace(b"\r\n" + header, b"\r\n" + header + b"x"), dnsfunc=lookup), header
    assert not dkim.verify(signed.replace(b"\r\nFrom:", b"\r\nFrom: x@y.example\r\nFrom:", 1), dnsfunc=lookup)


def test_a_server_that_shields_lines_beginning_with_from_breaks_no_signature(
    key: Path, record: str, tmp_path: Path
) -> None:
    """RFC 4155: mbox, and the servers that write it, put `>` before such lines."""
    signer = load_signer(config_of(key, tmp_path))
    assert signer is not None
    message = message_of(para("From her begynder en linje."), para("Fra her den næste."))

    signed = signer.sign(template(message).address(ROUTE, queued("anna@klinik.dk"), NOW))
    head, end, body = signed.partition(b"\r\n\r\n")

    shielded = head + end + re.sub(rb"(?m)^From ", b">From ", body)
    assert dkim.verify(shielded, dnsfunc=lambda _name, **_more: record.encode())


def test_a_feedback_id_travels_where_it_is_wanted() -> None:
    route = SenderIdentity(ROUTE.domain, ROUTE.list, ROUTE.service, ROUTE.mailto, "7:nyt:newsletter:klinik-example")

    data = template(published()).address(route, queued("anna@klinik.dk"), NOW)

    assert b"\r\nFeedback-ID: 7:nyt:newsletter:klinik-example\r\n" in data


def test_a_key_that_others_may_read_is_refused(key: Path, tmp_path: Path) -> None:
    copy = tmp_path / "dkim.pem"
    copy.write_bytes(key.read_bytes())
    copy.chmod(0o644)

    with pytest.raises(ConfigError, match="other users can read the private key"):
        load_signer(config_of(copy, tmp_path))


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dkim.pem").touch(0o600)

    with pytest.raises(ConfigError, match="not an RSA private key"):
        load_signer(config_of(tmp_path / "dkim.pem", tmp_path))


def test_a_domain_that_is_not_the_senders_is_refused(key: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="DMARC needs"):
        load_signer(config_of(key, tmp_path, "andre.example"))


@pytest.fixture
def resolving() -> Iterator[Callable[[Records], dns.resolver.Resolver]]:
    """Return what answers like a DNS with these TXT records: a real server on a port of this machine."""
    known: Records = {}
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            data, peer = server.recvfrom(4096)
            if data == b"stop":
                return
            query = dns.message.from_wire(data)
            reply = dns.message.make_response(query)
            name = query.question[0].name
            if text := known.get(name.to_text().rstrip(".")):
                parts = " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
                reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", parts))
            server.sendto(reply.to_wire(), peer)

    thread = threading.Thread(target=answer)
    thread.start()

    def resolver(records: Records) -> dns.resolver.Resolver:
        known.update(records)
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], server.getsockname()[1]
        return made

    yield resolver
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"stop", server.getsockname())
    thread.join()
    server.close()


def test_the_dns_is_asked_for_spf_dmarc_and_our_key(
    key: Path, record: str, resolving: Callable[[Records], dns.resolver.Resolver]
) -> None:
    good = {
        "klinik.example": "v=spf1 ip4:192.0.2.25 -all",
        "_dmarc.klinik.example": "v=DMARC1; p=reject",
        "nyt._domainkey.klinik.example": record,
    }
    signer = DkimSigner(key.read_bytes(), "nyt", "klinik.example")

    found = check_dns("klinik.example", "klinik.example", signer, resolving(good))
    other = check_dns("klinik.example", "andre.example", signer, resolving({"nyt._domainkey.klinik.example": "p=AAAA"}))

    assert [check.verdict for check in found] == ["pass", "pass", "pass"]
    assert [check.verdict for check in other] == ["warning", "pass", "failure"]


def test_without_an_answer_records_are_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "DNS_TIMEOUT_S", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], silent.getsockname()[1]
        found = check_dns("klinik.example", "klinik.example", None, resolver)

    assert {check.verdict for check in found} == {"unchecked"}
