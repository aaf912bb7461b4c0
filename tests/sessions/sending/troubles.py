"""Ten thousand readers, a sender that is killed, a server in trouble, readers who leave meanwhile: who has what?"""

from __future__ import annotations

import os
import queue
import quopri
import random
import re
import signal
import sqlite3
import ssl
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import trustme

from tests.sessions.sending import projects
from tests.sessions.sending.clicks import free_port, wait_for
from tests.sessions.sending.sink import Copy, Sink

DOMAIN = "laesere.example"
LEAVING = 0.04
"""How likely a reader leaves while the server hears of the mail to them."""
TIMEOUT_S = 3
IN_SOCKET_S = 0.05
"""As long may the command DATA lie in the socket before the sink reads it."""
MAX_RUNS = 400
say = partial(print, "troubles:", flush=True)
_TOKEN = re.compile(rb"/u/([A-Za-z0-9_-]{22})")


@dataclass(slots=True)
class Leaving:
    """A reader's click on the personal link, in a thread of its own, and when the service answered it."""

    service: str
    tokens: dict[str, str]
    rng: random.Random
    answered: dict[str, float] = field(default_factory=dict)
    failed: int = 0
    _asked: queue.Queue[str] = field(default_factory=queue.Queue)
    _chosen: set[str] = field(default_factory=set)

    def start(self) -> None:
        for _ in range(2):
            threading.Thread(target=self._click, daemon=True).start()

    def draw(self, recipient: str) -> None:
        """Let some readers leave: those whose mail is being sent, and others at the same time."""
        if recipient in self.tokens and self.rng.random() < LEAVING:
            for address in {recipient, self.rng.choice(tuple(self.tokens))} - self._chosen:
                self._chosen.add(address)
                self._asked.put(address)

    def settle(self) -> None:
        """Wait until the service has answered all."""
        deadline = time.monotonic() + 60
        while len(self.answered) + self.failed < len(self._chosen) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _click(self) -> None:
        with httpx.Client(timeout=30) as client:
            while True:
                address = self._asked.get()
                form = {"List-Unsubscribe": "One-Click"}
                answer = client.post(f"{self.service}/u/{self.tokens[address]}", data=form)
                if answer.status_code == 200:
                    self.answered[address] = time.monotonic()
                else:
                    self.failed += 1


def prove(folder: Path, readers: int, kills: int, seed: int) -> list[str]:
    """Send through every fault, compare what was kept with what the sender says, and return what is wrong."""
    rng = random.Random(seed)  # noqa: S311  # faults are not secrets
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    os.environ["SSL_CERT_FILE"] = str(folder / "authority.pem")
    sink = Sink(rng, context, TIMEOUT_S * 2)
    sink.start()
    project = projects.make(folder, sink.port, f"timeout_s = {TIMEOUT_S}", security="starttls")
    addresses = [f"laeser{number}@{DOMAIN}" for number in range(readers)]
    projects.subscribe(project, addresses)
    projects.publish("send", projects.EDITION, "--list", projects.LIST, "--test", f"proeve@{DOMAIN}", cwd=project)
    sink.copies.clear()
    port = free_port()
    command = projects.command("subscribers", "serve", "--port", str(port), "--transport", "file")
    service = subprocess.Popen(command, cwd=project, env=projects.environment())
    begun = time.monotonic()
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        tokens: dict[str, str] = dict(_rows(project, "SELECT address, token FROM subscribers"))
        leaving = Leaving(f"http://127.0.0.1:{port}", tokens, rng)
        leaving.start()
        sink.told, sink.is_calm = leaving.draw, False
        runs = _campaign(project, sink, kills, rng)
        leaving.settle()
    finally:
        service.terminate()
        service.wait(30)
        sink.stop()
    say(f"{readers} readers, {runs} runs of the sender, {kills} killed, {time.monotonic() - begun:.0f} s")
    say(f"faults of the server: {dict(sorted(sink.faults.items()))}")
    return _judge(project, sink, leaving)


def _campaign(project: Path, sink: Sink, kills: int, rng: random.Random) -> int:
    """Run the sender until nothing is left to send, kill it on the way, and return how many runs that took."""
    share = len(_rows(project, "SELECT person FROM subscribers")) / (kills + 2)
    log = project.parent / "sender.log"
    for run in range(1, MAX_RUNS):
        target = len(sink.copies) + rng.randint(int(share * 0.4), int(share * 1.1))
        with log.open("a") as output:
            process = subprocess.Popen(
                projects.command("send", projects.EDITION, "--list", projects.LIST, "--confirm", "--connections", "3"),
                cwd=project, env=projects.environment(), stdout=output, stderr=output,
            )  # fmt: skip
            while process.poll() is None:
                if kills and len(sink.copies) >= target:
                    time.sleep(rng.random() * 0.02)
                    process.kill()
                    process.wait()
                    kills -= 1
                time.sleep(0.002)
        if process.returncode not in (0, 1, 2, -signal.SIGKILL):
            raise RuntimeError(f"the sender ended with {process.returncode}: {log.read_text()[-2000:]}")
        states = {state for (state,) in _rows(project, "SELECT DISTINCT state FROM outbox")}
        if process.returncode in (0, 1) and not states & {"queued", "claimed", "deferred"}:
            if kills:
                raise RuntimeError(f"the sender was done before {kills} kills")
            return run
    raise RuntimeError(f"not done after {MAX_RUNS} runs: {log.read_text()[-2000:]}")


def _judge(project: Path, sink: Sink, leaving: Leaving) -> list[str]:
    copies = Counter(copy.recipient for copy in sink.copies)
    status = projects.publish(
        "send", projects.EDITION, "--list", projects.LIST, "--status", "--language", "en", cwd=project
    ).stdout
    named = re.compile(rf"laeser\d+@{DOMAIN}")
    doubtful = set(named.findall(status.partition("No one knows")[2].partition("\n\n")[0]))
    refused = set(named.findall(status.partition("refused these for good")[2].partition("\n\n")[0]))
    bounced = {row[0] for row in _rows(project, "SELECT address FROM subscribers WHERE bounced_on IS NOT NULL")}
    left = {row[0] for row in _rows(project, "SELECT address FROM subscribers WHERE unsubscribed_on IS NOT NULL")}
    missing = set(leaving.tokens) - set(copies)
    twice = {address for address, count in copies.items() if count > 1}
    gone = {address for address, told in sink.refused.items() if any("5.1.1" in each for each in told)}
    after = {
        copy.recipient
        for copy in sink.copies
        if copy.begun > leaving.answered.get(copy.recipient, float("inf")) + IN_SOCKET_S
    }
    foreign = {copy.recipient for copy in sink.copies if not _is_personal(copy, leaving.tokens)}
    wrong = {
        "lost": missing - doubtful - left - (refused & set(sink.refused)),
        "unnamed doubles": twice - doubtful,
        "mails after leaving": after,
        "wrong personal links": foreign,
        "refused, and have it": refused & set(copies),
        "suppressed without the server's word": bounced - gone,
        "answered as left, and on the list": set(leaving.answered) - left,
        "not on the list": set(copies) - set(leaving.tokens),
    }
    say(f"{sum(copies.values())} copies for {len(copies)} readers; {len(left)} left meanwhile, {len(refused)} refused, "
        f"{len(bounced)} suppressed, {len(doubtful)} in doubt by name, {len(twice)} doubles")  # fmt: skip
    say(", ".join(f"{name}: {len(found)}" for name, found in wrong.items()))
    say(f"senders named without encryption: {sink.in_the_clear}; clicks that failed: {leaving.failed}")
    return [
        *(f"{name}: {', '.join(sorted(found)[:20])}" for name, found in wrong.items() if found),
        *(["mail was sent without encryption"] if sink.in_the_clear else []),
        *([f"{leaving.failed} clicks were not answered"] if leaving.failed else []),
    ]


def _is_personal(copy: Copy, tokens: dict[str, str]) -> bool:
    """Tell whether a copy names its reader alone: in To, and by the token in the headers, the text and the HTML."""
    head, _, body = copy.data.partition(b"\r\n\r\n")
    token = tokens.get(copy.recipient, "").encode()
    found = _TOKEN.findall(quopri.decodestring(body))
    return (
        f"\r\nTo: {copy.recipient}\r\n".encode() in b"\r\n" + head + b"\r\n"
        and _TOKEN.findall(head) == [token]
        and re.findall(rb"unsubscribe%20([A-Za-z0-9_-]{22})", head) == [token]
        and found == [token, token]
    )


def _rows(project: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(project.parent / "data/sending.sqlite3", timeout=30)) as connection:
        return connection.execute(query).fetchall()
