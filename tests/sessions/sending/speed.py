"""How many messages a second, over one connection and over several, beside a bare loop of smtplib in the same run."""

from __future__ import annotations

import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from pipeline import config, writers
from pipeline.mailing.delivery import MessageFactory
from pipeline.mailing.outbox import Campaign
from pipeline.mailing.preflight import find_published
from pipeline.mailing.send_flow import Mailing, open_mailing
from pipeline.mailing.transport import SmtpTransport
from tests.sessions.sending import projects
from tests.sessions.sending.postfix import DOMAIN, prepare

MESSAGES = 300
CONNECTIONS = (1, 4)
ROUNDS = 3
"""Each way in turn, so that what others do on this machine meets all of them."""
say = partial(print, "speed:", flush=True)


@dataclass(frozen=True, slots=True)
class Measured:
    """Messages a second, and the shares of the time."""

    rate: float
    composing: float
    storing: float
    talking: float
    accepted: int


def prove(folder: Path) -> list[str]:
    """Send the same messages by a bare loop and by ours, and print both; nothing here can be wrong but a loss."""
    server = prepare(folder / "postfix")
    ours: dict[int, list[Measured]] = {connections: [] for connections in CONNECTIONS}
    bare: list[float] = []
    try:
        server.start()
        project = projects.make(folder, server.port)
        projects.subscribe(project, [f"laeser{number}@{DOMAIN}" for number in range(MESSAGES)])
        message = (project / "outputs/newsletter/blog/ryg.eml").read_bytes()
        for _ in range(ROUNDS):
            for connections, measured in ours.items():
                measured.append(_ours(project, connections))
            bare.append(_bare(server.port, message))
    finally:
        server.stop()
    say(f"medians of {ROUNDS} rounds of {MESSAGES} messages; a bare loop of smtplib: {median(bare):.1f} a second")
    for connections, measured in ours.items():
        _tell(connections, measured, bare)
    accepted = [each.accepted for measured in ours.values() for each in measured]
    return [f"{MESSAGES - count} messages were not accepted" for count in accepted if count != MESSAGES]


def _tell(connections: int, measured: list[Measured], bare: list[float]) -> None:
    composing, storing, talking = (
        median(getattr(each, name) for each in measured) for name in ("composing", "storing", "talking")
    )
    beside = median(each.rate / loop for each, loop in zip(measured, bare, strict=True))
    say(
        f"{connections} connection(s): {median(each.rate for each in measured):.1f} messages a second, {beside:.2f} of "
        f"the bare loop; of the time {talking:.0%} the server, {1 - talking:.0%} ours ({composing:.0%} composing, "
        f"{storing:.0%} the outbox on disk, the rest waiting for one another)"
    )


def _ours(project: Path, connections: int) -> Measured:
    settings = config.load_config(project, writers.installed_writers())
    settings = replace(settings, sending=replace(settings.sending, connections=connections))
    published = find_published(settings, projects.EDITION, project / "outputs", lambda _step, _done, _of: None)
    with open_mailing(settings, published, projects.LIST, "smtp", project / "outputs") as mailing:
        return _send(mailing, connections)


def _send(mailing: Mailing, connections: int) -> Measured:
    with mailing.store.transaction() as connection:
        connection.execute("DELETE FROM outbox")
    campaign = mailing.queue(resend_doubtful=False)
    sender = mailing.sender(campaign, lambda _more: None)
    with _timed() as spent:
        begun = time.monotonic()
        sender.send()
        seconds = time.monotonic() - begun
    working, storing = seconds * connections, spent["claim"] + spent["mark_in_doubt"] + spent["accept"]
    # A message is noted as in doubt within its delivery.
    shares = (spent["build"] / working, storing / working, (spent["deliver"] - spent["mark_in_doubt"]) / working)
    return Measured(MESSAGES / seconds, *shares, campaign.counts()["accepted"])


@contextmanager
def _timed() -> Iterator[Counter[str]]:
    """Yield the seconds that each step takes, over all connections, by the name of its function."""
    spent: Counter[str] = Counter()
    lock = threading.Lock()

    def timing(function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                with lock:
                    spent[function.__name__] += time.perf_counter() - begun  # type: ignore[assignment]  # seconds

        return timed

    steps = (
        (MessageFactory, "build"),
        (SmtpTransport, "deliver"),
        (Campaign, "claim"),
        (Campaign, "mark_in_doubt"),
        (Campaign, "accept"),
    )
    with ExitStack() as stack:
        for owner, name in steps:
            stack.enter_context(patch.object(owner, name, timing(getattr(owner, name))))
        yield spent


def _bare(port: int, message: bytes) -> float:
    begun = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        for number in range(MESSAGES):
            smtp.sendmail("kontakt@klinik.example", [f"laeser{number}@{DOMAIN}"], message)
    return MESSAGES / (time.monotonic() - begun)
