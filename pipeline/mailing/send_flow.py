"""The flow of sending a newsletter: find the published edition, run the preflight, queue, send, save the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pipeline.build import outputs_of
from pipeline.config import Config
from pipeline.engine.output_dir import OutputDir
from pipeline.errors import ConfigError, SendError
from pipeline.mailing.addresses import AddressError, read_address
from pipeline.mailing.data_dir import DataDir, open_data_dir
from pipeline.mailing.database import MailingDatabase, open_database
from pipeline.mailing.delivery import CampaignSender, MessageFactory
from pipeline.mailing.dkim_signing import load_signer
from pipeline.mailing.evidence import save_evidence
from pipeline.mailing.message_template import SenderIdentity, parse_template
from pipeline.mailing.outbox import Campaign, QueuedMessage, find_campaign, open_campaign
from pipeline.mailing.preflight import Preflight, run_preflight
from pipeline.mailing.published_edition import PublishedNewsletter
from pipeline.mailing.settings import list_title, require_packages, sender_domain, validated_settings
from pipeline.mailing.transport import FileTransport, Transport, smtp_transport
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import Words

TransportName = Literal["smtp", "file"]
_CHECKS_NOT_FOR_TRIALS = ("proofread", "dkim_record")
"""Checks that a trial need not pass: it comes before the test mail, and reaches no one's server."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """One edition, its list, and the way out."""

    config: Config
    outputs: OutputDir
    folder: DataDir
    store: MailingDatabase
    list: str
    published: PublishedNewsletter
    post: MessageFactory
    transport_name: TransportName

    def look(self) -> Preflight:
        """Look at all that can be looked at before sending, and keep what was found beside the edition."""
        preflight = run_preflight(self.config, self.published, self.post, self.store, self.list)
        if self.transport_name == "smtp":
            return preflight
        return replace(
            preflight, checks=tuple(check for check in preflight.checks if check.name not in _CHECKS_NOT_FOR_TRIALS)
        )

    def keep(self, preflight: Preflight, words: Words) -> Path:
        """Save what was found, and how the outbox stands, beside the edition."""
        campaign = find_campaign(self.store, self.published.id, self.list, self.transport_name)
        counts = campaign.counts() if campaign else {}
        return save_evidence(preflight, counts, self.outputs, find_styles(self.config.folder), words)

    def connect(self) -> Transport:
        """Return the way out, not open yet."""
        if self.transport_name == "file":
            return FileTransport(self.folder.trials / self.list / self.published.id)
        return smtp_transport(self.config.sending)

    def test(self, written: str) -> None:
        """Send one message to one address that is on no list, and note that this content has been looked at.

        Raises:
            ConfigError: The address is none.
            SendError: The server did not take it.
        """
        try:
            address = read_address(written)
        except AddressError as error:
            raise ConfigError(f"--test: {error}") from error
        token, mark = (self.store.rows("SELECT new_token()")[0][0] for _ in range(2))
        letter = QueuedMessage("", mark, 0, address, token)
        transport = self.connect()
        try:
            transport.open()
            outcome = transport.deliver(
                self.post.envelope_sender(mark), address, self.post.message(letter), lambda: True
            )
        except OSError as error:
            raise SendError(f"{self.config.sending.host} does not answer: {error}") from error
        finally:
            transport.close()
        if outcome.verdict != "accepted":
            raise SendError(f"the test was not taken: {' '.join(filter(None, (outcome.verdict, outcome.status)))}")
        if self.transport_name == "smtp":
            today = datetime.now(UTC).date().isoformat()
            with self.store.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO proofs VALUES (?, ?)", (self.post.template.content, today))

    def queue(self, *, resend_doubtful: bool) -> Campaign:
        """Queue everyone who may be mailed and is not in the outbox yet.

        Raises:
            SendError: Some readers have another content of this edition already.
        """
        campaign = open_campaign(
            self.store, self.published.id, self.list, self.transport_name, self.post.template.content
        )
        campaign.reclaim()
        if resend_doubtful:
            campaign.resend_doubtful()
        campaign.enqueue()
        return campaign

    def sender(self, campaign: Campaign, progress: Callable[[int], None]) -> CampaignSender:
        """Return what sends a campaign."""
        post = self.post
        if self.config.sending.feedback_id:
            feedback = f"{campaign.id}:{self.list}:newsletter:{post.route.domain.replace('.', '-')}"
            post = replace(post, route=replace(post.route, feedback=feedback))
        return CampaignSender(campaign, post, self.config.sending, self.connect, progress)


def check_can_send(config: Config, list_: str, way: TransportName) -> None:
    """Refuse what can be refused before anything is opened.

    Raises:
        ConfigError: A package is missing, or `publish.toml` cannot be meant, or lacks what sending needs.
    """
    require_packages()
    sending = validated_settings(config)
    list_title(sending, list_)
    if not sending.service:
        raise ConfigError(
            "[sending] service is missing: the https address at which readers leave with one click",
            hint="`publish subscribers serve` answers there: docs/sending.md",
        )
    if way == "smtp":
        smtp_transport(sending)


@contextmanager
def open_mailing(
    config: Config, published: PublishedNewsletter, list_: str, way: TransportName, outputs: Path
) -> Iterator[Mailing]:
    """Open the data folder for one sender of a published edition.

    Raises:
        ConfigError: The sender's address or the key is none, or the data folder lies where it must not.
        SendError: The published message cannot be sent, the database is not well, or another sender is at work.
    """
    sending = config.sending
    route = SenderIdentity(sender_domain(config.publisher), list_, sending.service, sending.mailto)
    template = parse_template(published.message, published.options.unsubscribe, route)
    bounces = sending.bounces or read_address(config.publisher.email)
    post = MessageFactory(template, route, bounces, sending.verp, load_signer(config))
    folder = open_data_dir(config, outputs)
    with folder.held(), open_database(folder) as store:
        yield Mailing(config, outputs_of(config, outputs), folder, store, list_, published, post, way)
