"""What is looked at before anything is sent, and what forbids it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.conforming.mail import CLIPPED_AT, judge
from pipeline.findings import SEVERITIES
from pipeline.sending.edition import Published
from pipeline.sending.message import header_faults
from pipeline.sending.outbox import Letter
from pipeline.sending.posting import Post
from pipeline.sending.records import Check, Verdict, check_records
from pipeline.sending.signing import is_aligned
from pipeline.sending.store import Store
from pipeline.sending.subscribers import count
from pipeline.writers.newsletter.footer import judge_footer

if TYPE_CHECKING:
    from dns.resolver import Resolver

SPECIMEN = Letter("", "SpecimenOfOneMessage00", 0, "laeser@klinik.example", "SpecimenOfOneToken00ww")
SPAM_POINTS = 5.0
"""From here on SpamAssassin calls it spam."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found."""

    edition: str
    list: str
    content: str
    """Digest of the published message."""
    day: date
    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict == "failure")


def look(
    config: Config, published: Published, post: Post, store: Store, list_: str, resolver: Resolver | None = None
) -> Preflight:
    """Look at a specimen of the message, at the sender and at the list."""
    today = datetime.now(UTC).date()
    specimen = post.message(SPECIMEN)
    checks = (
        *_published(published),
        *_message(specimen, published, post),
        *_footer(config, published),
        _size(specimen),
        _spam(specimen),
        *_sender(config, post, specimen),
        *check_records(post.route.domain, post.sender.rpartition("@")[2], post.signer, resolver),
        *_list(store, list_, today),
        _proof(store, post.template.content),
    )
    return Preflight(published.id, list_, post.template.content, today, checks)


def _published(published: Published) -> Iterator[Check]:
    yield Check("Published", "pass", "its sources have not changed since")
    wrong = [finding for finding in published.findings if finding.severity == SEVERITIES[0]]
    told = "; ".join(f"{finding.code}: {finding.message}" for finding in wrong)
    yield Check("Conforming", "failure" if wrong else "pass", told or "no error among its findings")


def _message(specimen: bytes, published: Published, post: Post) -> Iterator[Check]:
    headers = post.template.headers(
        post.route, SPECIMEN.address, SPECIMEN.token, SPECIMEN.mark, datetime.fromtimestamp(0, UTC)
    )
    lasting = [(name, words) for name, words in headers if name != "Date"]
    faults = header_faults(specimen, lasting)
    faults += [f"{fault.rule}: {fault.message}" for fault in judge(specimen, dict(lasting))]
    yield Check("Message", "failure" if faults else "pass", "; ".join(faults) or "judged again as it will travel")
    has_mail = bool(post.route.mailto)
    told = "one click by web, and by mail" if has_mail else "one click by web; [sending] mailto is empty: none by mail"
    yield Check("Unsubscribing", "pass" if has_mail else "warning", told)
    old = published.options.unsubscribe.encode()
    if old in specimen.partition(b"\r\n\r\n")[0]:
        yield Check("Unsubscribing", "failure", "the address of the published message still stands in a header")


def _footer(config: Config, published: Published) -> Iterator[Check]:
    lacking = judge_footer(config.publisher, published.options)
    yield Check("Footer", "failure" if lacking else "pass", "; ".join(f.message for f in lacking) or "complete")


def _size(specimen: bytes) -> Check:
    html = message_from_bytes(specimen, policy=SMTP).get_body(("html",))
    size = len(str(html.get_payload())) if html else 0
    verdict: Verdict = "pass" if 0 < size < CLIPPED_AT else "failure"
    return Check("Size", verdict, f"{size} bytes of HTML (Gmail cuts at {CLIPPED_AT}), {len(specimen)} bytes in all")


def _spam(specimen: bytes) -> Check:
    program = shutil.which("spamassassin")
    if not program:
        return Check("Spam score", "unchecked", "SpamAssassin is not on this machine")
    try:
        # Without the network: it would ask servers whether they know this very mail.
        done = subprocess.run([program, "--local", "-t"], input=specimen, capture_output=True, timeout=120, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        return Check("Spam score", "unchecked", f"SpamAssassin failed: {error}")
    told = done.stdout.decode("utf-8", "replace")
    at = re.search(r"(?ms)^X-Spam-Status:.*?score=(-?[\d.]+).*?tests=([\w,\s=-]*?)\s+autolearn", told)
    if not at:
        return Check("Spam score", "unchecked", "SpamAssassin gave no score")
    points, rules = float(at[1]), re.sub(r"\s+", "", at[2])
    verdict: Verdict = "failure" if points >= SPAM_POINTS else "pass"
    return Check("Spam score", verdict, f"{points} of {SPAM_POINTS} points: {rules}")


def _sender(config: Config, post: Post, specimen: bytes) -> Iterator[Check]:
    bounces = post.sender.rpartition("@")[2]
    if is_aligned(post.route.domain, bounces) or is_aligned(bounces, post.route.domain):
        yield Check("From", "pass", f"{config.publisher.email}; bounces go to the same domain")
    else:
        yield Check("From", "warning", f"bounces go to {bounces}, so SPF does not speak for {post.route.domain}")
    if post.signer is None:
        return
    signed = re.search(rb"(?is)^DKIM-Signature:.*?\bh=([^;]+);", specimen)
    names = {name.strip().lower() for name in signed[1].split(b":")} if signed else set()
    missing = {b"from", b"list-unsubscribe", b"list-unsubscribe-post"} - names
    told = f"not signed: {b', '.join(sorted(missing)).decode()}" if missing else "From and both unsubscribe headers"
    yield Check("DKIM signature", "failure" if missing else "pass", told)


def _list(store: Store, list_: str, today: date) -> Iterator[Check]:
    counts = count(store, list_, today)
    told = (
        f"{counts.mailable} may be mailed; {counts.without_consent} without consent, {counts.unsubscribed} have left, "
        f"{counts.bounced} bounced"
    )
    yield Check("List", "pass" if counts.mailable else "failure", told)
    if counts.stale:
        yield Check("Consents", "warning", f"{counts.stale} are older than 12 months and were not used since")


def _proof(store: Store, content: str) -> Check:
    if rows := store.rows("SELECT sent_on FROM proofs WHERE content = ?", (content,)):
        return Check("Proofread", "pass", f"this content was sent as a test on {rows[0]['sent_on']}")
    return Check("Proofread", "failure", "no one has seen this content in a mail program yet: --test me@klinik.example")
