"""Preflight checks before a newsletter is sent; a failed one forbids sending."""

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
"""From here on SpamAssassin calls it spam."""
SPAM_TIMEOUT_S = 120
SAMPLE_MESSAGE = QueuedMessage("", "SpecimenOfOneMessage00", 0, "laeser@klinik.example", "SpecimenOfOneToken00ww")


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found."""

    edition: str
    title: str
    list: str
    list_title: str
    content: str
    """Digest of the published message."""
    day: date
    checks: tuple[PreflightCheck, ...]

    @property
    def failures(self) -> tuple[PreflightCheck, ...]:
        return tuple(check for check in self.checks if check.verdict == "failure")


def run_preflight(
    config: Config, published: PublishedNewsletter, post: MessageFactory, store: MailingDatabase, list_: str
) -> Preflight:
    """Look at a specimen of the message, at the sender and at the list."""
    today = datetime.now(UTC).date()
    specimen = post.message(SAMPLE_MESSAGE)
    checks = (
        *_edition_checks(published),
        *_message_checks(specimen, published, post),
        *_footer_checks(config, published),
        _size_check(specimen),
        check_spam(specimen),
        *_sender_checks(config, post, specimen),
        *check_dns(post.route.domain, post.sender.rpartition("@")[2], post.signer),
        *_list_checks(store, list_, today),
        _test_mail_check(store, post.template.content),
    )
    listed = list_title(config.sending, list_)
    return Preflight(published.id, published.title, list_, listed, post.template.content, today, checks)


def _edition_checks(published: PublishedNewsletter) -> Iterator[PreflightCheck]:
    yield PreflightCheck("published", "pass", "unchanged")
    wrong = [finding for finding in published.findings if finding.severity == SEVERITIES[0]]
    yield _violations_check("conforming", [f"{finding.code}: {finding.message}" for finding in wrong])


def _message_checks(specimen: bytes, published: PublishedNewsletter, post: MessageFactory) -> Iterator[PreflightCheck]:
    headers = post.template.headers(
        post.route, SAMPLE_MESSAGE.address, SAMPLE_MESSAGE.token, SAMPLE_MESSAGE.mark, datetime.fromtimestamp(0, UTC)
    )
    lasting = [(name, words) for name, words in headers if name != "Date"]
    faults = header_violations(specimen, lasting)
    faults += [f"{fault.rule}: {fault.message}" for fault in validate_mail(specimen, dict(lasting))]
    yield _violations_check("message", faults)
    if post.route.mailto:
        yield PreflightCheck("unsubscribing", "pass", "leave_both")
    else:
        yield PreflightCheck("unsubscribing", "warning", "leave_web")
    old = published.options.unsubscribe.encode()
    if old in specimen.partition(b"\r\n\r\n")[0]:
        yield PreflightCheck("unsubscribing", "failure", "leave_left_over")


def _violations_check(name: str, faults: list[str]) -> PreflightCheck:
    """Return a check that fails with its faults, which are told as the judges tell them."""
    if faults:
        return PreflightCheck(name, "failure", "faults", {"told": "; ".join(faults)})
    return PreflightCheck(name, "pass", f"{name}_good")


def _footer_checks(config: Config, published: PublishedNewsletter) -> Iterator[PreflightCheck]:
    lacking = footer_findings(config.publisher, published.options)
    yield _violations_check("footer", [finding.message for finding in lacking])


def _size_check(specimen: bytes) -> PreflightCheck:
    html = message_from_bytes(specimen, policy=SMTP).get_body(("html",))
    size = len(str(html.get_payload())) if html else 0
    verdict: CheckVerdict = "pass" if 0 < size < GMAIL_CLIP_BYTES else "failure"
    return PreflightCheck("size", verdict, "size", {"html": size, "limit": GMAIL_CLIP_BYTES, "whole": len(specimen)})


def check_spam(message: bytes) -> PreflightCheck:
    """Return what its rules say of a message; its points are theirs, and no promise of any receiver."""
    program = shutil.which("spamassassin")
    if not program:
        return PreflightCheck("spam", "unchecked", "spam_absent")
    try:
        # Without the network: it would ask servers whether they know this very mail.
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


def _sender_checks(config: Config, post: MessageFactory, specimen: bytes) -> Iterator[PreflightCheck]:
    bounces = post.sender.rpartition("@")[2]
    if is_aligned(post.route.domain, bounces) or is_aligned(bounces, post.route.domain):
        yield PreflightCheck("from", "pass", "from_aligned", {"address": config.publisher.email})
    else:
        yield PreflightCheck("from", "warning", "from_elsewhere", {"bounces": bounces, "domain": post.route.domain})
    if post.signer is None:
        return
    signed = re.search(rb"(?is)^DKIM-Signature:.*?\bh=([^;]+);", specimen)
    names = {name.strip().lower() for name in signed[1].split(b":")} if signed else set()
    missing = {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} - names
    yield _violations_check("dkim_signature", [name.decode("ascii") for name in sorted(missing)])


def _list_checks(store: MailingDatabase, list_: str, today: date) -> Iterator[PreflightCheck]:
    counts = count_subscribers(store, list_, today)
    yield PreflightCheck("list", "pass" if counts.mailable else "failure", "list", asdict(counts))
    if counts.stale:
        yield PreflightCheck("consents", "warning", "consents_stale", {"count": counts.stale})


def _test_mail_check(store: MailingDatabase, content: str) -> PreflightCheck:
    if rows := store.rows("SELECT sent_on FROM proofs WHERE content = ?", (content,)):
        return PreflightCheck("proofread", "pass", "proof_seen", {"day": rows[0]["sent_on"]})
    return PreflightCheck("proofread", "failure", "proof_unseen")
