"""Preflight checks of a newsletter: a failed check prevents sending."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTP

from pipeline.config import Config
from pipeline.findings import SEVERITIES
from pipeline.mailing.database import MailingDatabase
from pipeline.mailing.delivery import MessageFactory
from pipeline.mailing.dkim_signing import is_aligned
from pipeline.mailing.dns_checks import CheckVerdict, PreflightCheck, check_dns
from pipeline.mailing.message_template import header_violations
from pipeline.mailing.outbox import QueuedMessage
from pipeline.mailing.published_edition import PublishedNewsletter
from pipeline.mailing.settings import list_title
from pipeline.mailing.subscribers import count_subscribers
from pipeline.validation.mail import GMAIL_CLIP_BYTES, validate_mail
from pipeline.writers.newsletter.footer import footer_findings

SPAM_POINTS = 5.0
"""SpamAssassin's threshold for spam."""
SPAM_TIMEOUT_S = 120
SAMPLE_MESSAGE = QueuedMessage("", "SpecimenOfOneMessage00", 0, "laeser@klinik.example", "SpecimenOfOneToken00ww")


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
    if errors:
        return PreflightCheck(name, "failure", "faults", {"told": "; ".join(errors)})
    return PreflightCheck(name, "pass", f"{name}_good")


def _size_check(sample: bytes) -> PreflightCheck:
    html = message_from_bytes(sample, policy=SMTP).get_body(("html",))
    size = len(str(html.get_payload())) if html else 0
    verdict: CheckVerdict = "pass" if 0 < size < GMAIL_CLIP_BYTES else "failure"
    return PreflightCheck("size", verdict, "size", {"html": size, "limit": GMAIL_CLIP_BYTES, "whole": len(sample)})


def check_spam(message: bytes) -> PreflightCheck:
    """Return SpamAssassin's result; other spam filters may decide differently."""
    program = shutil.which("spamassassin")
    if not program:
        return PreflightCheck("spam", "unchecked", "spam_absent")
    try:
        # --local: no network tests, which would tell other servers of this mail
        done = subprocess.run(
            [program, "--local", "-t"], input=message, capture_output=True, timeout=SPAM_TIMEOUT_S, check=True
        )
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
