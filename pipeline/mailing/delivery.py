"""Delivery of a campaign: claim queued messages, connect, send, record the outcome, until nothing is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from pipeline.config import SendingSettings
from pipeline.errors import PublishError, SendError
from pipeline.mailing.dkim_signing import DkimSigner
from pipeline.mailing.message_template import MessageTemplate, SenderIdentity
from pipeline.mailing.outbox import Campaign, QueuedMessage
from pipeline.mailing.transport import DeliveryOutcome, Transport

RECONNECT_WAITS_S = (0.5, 1, 2, 4, 8, 15, 30, 60)
"""Pauses between attempts to connect: a server that restarts is back within two minutes."""
POLL_S = 0.2
"""On Windows, Ctrl-C does not interrupt a longer wait."""
MAX_REFUSALS_IN_A_ROW = 20
"""After so many refusals in a row, the server refuses the sender and not single readers."""


@dataclass(frozen=True, slots=True)
class MessageFactory:
    template: MessageTemplate
    identity: SenderIdentity
    sender: str
    verp: bool
    signer: DkimSigner | None

    def envelope_sender(self, mark: str) -> str:
        if not self.verp:
            return self.sender
        local, _, domain = self.sender.rpartition("@")
        return f"{local}+{mark}@{domain}"

    def build(self, message: QueuedMessage) -> bytes:
        data = self.template.address(self.identity, message, datetime.now(UTC))
        return self.signer.sign(data) if self.signer else data


@dataclass(slots=True)
class SendThrottle:
    """Rate limiter in messages a minute, over all connections."""

    rate: int
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, stop: threading.Event) -> None:
        if not self.rate:
            return
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + 60 / self.rate
        stop.wait(max(0.0, turn - time.monotonic()))


@dataclass(slots=True)
class CampaignSender:
    campaign: Campaign
    factory: MessageFactory
    settings: SendingSettings
    connect: Callable[[], Transport]
    progress: Callable[[int], None]
    """Called with 1 for every message that is done in this run."""
    stop: threading.Event = field(default_factory=threading.Event)
    _claimed: list[QueuedMessage] = field(default_factory=list)
    _refused: int = 0
    _fault: Exception | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self) -> None:
        """Send until no message is left for this run, or until it is stopped.

        Raises:
            SendError: The mail server, the database or the disk failed; messages not tried stay queued.
        """
        throttle = SendThrottle(self.settings.rate)
        while not self.stop.is_set():
            self._send_due(throttle)
            due = self.campaign.next_due(self.settings.attempts)
            if due is None:
                break
            self.stop.wait(max(0.0, due - time.time()))
        if self._fault:
            raise self._fault

    def _send_due(self, throttle: SendThrottle) -> None:
        # No Thread.join here: in Python 3.11 and 3.12, Ctrl-C within it marks a running thread as ended (CPython,
        # Thread._wait_for_tstate_lock), and the database would be closed while a message is being sent.
        with ThreadPoolExecutor(self.settings.connections, thread_name_prefix="connection") as pool:
            works = [pool.submit(self._run_connection, throttle) for _ in range(self.settings.connections)]
            try:
                while wait(works, timeout=POLL_S).not_done:
                    pass
            except BaseException:
                self.stop.set()  # each connection ends after its present message
                wait(works)
                raise

    def _run_connection(self, throttle: SendThrottle) -> None:
        transport: Transport | None = None
        message: QueuedMessage | None = None
        try:
            while not self.stop.is_set() and (message := self._next()):
                if transport is None:
                    transport = self._open_transport()
                throttle.wait(self.stop)
                if transport is None or self.stop.is_set():
                    break
                outcome = transport.deliver(
                    self.factory.envelope_sender(message.mark), message.address, self.factory.build(message),
                    partial(self.campaign.mark_in_doubt, message),
                )  # fmt: skip
                self._record(message, outcome)
                message = None
                if outcome.is_broken:
                    transport.close()
                    transport = None
        except Exception as error:  # noqa: BLE001  # raised by send() after all connections have ended
            self._fault = self._fault or error
            self.stop.set()
        finally:
            if transport:
                transport.close()
            with suppress(PublishError):  # without a database, the next run queues them again
                self._release_claimed(message)

    def _next(self) -> QueuedMessage | None:
        with self._lock:
            if not self._claimed:
                self._claimed = list(reversed(self.campaign.claim()))
            return self._claimed.pop() if self._claimed else None

    def _release_claimed(self, message: QueuedMessage | None) -> None:
        if not self.stop.is_set():
            return
        with self._lock:
            messages, self._claimed = [*self._claimed, *([message] if message else [])], []
        for message in messages:
            self.campaign.release(message)

    def _open_transport(self) -> Transport | None:
        transport = self.connect()
        for wait_s in (*RECONNECT_WAITS_S, None):
            try:
                transport.open()
            except OSError as error:
                if wait_s is None:
                    raise SendError(
                        f"{self.settings.host}:{self.settings.port} does not answer: {error}",
                        hint="what was sent is recorded; repeat the command to continue",
                    ) from error
                if self.stop.wait(wait_s):
                    return None
            else:
                return transport
        return None

    def _record(self, message: QueuedMessage, outcome: DeliveryOutcome) -> None:
        if outcome.verdict == "accepted":
            self._refused = 0
            self.campaign.accept(message, outcome.status)
        elif outcome.verdict == "deferred":
            self.campaign.defer(message, outcome.status, self.settings.first_wait_s * 2**message.attempts)
        elif outcome.verdict == "refused":
            self._refuse(message, outcome)
        if outcome.verdict != "deferred" or message.attempts + 1 >= self.settings.attempts:
            self.progress(1)

    def _refuse(self, message: QueuedMessage, outcome: DeliveryOutcome) -> None:
        """Save a refusal.

        Raises:
            SendError: The server refuses the sender, not this reader.
        """
        with self._lock:
            self._refused = 0 if outcome.is_unreachable else self._refused + 1
            many = self._refused if self._refused >= MAX_REFUSALS_IN_A_ROW else 0
        if outcome.stage == "sender":
            self.campaign.release(message)
            raise SendError(
                f"{self.settings.host} does not take mail from {self.factory.sender}: {outcome.status}",
                hint="[sending] bounces, or [publisher] email, must be an address that this server sends for",
            )
        self.campaign.refuse(message, outcome.status, is_unreachable=outcome.is_unreachable)
        if many:
            raise SendError(
                f"{self.settings.host} refused {many} messages in a row, none because of its address: {outcome.status}",
                hint="ask the operator of the mail server; then send the same edition again",
            )
