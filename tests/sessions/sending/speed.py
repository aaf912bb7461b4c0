"""How many messages a second, over one connection and over several, beside a bare loop of smtplib in the same run."""

from __future__ import annotations

import smtplib
import time
from functools import partial
from pathlib import Path

from pipeline import config, writers
from pipeline.sending.campaigns import Desk, open_desk
from pipeline.sending.edition import find_published
from tests.sessions.sending import projects
from tests.sessions.sending.postfix import DOMAIN, prepare

MESSAGES = 400
CONNECTIONS = (1, 4)
say = partial(print, "speed:", flush=True)


def prove(folder: Path) -> list[str]:
    """Send the same messages by a bare loop and by ours, and print both; nothing here can be wrong but a loss."""
    server = prepare(folder / "postfix")
    try:
        server.start()
        project = projects.make(folder, server.port)
        projects.subscribe(project, [f"laeser{number}@{DOMAIN}" for number in range(MESSAGES)])
        sent = [_ours(project, connections) for connections in CONNECTIONS]
        rate = _bare(server.port, (project / "outputs/newsletter/blog/ryg.eml").read_bytes())
        say(f"a bare loop of smtplib, one connection: {rate:.1f} messages a second")
    finally:
        server.stop()
    return [f"{MESSAGES - count} messages were not accepted" for count in sent if count != MESSAGES]


def _ours(project: Path, connections: int) -> int:
    from dataclasses import replace

    settings = config.load(project, writers.registered())
    settings = replace(settings, sending=replace(settings.sending, connections=connections))
    published = find_published(settings, projects.EDITION, project / "outputs", lambda _step, _done, _of: None)
    with open_desk(settings, published, projects.LIST, "smtp", project / "outputs") as desk:
        return _send(desk, connections)


def _send(desk: Desk, connections: int) -> int:
    with desk.store.transaction() as connection:
        connection.execute("DELETE FROM outbox")
    campaign = desk.queue(resend_doubtful=False)
    sender = desk.sender(campaign, lambda _more: None)
    stored, begun = desk.store.storing_s, time.monotonic()
    sender.send()
    seconds, stored = time.monotonic() - begun, desk.store.storing_s - stored
    working = seconds * connections
    ours = (sender.times.making_s + stored) / working
    say(
        f"{connections} connection(s): {MESSAGES / seconds:.1f} messages a second; of the time {ours:.0%} ours "
        f"({sender.times.making_s / working:.0%} composing, {stored / working:.0%} the outbox on disk), "
        f"{sender.times.talking_s / working:.0%} the server"
    )
    return campaign.counts()["accepted"]


def _bare(port: int, message: bytes) -> float:
    begun = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        for number in range(MESSAGES):
            smtp.sendmail("kontakt@klinik.example", [f"laeser{number}@{DOMAIN}"], message)
    return MESSAGES / (time.monotonic() - begun)
