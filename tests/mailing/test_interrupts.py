"""Ctrl-C, and what stops a service, in the middle of a campaign: the real command and a real server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pipeline.config import SendingSettings
from tests.mailing.conftest import Post
from tests.mailing.test_commands import LIST, SENDING, run
from tests.makers import PUBLISH_TOML, write

READERS = tuple(f"laeser{number}@klinik.dk" for number in range(30))
SEND = ("send", "blog/ryg", "--list", "nyt", "--confirm")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_with_the_message_at_hand_and_the_same_command_goes_on(
    copy_of_published: Path, server: SendingSettings, post: Post, stop: signal.Signals
) -> None:
    project = copy_of_published
    write(
        project / "publish.toml",
        PUBLISH_TOML + SENDING + f'host = "{server.host}"\nport = {server.port}\nsecurity = "none"\n',
    )
    write(project / "list.csv", LIST + "".join(f"{address};2026-01-02;v1;kort\n" for address in READERS))
    run(project, "subscribers", "import", "list.csv", "--list", "nyt")
    assert run(project, "send", "blog/ryg", "--list", "nyt", "--test", "proeve@klinik.dk").code == 0
    post.answer = lambda at, _address: time.sleep(0.1) if at == "DATA" else None

    sender = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *SEND],
        cwd=project,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/nowhere"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while len(post.taken) < 5 and sender.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    sender.send_signal(stop)
    out, err = sender.communicate(timeout=120)
    stopped = Counter(recipient for _, recipient, _ in post.taken)
    again = run(project, *SEND)

    assert sender.returncode == 130, out + err
    assert "Stopped. What was sent is recorded" in err
    assert "Traceback" not in err
    assert re.search(rf"Modtaget af mailserveren +{len(stopped) - 1}\n +Uvist +0\n", out), (stopped, out)
    assert 5 <= len(stopped) < len(READERS)
    assert again.code == 0, again.out + again.err
    assert Counter(recipient for _, recipient, _ in post.taken) == Counter((*READERS, "proeve@klinik.dk"))
