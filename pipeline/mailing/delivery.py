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
"""A server that restarts is back within two minutes, or someone must look at it."""
POLL_S = 0.2
"""Windows lets no Ctrl-C through to a longer wait."""
MAX_REFUSALS_IN_A_ROW = 20
"""So many refusals are not about the readers."""


@dataclass(frozen=True, slots=True)
class MessageFactory:
    """What goes out, and from whom."""

    template: MessageTemplate
    route: SenderIdentity
    sender: str
    """Where bounces go."""
    verp: bool
    signer: DkimSigner | None

    def envelope_sender(self, mark: str) -> str:
        """Return where the bounce of one message goes."""
        if not self.verp:
            return self.sender
        local, _, domain = self.sender.rpartition("@")
        return f"{local}+{mark}@{domain}"

    def message(self, letter: QueuedMessage) -> bytes:
        """Return the message of one reader."""
        data = self.template.address(self.route, letter.address, letter.token, letter.mark, datetime.now(UTC))
        return self.signer.sign(data) if self.signer else data


@dataclass(slots=True)
class SendThrottle:
    """No more messages a minute than were asked for, over all connections."""

    rate: int
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, stop: threading.Event) -> None:
        """Wait for a turn."""
        if not self.rate:
            return
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + 60 / self.rate
        stop.wait(max(0.0, turn - time.monotonic()))


@dataclass(slots=True)
class CampaignSender:
    """Sends a campaign, over one or more connections."""

    campaign: Campaign
    post: MessageFactory
    settings: SendingSettings
    connect: Callable[[], Transport]
    progress: Callable[[int], None]
    """Is told of every letter that is settled for this run."""
    stop: threading.Event = field(default_factory=threading.Event)
    _claimed: list[QueuedMessage] = field(default_factory=list)
    _refused: int = 0
    _fault: Exception | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def send(self) -> None:
        """Send until nothing is left to be tried in this run, or until it is stopped.

        Raises:
            SendError: The mail server, the database or the disk gave up; what was not tried is queued, nothing is lost.
        """
        pace = SendThrottle(self.settings.rate)
        while not self.stop.is_set():
            self._send_due(pace)
            due = self.campaign.next_due(self.settings.attempts)
            if due is None:
                break
            self.stop.wait(max(0.0, due - time.time()))
        if self._fault:
            raise self._fault

    def _send_due(self, pace: SendThrottle) -> None:
        """Try every letter that is due now."""
        # No Thread.join here: in Python 3.11 and 3.12 a Ctrl-C within it counts the thread as ended while it still runs
        # (CPython, Thread._wait_for_tstate_lock), and the database would be closed under the message at hand.
        with ThreadPoolExecutor(self.settings.connections, thread_name_prefix="connection") as pool:
            works = [pool.submit(self._run_connection, pace) for _ in range(self.settings.connections)]
            try:
                while wait(works, timeout=POLL_S).not_done:
                    pass
            except BaseException:
                self.stop.set()  # each connection ends with the message it is at
                wait(works)
                raise

    def _run_connection(self, pace: SendThrottle) -> None:
        transport: Transport | None = None
        letter: QueuedMessage | None = None
        try:
            while not self.stop.is_set() and (letter := self._next()):
                if transport is None:
                    transport = self._open_transport()
                pace.wait(self.stop)
                if transport is None or self.stop.is_set():
                    break
                outcome = transport.deliver(
                    self.post.envelope_sender(letter.mark), letter.address, self.post.message(letter),
                    partial(self.campaign.mark_in_doubt, letter),
                )  # fmt: skip
                self._note(letter, outcome)
                letter = None
                if outcome.is_broken:
                    transport.close()
                    transport = None
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where the others have ended
            self._fault = self._fault or error
            self.stop.set()
        finally:
            if transport:
                transport.close()
            with suppress(PublishError):  # a database that is gone: the next run queues them again
                self._release_claimed(letter)

    def _next(self) -> QueuedMessage | None:
        with self._lock:
            if not self._claimed:
                self._claimed = list(reversed(self.campaign.claim()))
            return self._claimed.pop() if self._claimed else None

    def _release_claimed(self, letter: QueuedMessage | None) -> None:
        with self._lock:
            letters = [*self._claimed, *([letter] if letter else [])] if self.stop.is_set() else []
            self._claimed = [] if letters else self._claimed
        for each in letters:
            self.campaign.release(each)

    def _open_transport(self) -> Transport | None:
        transport = self.connect()
        for wait_s in (*RECONNECT_WAITS_S, None):
            try:
                transport.open()
            except OSError as error:
                if wait_s is None:
                    raise SendError(
                        f"{self.settings.host}:{self.settings.port} does not answer: {error}",
                        hint="what was sent is noted; type the same command again to go on",
                    ) from error
                if self.stop.wait(wait_s):
                    return None
            else:
                return transport
        return None

    def _note(self, letter: QueuedMessage, outcome: DeliveryOutcome) -> None:
        if outcome.verdict == "accepted":
            self._refused = 0
            self.campaign.accept(letter, outcome.status)
        elif outcome.verdict == "deferred":
            self.campaign.defer(letter, outcome.status, self.settings.first_wait_s * 2**letter.attempts)
        elif outcome.verdict == "refused":
            self._refuse(letter, outcome)
        if outcome.verdict != "deferred" or letter.attempts + 1 >= self.settings.attempts:
            self.progress(1)

    def _refuse(self, letter: QueuedMessage, outcome: DeliveryOutcome) -> None:
        """Note a refusal, unless the server refuses us and not this reader."""
        with self._lock:
            self._refused = 0 if outcome.is_unreachable else self._refused + 1
            many = self._refused if self._refused >= MAX_REFUSALS_IN_A_ROW else 0
        if outcome.stage == "sender":
            self.campaign.release(letter)
            raise SendError(
                f"{self.settings.host} does not take mail from {self.post.sender}: {outcome.status}",
                hint="[sending] bounces, or [publisher] email, must be an address that this server sends for",
            )
        self.campaign.refuse(letter, outcome.status, is_unreachable=outcome.is_unreachable)
        if many:
            raise SendError(
                f"{self.settings.host} refused {many} messages in a row, none for its reader: {outcome.status}",
                hint="ask whoever runs the mail server why; then send the same edition again",
            )
