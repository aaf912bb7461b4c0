"""The checks before anything is sent: message, sender, list and spam filter, and what forbids sending."""

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
from pipeline.sending.edition import Published
from pipeline.sending.message import header_faults
from pipeline.sending.outbox import Letter
from pipeline.sending.posting import Post
from pipeline.sending.records import Check, Verdict, check_records
from pipeline.sending.settings import list_title
from pipeline.sending.signing import is_aligned
from pipeline.sending.store import Store
from pipeline.sending.subscribers import count
from pipeline.validation.mail import GMAIL_CLIP_BYTES, validate_mail
from pipeline.writers.newsletter.footer import footer_findings

SPAM_POINTS = 5.0
"""From here on SpamAssassin calls it spam."""
SPAM_TIMEOUT_S = 120
SPECIMEN = Letter("", "SpecimenOfOneMessage00", 0, "laeser@klinik.example", "SpecimenOfOneToken00ww")


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
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict == "failure")


def look(config: Config, published: Published, post: Post, store: Store, list_: str) -> Preflight:
    """Look at a specimen of the message, at the sender and at the list."""
    today = datetime.now(UTC).date()
    specimen = post.message(SPECIMEN)
    checks = (
        *_published(published),
        *_message(specimen, published, post),
        *_footer(config, published),
        _size(specimen),
        check_spam(specimen),
        *_sender(config, post, specimen),
        *check_records(post.route.domain, post.sender.rpartition("@")[2], post.signer),
        *_list(store, list_, today),
        _proof(store, post.template.content),
    )
    listed = list_title(config.sending, list_)
    return Preflight(published.id, published.title, list_, listed, post.template.content, today, checks)


def _published(published: Published) -> Iterator[Check]:
    yield Check("published", "pass", "unchanged")
    wrong = [finding for finding in published.findings if finding.severity == SEVERITIES[0]]
    yield _faultless("conforming", [f"{finding.code}: {finding.message}" for finding in wrong])


def _message(specimen: bytes, published: Published, post: Post) -> Iterator[Check]:
    headers = post.template.headers(
        post.route, SPECIMEN.address, SPECIMEN.token, SPECIMEN.mark, datetime.fromtimestamp(0, UTC)
    )
    lasting = [(name, words) for name, words in headers if name != "Date"]
    faults = header_faults(specimen, lasting)
    faults += [f"{fault.rule}: {fault.message}" for fault in validate_mail(specimen, dict(lasting))]
    yield _faultless("message", faults)
    if post.route.mailto:
        yield Check("unsubscribing", "pass", "leave_both")
    else:
        yield Check("unsubscribing", "warning", "leave_web")
    old = published.options.unsubscribe.encode()
    if old in specimen.partition(b"\r\n\r\n")[0]:
        yield Check("unsubscribing", "failure", "leave_left_over")


def _faultless(name: str, faults: list[str]) -> Check:
    """Return a check that fails with its faults, which are told as the judges tell them."""
    if faults:
        return Check(name, "failure", "faults", {"told": "; ".join(faults)})
    return Check(name, "pass", f"{name}_good")


def _footer(config: Config, published: Published) -> Iterator[Check]:
    lacking = footer_findings(config.publisher, published.options)
    yield _faultless("footer", [finding.message for finding in lacking])


def _size(specimen: bytes) -> Check:
    html = message_from_bytes(specimen, policy=SMTP).get_body(("html",))
    size = len(str(html.get_payload())) if html else 0
    verdict: Verdict = "pass" if 0 < size < GMAIL_CLIP_BYTES else "failure"
    return Check("size", verdict, "size", {"html": size, "limit": GMAIL_CLIP_BYTES, "whole": len(specimen)})


def check_spam(message: bytes) -> Check:
    """Return what its rules say of a message; its points are theirs, and no promise of any receiver."""
    program = shutil.which("spamassassin")
    if not program:
        return Check("spam", "unchecked", "spam_absent")
    try:
        # Without the network: it would ask servers whether they know this very mail.
        done = subprocess.run(
            [program, "--local", "-t"], input=message, capture_output=True, timeout=SPAM_TIMEOUT_S, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        return Check("spam", "unchecked", "spam_failed", {"told": error})
    told = done.stdout.decode("utf-8", "replace")
    at = re.search(r"(?ms)^X-Spam-Status:.*?score=(-?[\d.]+).*?tests=([\w,\s=-]*?)\s+autolearn", told)
    if not at:
        return Check("spam", "unchecked", "spam_silent")
    points, rules = float(at[1]), ", ".join(re.findall(r"[\w-]+", at[2]))
    verdict: Verdict = "failure" if points >= SPAM_POINTS else "pass"
    return Check("spam", verdict, "spam_points", {"points": points, "limit": SPAM_POINTS, "rules": rules or "–"})


def _sender(config: Config, post: Post, specimen: bytes) -> Iterator[Check]:
    bounces = post.sender.rpartition("@")[2]
    if is_aligned(post.route.domain, bounces) or is_aligned(bounces, post.route.domain):
        yield Check("from", "pass", "from_aligned", {"address": config.publisher.email})
    else:
        yield Check("from", "warning", "from_elsewhere", {"bounces": bounces, "domain": post.route.domain})
    if post.signer is None:
        return
    signed = re.search(rb"(?is)^DKIM-Signature:.*?\bh=([^;]+);", specimen)
    names = {name.strip().lower() for name in signed[1].split(b":")} if signed else set()
    missing = {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} - names
    yield _faultless("dkim_signature", [name.decode("ascii") for name in sorted(missing)])


def _list(store: Store, list_: str, today: date) -> Iterator[Check]:
    counts = count(store, list_, today)
    yield Check("list", "pass" if counts.mailable else "failure", "list", asdict(counts))
    if counts.stale:
        yield Check("consents", "warning", "consents_stale", {"count": counts.stale})


def _proof(store: Store, content: str) -> Check:
    if rows := store.rows("SELECT sent_on FROM proofs WHERE content = ?", (content,)):
        return Check("proofread", "pass", "proof_seen", {"day": rows[0]["sent_on"]})
    return Check("proofread", "failure", "proof_unseen")
