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
MANY_REFUSALS = 3
"""So many are enough in a run in which the server accepts nothing."""


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
    _refusals: list[tuple[QueuedMessage, DeliveryOutcome]] = field(default_factory=list)
    """Since the server last accepted a message."""
    _has_accepted: bool = False
    _fault: Exception | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self) -> None:
        """Send until no message is left for this run, or until it is stopped.

        Raises:
            SendError: The mail server, the database or the disk failed; messages not tried stay queued.
        """
        throttle = SendThrottle(self.settings.rate)
        longest_s = self.settings.first_wait_s * 2 ** min(self.settings.attempts - 1, 30)
        due: float | None = 0.0
        while due is not None and not self.stop.is_set():
            self.campaign.make_due(due, longest_s)
            self._send_due(throttle)
            due = self.campaign.next_due(self.settings.attempts)
            self.stop.wait(min(max(0.0, (due or 0.0) - time.time()), longest_s))
        self._finish_refusals()
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
                    partial(self.campaign.mark_in_doubt, message), self.campaign.store.transaction(),
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
            self.campaign.accept(message, outcome.status)
            self._has_accepted = True
            if not self.stop.is_set():  # it may have refused too many by another connection
                self._save_refusals()
        elif outcome.verdict == "deferred":
            self.campaign.defer(message, outcome.status, self.settings.first_wait_s * 2**message.attempts)
        elif outcome.verdict == "refused":
            self._hold_refusal(message, outcome)
        if outcome.verdict != "deferred" or message.attempts + 1 >= self.settings.attempts:
            self.progress(1)

    def _hold_refusal(self, message: QueuedMessage, outcome: DeliveryOutcome) -> None:
        """Hold a refusal until the server accepts another message: until then it may refuse the sender.

        Raises:
            SendError: The server refuses the sender by name.
        """
        if outcome.stage == "sender":
            self.campaign.release(message)
            raise SendError(
                f"{self.settings.host} does not take mail from {self.factory.sender}: {outcome.reply}",
                hint="[sending] bounces, or [publisher] email, must be an address that this server sends for",
            )
        self.campaign.hold(message, outcome.status)
        with self._lock:
            self._refusals.append((message, outcome))
            if len(self._refusals) >= MAX_REFUSALS_IN_A_ROW:
                self.stop.set()

    def _save_refusals(self) -> None:
        with self._lock:
            refusals, self._refusals = self._refusals, []
        for message, outcome in refusals:
            self.campaign.refuse(message, outcome.status, is_unreachable=outcome.is_unreachable)

    def _finish_refusals(self) -> None:
        """Save the last refusals; queue their messages again where the run was stopped, or the server accepted none."""
        count, doubtful = len(self._refusals), sum(not outcome.is_unreachable for _, outcome in self._refusals)
        is_many = count >= MANY_REFUSALS and not self.campaign.counts()["accepted"]
        is_many |= doubtful >= MANY_REFUSALS and not self._has_accepted
        if count >= MAX_REFUSALS_IN_A_ROW or is_many:
            self._fault = self._fault or SendError(
                f"{self.settings.host} refused {count} messages in a row, the last with: {self._refusals[-1][1].reply}",
                hint="no reader is marked as refused or bounced, and all these messages are queued again; "
                "ask the operator of the mail server, then send the same edition again",
            )
        if not self._fault and not self.stop.is_set():
            self._save_refusals()
        for message, _ in self._refusals:
            self.campaign.release(message)
