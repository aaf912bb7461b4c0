"""The flow of sending a newsletter: preflight checks, test mail, queue, delivery, evidence, report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pipeline import __version__
from pipeline.build import outputs_of
from pipeline.config import Config
from pipeline.engine.output_dir import OutputDir
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.addresses import AddressError, read_address
from pipeline.mailing.database import MailingDatabase, open_data_dir, open_database
from pipeline.mailing.delivery import CampaignSender, MessageFactory
from pipeline.mailing.dkim_signing import load_signer
from pipeline.mailing.message_template import SenderIdentity, parse_template
from pipeline.mailing.outbox import STATES, Campaign, QueuedMessage, State, find_campaign, open_campaign
from pipeline.mailing.preflight import NEWSLETTER_FORMAT, Preflight, PublishedNewsletter, run_preflight
from pipeline.mailing.settings import list_title, sender_domain, validated_settings
from pipeline.mailing.transport import FileTransport, Transport, smtp_transport
from pipeline.rendering.styles import Styles, find_styles
from pipeline.rendering.words import Words

TransportName = Literal["smtp", "file"]
_SMTP_CHECKS = ("proofread", "dkim_record")
"""Preflight checks for real sending only: a trial with files comes before the test mail and reaches no server."""


def save_evidence(
    preflight: Preflight, counts: Mapping[str, int], outputs: OutputDir, styles: Styles, words: Words
) -> Path:
    """Save the evidence of a campaign beside its edition, and return the path of the HTML page.

    Args:
        counts: Number of messages in each state of the outbox.
    """
    name = f"{NEWSLETTER_FORMAT}/{preflight.edition}.{preflight.list}.evidence"
    page = styles.render(
        "sending/evidence.html.j2", preflight=preflight, counts=counts, version=__version__, words=words,
        style=styles.style_sheet("sending/page.css"),
    )  # fmt: skip
    with outputs.lock(5.0):
        moves = [
            (outputs.stage("evidence.json", evidence_json(preflight, counts, words)), f"{name}.json"),
            (outputs.stage("evidence.html", page.encode()), f"{name}.html"),
        ]
        outputs.move(moves)
        outputs.release()
    return outputs.published_dir / f"{name}.html"


def evidence_json(preflight: Preflight, counts: Mapping[str, int], words: Words) -> bytes:
    """Return the evidence as JSON: names and verdicts that are the same in every language, and results in words."""
    document = {
        "edition": preflight.edition,
        "list": preflight.list,
        "content_sha256": preflight.content,
        "looked_at": preflight.day.isoformat(),
        "program": __version__,
        "language": words.language,
        "checks": [{"name": c.name, "verdict": c.verdict, "found": c.told(words)} for c in preflight.checks],
        "outbox": dict(counts),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def campaign_report(campaign: Campaign, edition: str, title: str, words: Words) -> str:
    """Return the report of a campaign as text. It holds addresses: print it, never save it."""
    counts = campaign.counts()
    lines = [words.fill("sending_report", edition=edition, title=title), ""]
    labels = {state: words[f"sending_{state.replace(' ', '_')}"] for state in STATES}
    width = max(map(len, labels.values()))
    lines += [f"  {labels[state]:<{width}}  {counts[state]:>7}" for state in STATES]
    lines.append(f"  {words['sending_total']:<{width}}  {sum(counts.values()):>7}")
    unsettled: tuple[State, ...] = ("in doubt", "refused", "deferred")
    for state in filter(counts.get, unsettled):
        lines += ["", words[f"sending_{state.replace(' ', '_')}_why"]]
        for address, status, changed in campaign.messages_in_state(state):
            moment = datetime.fromisoformat(changed).astimezone().strftime("%Y-%m-%d %H:%M")
            lines.append(f"  {address or words['sending_forgotten']} ({', '.join(filter(None, (moment, status)))})")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Mailing:
    config: Config
    outputs: OutputDir
    store: MailingDatabase
    list: str
    published: PublishedNewsletter
    factory: MessageFactory
    transport_name: TransportName

    def run_preflight(self) -> Preflight:
        """Run the preflight checks; a trial skips those that concern other mail servers."""
        preflight = run_preflight(self.config, self.published, self.factory, self.store, self.list)
        if self.transport_name == "smtp":
            return preflight
        return replace(preflight, checks=tuple(each for each in preflight.checks if each.name not in _SMTP_CHECKS))

    def save_evidence(self, preflight: Preflight, words: Words) -> Path:
        campaign = find_campaign(self.store, self.published.id, self.list, self.transport_name)
        counts = campaign.counts() if campaign else {}
        return save_evidence(preflight, counts, self.outputs, find_styles(self.config.folder), words)

    def connect(self) -> Transport:
        if self.transport_name == "file":
            return FileTransport(self.store.folder.trials / self.list / self.published.id)
        return smtp_transport(self.config.sending)

    def send_test(self, address: str) -> None:
        """Send one message to an address, on a list or not, and record that this content was tested.

        Raises:
            ConfigError: The address is invalid.
            SendError: The server did not accept the message.
        """
        try:
            address = read_address(address)
        except AddressError as error:
            raise ConfigError(f"--test: {error}") from error
        token, mark = (self.store.rows("SELECT new_token()")[0][0] for _ in range(2))
        data = self.factory.build(QueuedMessage("", mark, 0, address, token))
        transport = self.connect()
        try:
            transport.open()
            outcome = transport.deliver(self.factory.envelope_sender(mark), address, data, lambda: True)
        except OSError as error:
            raise SendError(f"{self.config.sending.host} does not answer: {error}") from error
        finally:
            transport.close()
        if outcome.verdict != "accepted":
            raise SendError(f"the test was not accepted: {' '.join(filter(None, (outcome.verdict, outcome.reply)))}")
        if self.transport_name == "smtp":
            values = self.factory.template.content, datetime.now(UTC).date().isoformat()
            with self.store.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO proofs VALUES (?, ?)", values)

    def queue(self, *, resend_doubtful: bool) -> Campaign:
        """Queue a message for every subscriber who may be mailed and is not in the outbox yet.

        Raises:
            SendError: Some subscribers were sent another content of this edition.
        """
        content = self.factory.template.content
        campaign = open_campaign(self.store, self.published.id, self.list, self.transport_name, content)
        campaign.move("claimed", "queued")  # claimed by a sender that was killed before it sent the content
        if resend_doubtful:
            campaign.move("in doubt", "queued")
        campaign.enqueue()
        return campaign

    def sender(self, campaign: Campaign, progress: Callable[[int], None]) -> CampaignSender:
        factory = self.factory
        if self.config.sending.feedback_id:
            feedback = f"{campaign.id}:{self.list}:newsletter:{factory.identity.domain.replace('.', '-')}"
            factory = replace(factory, identity=replace(factory.identity, feedback=feedback))
        return CampaignSender(campaign, factory, self.config.sending, self.connect, progress)


def check_can_send(config: Config, list_: str, transport: TransportName) -> None:
    """Check the configuration before anything is opened.

    Raises:
        ConfigError: A package is missing, or `publish.toml` is invalid or lacks what sending needs.
    """
    sending = validated_settings(config)
    list_title(sending, list_)
    if not sending.service:
        raise ConfigError(
            "[sending] service is missing: the https address at which readers leave with one click",
            hint="`publish subscribers serve` answers there: docs/sending.md",
        )
    if transport == "smtp":
        smtp_transport(sending)


@contextmanager
def open_mailing(
    config: Config, published: PublishedNewsletter, list_: str, transport: TransportName, outputs: Path
) -> Iterator[Mailing]:
    """Lock the data folder, and open the mailing of a published edition.

    Raises:
        ConfigError: The sender's address, the DKIM key or the place of the data folder is invalid.
        SendError: The published message or the database is damaged, or another sender is running.
    """
    sending = config.sending
    identity = SenderIdentity(sender_domain(config.publisher), list_, sending.service, sending.mailto)
    template = parse_template(published.message, published.options.unsubscribe, identity)
    bounces = sending.bounces or read_address(config.publisher.email)
    factory = MessageFactory(template, identity, bounces, sending.verp, load_signer(config))
    folder = open_data_dir(config, outputs)
    with folder.lock(), open_database(folder) as store:
        yield Mailing(config, outputs_of(config, outputs), store, list_, published, factory, transport)
