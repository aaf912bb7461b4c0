"""Faults on the wire between a sender and a real mail server, drawn at random from a seed.

A proxy passes every byte on, but for some messages it answers 421, 450 or 451 in the server's place, or cuts the
connection: before DATA, after DATA with the content withheld from the server, or after the server has taken the message
and before the sender hears of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from dataclasses import dataclass, field

END = b"\r\n.\r\n"
CHANCES = {
    "421": 0.004, "450": 0.01, "451": 0.01, "cut before DATA": 0.004, "cut in DATA": 0.004, "cut after 250": 0.004,
}  # fmt: skip
"""For each message, how likely each fault is."""


@dataclass(slots=True)
class Proxy:
    """A proxy in a thread of its own."""

    server_port: int
    rng: random.Random
    port: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    passed: int = 0
    """Messages whose content the server was given whole."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def start(self) -> None:
        """Listen, on a port that the system chooses."""
        ready = threading.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=1 << 20)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await asyncio.Event().wait()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            with contextlib.suppress(RuntimeError):  # the loop is stopped from outside
                self._loop.run_until_complete(serve())

        threading.Thread(target=run, daemon=True).start()
        ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _meet(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        try:
            server, commands = await asyncio.open_connection("127.0.0.1", self.server_port, limit=1 << 20)
        except OSError:
            answers.transport.abort()
            return
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            answers.write(await _reply(server))
            await self._talk(client, answers, server, commands)
        for writer in (answers, commands):
            writer.transport.abort()

    async def _talk(
        self,
        client: asyncio.StreamReader,
        answers: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        commands: asyncio.StreamWriter,
    ) -> None:
        fault = ""
        while line := await client.readline():
            verb = line[:4].upper()
            if verb == b"MAIL":
                fault = self._draw()
            if (verb == b"RCPT" and fault in ("450", "451")) or (verb == b"DATA" and fault == "421"):
                self.faults[fault] += 1
                answers.write(f"{fault} 4.3.0 not now\r\n".encode())
                if fault == "421":
                    await answers.drain()
                    return
                fault = ""
                continue
            if verb == b"DATA" and fault == "cut before DATA":
                self.faults[fault] += 1
                return
            commands.write(line)
            reply = await _reply(server)
            if verb == b"DATA" and reply.startswith(b"354"):
                answers.write(reply)
                content = await client.readuntil(END)
                if fault == "cut in DATA":
                    self.faults[fault] += 1
                    commands.write(content[: len(content) // 2])
                    return
                commands.write(content)
                reply = await _reply(server)
                self.passed += 1
                if fault == "cut after 250":
                    self.faults[fault] += 1
                    return
            answers.write(reply)
            await answers.drain()

    def _draw(self) -> str:
        at = self.rng.random()
        for fault, chance in CHANCES.items():
            if at < chance:
                return fault
            at -= chance
        return ""


async def _reply(server: asyncio.StreamReader) -> bytes:
    """Return a whole reply: its last line has no hyphen after the code (RFC 5321, 4.2.1)."""
    lines = b""
    while True:
        line = await server.readuntil(b"\n")
        lines += line
        if line[3:4] != b"-":
            return lines
