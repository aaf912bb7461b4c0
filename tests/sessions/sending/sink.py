"""A mail server in trouble: it keeps what it takes, and errs at random from a seed, in every way that SMTP allows.

It answers 4xx and 5xx with and without enhanced codes, answers late, in pieces and twice, cuts the line at every step,
and does not offer STARTTLS. What it refused, and whom, is noted beside the copies.
"""

from __future__ import annotations

import random
import socketserver
import ssl
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

FAULTS: dict[str, dict[str, float]] = {
    "connect": {"421 4.3.2 too busy": 0.01, "strip": 0.02},
    "MAIL": {"421 4.3.2 closing": 0.003, "451 4.3.0 local error": 0.004, "452 4.3.1 no space": 0.003, "cut": 0.003,
             "twice": 0.003},
    "RCPT": {"450 4.2.0 greylisted": 0.01, "451 4.7.1 later": 0.005, "452 too many": 0.003, "421 bye": 0.002,
             "550 5.1.1 no such user": 0.004, "550 relay not permitted": 0.004, "550 mailbox unavailable": 0.002,
             "552 5.2.2 full": 0.003, "554 5.7.1 policy": 0.003, "cut": 0.003, "twice": 0.004,
             "550 5.1.1 no such user\r\n550 5.1.1 no such user": 0.003},
    "DATA": {"451 4.3.0 not now": 0.003, "421 4.3.2 closing": 0.003, "554 5.5.0 no": 0.002, "cut": 0.003,
             "twice": 0.003},
    "content": {"cut": 0.003, "keep and cut": 0.005, "keep, late": 0.002, "keep, in pieces": 0.01, "keep, twice": 0.005,
                "450 4.3.0 again": 0.003, "452 4.3.1 space": 0.003, "552 5.3.4 too big": 0.002,
                "554 5.7.1 spam": 0.003, "451 4.3.0 again\r\n451 4.3.0 again": 0.003},
    "RSET": {"cut": 0.003, "twice": 0.01},
}  # fmt: skip
"""For each step, how likely each fault is."""
_ORDINARY = {"MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go", "RSET": "250 2.0.0 ok"}


@dataclass(frozen=True, slots=True)
class Copy:
    sender: str
    recipient: str
    data: bytes
    begun: float
    """When the command DATA was read, by the monotonic clock."""


@dataclass(slots=True)
class Sink:
    rng: random.Random
    context: ssl.SSLContext
    late_s: float
    """Longer than the sender waits for an answer."""
    told: Callable[[str], None] = lambda _recipient: None
    """Called with each recipient before RCPT is answered."""
    is_calm: bool = True
    copies: list[Copy] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    refused: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By recipient: every refusal for good."""
    in_the_clear: int = 0
    """Senders that were named without encryption."""
    _server: socketserver.ThreadingTCPServer | None = None

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.server_address[1])

    def start(self) -> None:
        sink = self

        class Connection(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                session = _Session(sink, self.request)
                with suppress(OSError, ValueError):
                    session.talk()
                session.connection.close()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 100

        self._server = Server(("127.0.0.1", 0), Connection)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def draw(self, step: str) -> str:
        """Return the fault of a step; mostly none."""
        if self.is_calm:
            return ""
        at = self.rng.random()
        for fault, chance in FAULTS[step].items():
            if at < chance:
                self.faults[f"{step}: {fault.splitlines()[0]}{' twice' if chr(10) in fault else ''}"] += 1
                return fault
            at -= chance
        return ""


class _Session:
    """One connection."""

    def __init__(self, sink: Sink, connection: ssl.SSLSocket) -> None:
        self.sink = sink
        self.connection = connection
        self.file: BinaryIO = connection.makefile("rb")
        self.is_encrypted = False
        self.sender = self.recipient = ""

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def talk(self) -> None:
        fault = self.sink.draw("connect")
        if fault.startswith("421"):
            self.say(fault)
            return
        self.say("220 sink ESMTP")
        while line := self.file.readline():
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            verb = verb.upper()
            if verb == "EHLO":
                is_offered = not self.is_encrypted and fault != "strip"
                self.say("250-sink", *(["250-STARTTLS"] if is_offered else []), "250 ENHANCEDSTATUSCODES")
            elif verb == "STARTTLS":
                self.say("220 go ahead")
                self.connection = self.sink.context.wrap_socket(self.connection, server_side=True)
                self.file, self.is_encrypted = self.connection.makefile("rb"), True
            elif verb == "QUIT":
                self.say("221 bye")
                return
            elif verb not in _ORDINARY:
                self.say("502 5.5.1 unknown")
            elif not self.step(verb, rest.partition("<")[2].partition(">")[0]):
                return

    def step(self, verb: str, address: str) -> bool:
        """Answer a command; False closes the connection."""
        begun = time.monotonic()
        if verb == "MAIL":
            self.sender, self.recipient = address, ""
            self.sink.in_the_clear += not self.is_encrypted
        elif verb == "RCPT":
            self.recipient = address
            self.sink.told(address)
        elif verb == "DATA" and not self.recipient:
            self.say("503 5.5.1 no recipient")
            return True
        fault = self.sink.draw(verb)
        if fault in ("", "twice"):
            self.say(*[_ORDINARY[verb]] * (2 if fault else 1))
            return verb != "DATA" or self.content(begun)
        return self.fail(fault, verb)

    def fail(self, fault: str, verb: str) -> bool:
        if fault == "cut":
            return False
        if fault.startswith("5"):
            self.sink.refused[self.recipient].add(fault.splitlines()[0])
        if verb == "RCPT":
            self.recipient = ""
        self.say(fault)
        return not fault.startswith("421")

    def content(self, begun: float) -> bool:
        data = bytearray()
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                return False  # cut within the content: nothing is kept
            data += line.removeprefix(b".")
        fault = self.sink.draw("content")
        recipient, self.recipient = self.recipient, ""
        if fault and not fault.startswith("keep"):
            self.recipient = recipient
            return self.fail(fault, "content")
        self.sink.copies.append(Copy(self.sender, recipient, bytes(data), begun))
        if fault == "keep, late":
            time.sleep(self.sink.late_s)
        elif fault == "keep, in pieces":
            for piece in ("250-2.0.0 qu", "eued\r\n25", "0 2.0.0 as 12"):
                self.connection.sendall(piece.encode())
                time.sleep(0.002)
        if fault != "keep and cut":
            self.say(*["250 2.0.0 queued"] * (2 if fault == "keep, twice" else 1))
        return fault != "keep and cut"
