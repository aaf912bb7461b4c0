"""Ten thousand readers, a sender that is killed, a server that restarts, a line that breaks: who has what?"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

from tests.sessions.sending import projects
from tests.sessions.sending.faults import Proxy
from tests.sessions.sending.postfix import DOMAIN, Postfix, prepare

KILLS, RESTARTS = 20, 5
BOUND_S = 1800
say = partial(print, "crashes:", flush=True)


def prove(folder: Path, readers: int, seed: int) -> list[str]:
    """Send to readers through every fault, count in the Maildir, print what was found, and return what is wrong."""
    rng = random.Random(seed)  # noqa: S311  # faults are not secrets
    server = prepare(folder / "postfix")
    proxy = Proxy(server.port, rng)
    begun = time.monotonic()
    try:
        server.start()
        proxy.start()
        project = projects.make(folder, proxy.port)
        addresses = [f"laeser{number}@{DOMAIN}" for number in range(readers)]
        projects.subscribe(project, addresses)
        projects.publish("send", projects.EDITION, "--list", projects.LIST, "--test", f"proeve@{DOMAIN}", cwd=project)
        runs = _campaign(project, server, proxy, readers, rng)
        server.settle(300)
        copies = server.recipients()
    finally:
        proxy.stop()
        server.stop()
    copies.pop(f"proeve@{DOMAIN}", None)
    status = projects.publish(
        "send", projects.EDITION, "--list", projects.LIST, "--status", "--language", "en", cwd=project
    )
    doubtful = set(re.findall(rf"laeser\d+@{DOMAIN}", _section(status.stdout, "No one knows")))
    twice = [address for address, count in copies.items() if count > 1]
    missing = [address for address in addresses if address not in copies]
    unlisted = [address for address in missing if address not in doubtful]
    seconds = time.monotonic() - begun
    say(f"{readers} readers, {runs} runs of the sender, {KILLS} killed, {RESTARTS} restarts of Postfix")
    say(f"faults on the line: {dict(proxy.faults)}")
    say(f"in the Maildir {sum(copies.values())} copies for {len(copies)} readers; duplicates {len(twice)}")
    say(f"in doubt, by name {len(doubtful)}; without a copy {len(missing)}, of them not named {len(unlisted)}")
    say(f"{seconds:.0f} s in all, bound {BOUND_S} s")
    return [
        *(f"{address} has {copies[address]} copies" for address in twice),
        *(f"{address} has none, and is not named as in doubt" for address in unlisted),
        *(f"{address} is not on the list" for address in copies if address not in set(addresses)),
        *([f"took {seconds:.0f} s"] if seconds > BOUND_S else []),
    ]


def _campaign(project: Path, server: Postfix, proxy: Proxy, readers: int, rng: random.Random) -> int:
    """Run the sender until it ends by itself, kill it and restart the server on the way, and return how many runs."""
    kills, restarts, runs = KILLS, RESTARTS, 0
    deadline = time.monotonic() + BOUND_S
    while True:
        runs += 1
        share = readers / (KILLS + 2)
        target = proxy.passed + rng.randint(int(share * 0.4), int(share * 1.2))
        log = (project.parent / "sender.log").open("a")
        process = subprocess.Popen(
            projects.command("send", projects.EDITION, "--list", projects.LIST, "--confirm", "--connections", "2"),
            cwd=project, env=projects.environment(), stdout=log, stderr=log,
        )  # fmt: skip
        will_restart = restarts > 0 and runs % 4 == 2  # the 2nd, 6th, 10th, 14th and 18th
        halfway = (proxy.passed + target) // 2
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"not done within {BOUND_S} s: {proxy.passed} messages have passed")
            if will_restart and proxy.passed >= halfway:
                server.stop()
                server.start()
                restarts, will_restart = restarts - 1, False
            if kills and not will_restart and proxy.passed >= target:
                time.sleep(rng.random() * 0.02)
                process.kill()
                process.wait()
                kills -= 1
            time.sleep(0.002)
        if process.returncode != -signal.SIGKILL:
            if kills or restarts or process.returncode not in (0, 1):
                raise RuntimeError(
                    f"the sender ended with {process.returncode}; {kills} kills, {restarts} restarts left"
                )
            return runs


def _section(report: str, heading: str) -> str:
    """Return the lines below a heading of the report."""
    return report.partition(heading)[2].partition("\n\n")[0]
