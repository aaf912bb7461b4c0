"""Forgetting while the service runs: no file holds the address, and a list that brings it back mails no one twice."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

from tests.sessions.sending import projects
from tests.sessions.sending.clicks import free_port, wait_for

READERS = 200
say = partial(print, "forgetting:", flush=True)


def prove(folder: Path) -> list[str]:
    """Send to a list, forget one of its readers with the pages being served, search every file, and send again."""
    project = projects.make(folder, 25)
    addresses = [f"laeser{number}@laesere.example" for number in range(READERS)]
    gone = addresses[77]
    projects.subscribe(project, addresses)
    trial = ("send", projects.EDITION, "--list", projects.LIST, "--transport", "file", "--confirm")
    projects.publish(*trial, cwd=project)
    port = free_port()
    command = projects.command("subscribers", "serve", "--port", str(port), "--transport", "file")
    service = subprocess.Popen(command, cwd=project, env=projects.environment())
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        projects.publish("subscribers", "forget", gone, cwd=project)
        (folder / "list.csv").unlink()  # the operator's own
        files = [path for path in folder.rglob("*") if path.is_file()]
        traces = [path for path in files if gone.encode() in path.read_bytes().lower()]
    finally:
        service.terminate()
        service.wait(30)
    kept = len(list((folder / "data/trials").rglob("*.eml")))
    projects.subscribe(project, [gone])  # an old list, with the consent that was given then
    projects.publish(*trial, cwd=project)
    sent = len(list((folder / "data/trials").rglob("*.eml"))) - kept
    say(f"{len(files)} files searched while the pages were served: {len(traces)} hold the address")
    say(f"{kept} trials of {READERS} left; brought in and sent to again: {sent} more")
    return [*(f"{path} holds the address" for path in traces), *(["mailed twice"] if sent else [])]
