"""Prove the sending on real servers: `nox -s sending`, with `--only crashes` for one proof."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.sessions.sending import clicks, crashes, forgetting, lists, signatures, speed, troubles

PROOFS = ("crashes", "troubles", "speed", "signatures", "clicks", "lists", "forgetting")


def main() -> int:
    """Run the proofs, print their figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="nox -s sending --")
    parser.add_argument("--only", choices=PROOFS, help="one proof")
    parser.add_argument("--shots", type=Path, help="a folder for pictures of the pages")
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=40, help="of the sender, in `troubles`")
    parser.add_argument("--seed", type=int, default=20261124)
    arguments = parser.parse_args()
    proofs: dict[str, Callable[[Path], list[str]]] = {
        "crashes": lambda folder: crashes.prove(folder, arguments.readers, arguments.seed),
        "troubles": lambda folder: troubles.prove(folder, arguments.readers, arguments.kills, arguments.seed),
        "speed": speed.prove,
        "signatures": signatures.prove,
        "clicks": lambda folder: clicks.prove(folder, arguments.shots),
        "lists": lists.prove,
        "forgetting": forgetting.prove,
    }
    wrong: list[str] = []
    for name in (arguments.only,) if arguments.only else PROOFS:
        # Postfix's sockets need a short path that it may walk: nox's own folder lies deep, and may lie in a home.
        with tempfile.TemporaryDirectory(prefix="sending-") as folder:
            begun = time.monotonic()
            wrong += proofs[name](Path(folder))
            print(f"{name}: proven in {time.monotonic() - begun:.0f} s", flush=True)  # noqa: T201
    for line in wrong:
        print(f"WRONG: {line}")  # noqa: T201
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
