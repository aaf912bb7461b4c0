"""Preflight checks of a published newsletter and its sender: a failed check prevents sending."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.build import current_editions, outputs_of
from pipeline.config import Config, format_options
from pipeline.engine.output_dir import OutputDir
from pipeline.errors import SendError
from pipeline.findings import SEVERITIES, Finding
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.delivery import MessageFactory
from pipeline.mailing.dkim_signing import DkimSigner, is_aligned
from pipeline.mailing.message_template import header_violations
from pipeline.mailing.outbox import QueuedMessage
from pipeline.mailing.settings import list_title
from pipeline.mailing.subscribers import count_subscribers
from pipeline.programs import find_program, run_program
from pipeline.rendering.words import Words
from pipeline.run.run_context import Progress, Request
from pipeline.trusted_paths import read_regular
from pipeline.validation.mail import GMAIL_CLIP_BYTES, validate_mail
from pipeline.writers import load_writer
from pipeline.writers.newsletter import Options
from pipeline.writers.newsletter.footer import footer_findings

if TYPE_CHECKING:
    from dns.resolver import Resolver

CheckVerdict = Literal["pass", "warning", "failure", "unchecked"]
DNS_TIMEOUT_S = 3.0
NEWSLETTER_FORMAT = "newsletter"
SPAM_POINTS = 5.0
"""SpamAssassin's threshold for spam."""
SPAM_TIMEOUT_S = 120
SAMPLE_MESSAGE = QueuedMessage("", "SpecimenOfOneMessage00", 0, "laeser@klinik.example", "SpecimenOfOneToken00ww")


@dataclass(frozen=True, slots=True)
class PreflightCheck:
    """The result of one preflight check, as keys of `styles/words/<language>.toml`."""

    name: str
    verdict: CheckVerdict
    found: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def told(self, words: Words) -> str:
        numbers = {key: words.number(value) for key, value in self.facts.items() if isinstance(value, int | float)}
        return words.fill(f"preflight_{self.found}", **{**self.facts, **numbers})


def check_dns(
    domain: str, bounce_domain: str, signer: DkimSigner | None, resolver: Resolver | None = None
) -> list[PreflightCheck]:
    """Return the results for SPF, DMARC and DKIM; "unchecked" without a network.

    Args:
        bounce_domain: Domain of the address for bounces, which SPF checks (RFC 7208, 2.4).
        resolver: None: the one of this machine.
    """
    spf = _txt_records(bounce_domain, "v=spf1", resolver)
    dmarc = _txt_records(f"_dmarc.{domain}", "v=DMARC1", resolver)
    if not dmarc and domain.count(".") > 1:
        dmarc = _txt_records(f"_dmarc.{domain.partition('.')[2]}", "v=DMARC1", resolver)
    return [
        _check_record("spf", spf, bounce_domain, r"\s[-~?]all\b|\sredirect="),
        _check_record("dmarc", dmarc, f"_dmarc.{domain}", r";\s*p\s*=\s*(none|quarantine|reject)"),
        _check_dkim(signer, resolver),
    ]


def _check_record(name: str, texts: list[str] | None, where: str, expected: str) -> PreflightCheck:
    if texts is None:
        return PreflightCheck(name, "unchecked", "dns_silent", {"where": where})
    if not texts:
        return PreflightCheck(name, "warning", "dns_missing", {"where": where})
    if len(texts) > 1:
        return PreflightCheck(name, "warning", "dns_many", {"where": where, "count": len(texts)})
    if not re.search(expected, texts[0]):
        return PreflightCheck(name, "warning", f"{name}_open", {"text": texts[0]})
    return PreflightCheck(name, "pass", "dns_record", {"text": texts[0]})


def _check_dkim(signer: DkimSigner | None, resolver: Resolver | None) -> PreflightCheck:
    if signer is None:
        return PreflightCheck("dkim_record", "unchecked", "dkim_by_server")
    name = f"{signer.selector}._domainkey.{signer.domain}"
    texts = _txt_records(name, "", resolver)
    if texts is None:
        return PreflightCheck("dkim_record", "unchecked", "dns_silent", {"where": name})
    for text in texts:
        key = re.search(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)", text)
        if key and _same_key(re.sub(r"\s", "", key[1]), signer.key):
            return PreflightCheck("dkim_record", "pass", "dkim_same", {"where": name})
    return PreflightCheck("dkim_record", "failure", "dkim_other", {"where": name})


def _same_key(published: str, private: bytes) -> bool:
    from dkim.crypto import UnparsableKeyError, parse_pem_private_key, parse_public_key

    try:
        ours, theirs = parse_pem_private_key(private), parse_public_key(base64.b64decode(published))
    except (UnparsableKeyError, ValueError, IndexError):
        return False
    return bool(ours["modulus"] == theirs["modulus"])


def _txt_records(name: str, begins: str, resolver: Resolver | None) -> list[str] | None:
    """Return the TXT records of a name that begin so; None where the DNS does not answer."""
    import dns.exception
    import dns.resolver

    try:
        answer = (resolver or dns.resolver.get_default_resolver()).resolve(name, "TXT", lifetime=DNS_TIMEOUT_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        return None
    texts = [b"".join(record.strings).decode("ascii", "replace") for record in answer]
    return [text for text in texts if text.startswith(begins)]


@dataclass(frozen=True, slots=True)
class PublishedNewsletter:
    id: str
    title: str
    message: bytes
    path: Path
    findings: tuple[Finding, ...]
    options: Options


def find_published(config: Config, id_: str, outputs: Path, progress: Progress) -> PublishedNewsletter:
    """Return a published newsletter.

    Raises:
        ConfigError: The configuration is invalid, or another run has locked the outputs.
        SendError: It is not published, or its sources have changed since.
    """
    name = f"{NEWSLETTER_FORMAT}/{id_}.eml"
    path = OutputDir(outputs_of(config, outputs).published_folder()).path(name)
    for each in current_editions(config, Request((NEWSLETTER_FORMAT,), (id_,), outputs=outputs), progress):
        digests = {saved.path: saved.sha256 for saved in each.result.artifacts}
        if each.result.format == NEWSLETTER_FORMAT and name in digests:
            message = _read_unchanged(path, digests[name])
            return PublishedNewsletter(
                id_,
                each.result.title,
                message,
                path,
                each.findings,
                format_options(config, NEWSLETTER_FORMAT, load_writer(NEWSLETTER_FORMAT).Options),
            )
    what = "has changed since it was published" if path.is_file() else "is not published as a newsletter"
    raise SendError(
        f"{id_} {what}: nothing is sent",
        hint=f"publish newsletter {id_}, check {path.name} in a mail program, then send it",
    )


def _read_unchanged(path: Path, digest: str) -> bytes:
    try:
        message, _ = read_regular(path)
    except OSError as error:
        raise SendError(f"{path} cannot be read: {error.strerror}: nothing is sent", hint="publish it again") from error
    if sha256(message).hexdigest() != digest:
        raise SendError(f"{path} was changed just now: nothing is sent", hint="publish it again: --force")
    return message


@dataclass(frozen=True, slots=True)
class Preflight:
    edition: str
    title: str
    list: str
    list_title: str
    content: str
    day: date
    checks: tuple[PreflightCheck, ...]

    @property
    def failures(self) -> tuple[PreflightCheck, ...]:
        return tuple(check for check in self.checks if check.verdict == "failure")


def run_preflight(
    config: Config, published: PublishedNewsletter, factory: MessageFactory, store: MailingDatabase, list_: str
) -> Preflight:
    today = datetime.now(UTC).date()
    sample = factory.build(SAMPLE_MESSAGE)
    violations = [f"{each.code}: {each.message}" for each in published.findings if each.severity == SEVERITIES[0]]
    checks = (
        PreflightCheck("published", "pass", "unchanged"),
        _violations_check("conforming", violations),
        *_message_checks(sample, published, factory),
        _violations_check("footer", [each.message for each in footer_findings(config.publisher, published.options)]),
        _size_check(sample),
        check_spam(sample),
        *_sender_checks(config, factory, sample),
        *check_dns(factory.identity.domain, factory.sender.rpartition("@")[2], factory.signer),
        *_database_checks(store, list_, factory.template.content, today),
    )
    listed = list_title(config.sending, list_)
    return Preflight(published.id, published.title, list_, listed, factory.template.content, today, checks)


def _message_checks(sample: bytes, published: PublishedNewsletter, factory: MessageFactory) -> Iterator[PreflightCheck]:
    headers = factory.template.headers(factory.identity, SAMPLE_MESSAGE, datetime.fromtimestamp(0, UTC))
    lasting = [(name, words) for name, words in headers if name != "Date"]
    errors = header_violations(sample, lasting)
    errors += [f"{error.rule}: {error.message}" for error in validate_mail(sample, dict(lasting))]
    yield _violations_check("message", errors)
    if factory.identity.mailto:
        yield PreflightCheck("unsubscribing", "pass", "leave_both")
    else:
        yield PreflightCheck("unsubscribing", "warning", "leave_web")
    if published.options.unsubscribe.encode() in sample.partition(b"\r\n\r\n")[0]:
        yield PreflightCheck("unsubscribing", "failure", "leave_left_over")


def _violations_check(name: str, errors: list[str]) -> PreflightCheck:
    told = {"told": "; ".join(errors)}
    return PreflightCheck(name, "failure", "faults", told) if errors else PreflightCheck(name, "pass", f"{name}_good")


def _size_check(sample: bytes) -> PreflightCheck:
    html = message_from_bytes(sample, policy=SMTP).get_body(("html",))
    size = len(str(html.get_payload())) if html else 0
    verdict: CheckVerdict = "pass" if 0 < size < GMAIL_CLIP_BYTES else "failure"
    return PreflightCheck("size", verdict, "size", {"html": size, "limit": GMAIL_CLIP_BYTES, "whole": len(sample)})


def check_spam(message: bytes) -> PreflightCheck:
    """Return SpamAssassin's result; other spam filters may decide differently."""
    program = find_program("spamassassin")
    if not program:
        return PreflightCheck("spam", "unchecked", "spam_absent")
    try:
        # --local: no network tests, which would tell other servers of this mail
        done = run_program([program, "--local", "-t"], SPAM_TIMEOUT_S, input=message, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        return PreflightCheck("spam", "unchecked", "spam_failed", {"told": error})
    told = done.stdout.decode("utf-8", "replace")
    at = re.search(r"(?ms)^X-Spam-Status:.*?score=(-?[\d.]+).*?tests=([\w,\s=-]*?)\s+autolearn", told)
    if not at:
        return PreflightCheck("spam", "unchecked", "spam_silent")
    points, rules = float(at[1]), ", ".join(re.findall(r"[\w-]+", at[2]))
    verdict: CheckVerdict = "failure" if points >= SPAM_POINTS else "pass"
    return PreflightCheck(
        "spam", verdict, "spam_points", {"points": points, "limit": SPAM_POINTS, "rules": rules or "–"}
    )


def _sender_checks(config: Config, factory: MessageFactory, sample: bytes) -> Iterator[PreflightCheck]:
    bounces = factory.sender.rpartition("@")[2]
    domain = factory.identity.domain
    if is_aligned(domain, bounces) or is_aligned(bounces, domain):
        yield PreflightCheck("from", "pass", "from_aligned", {"address": config.publisher.email})
    else:
        yield PreflightCheck("from", "warning", "from_elsewhere", {"bounces": bounces, "domain": domain})
    if factory.signer is None:
        return
    signed = re.search(rb"(?is)^DKIM-Signature:.*?\bh=([^;]+);", sample)
    names = {name.strip().lower() for name in signed[1].split(b":")} if signed else set()
    missing = {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} - names
    yield _violations_check("dkim_signature", [name.decode("ascii") for name in sorted(missing)])


def _database_checks(store: MailingDatabase, list_: str, content: str, today: date) -> Iterator[PreflightCheck]:
    counts = count_subscribers(store, list_, today)
    yield PreflightCheck("list", "pass" if counts.mailable else "failure", "list", asdict(counts))
    if counts.stale:
        yield PreflightCheck("consents", "warning", "consents_stale", {"count": counts.stale})
    if rows := store.rows("SELECT sent_on FROM proofs WHERE content = ?", (content,)):
        yield PreflightCheck("proofread", "pass", "proof_seen", {"day": rows[0]["sent_on"]})
    else:
        yield PreflightCheck("proofread", "failure", "proof_unseen")
