"""Fuzz every target for so many seconds: `python -m tests.sessions.fuzz [--seconds 60] [--target NAME ...]`.

Finds are laid into FINDS; once mended, they become seeds, in `seeds/`, and the ordinary tests try every seed.
"""

# ruff: noqa: T201  # a session says what it saw

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.sessions.fuzz.targets import TARGETS, attempt

SEEDS = Path(__file__).parent / "seeds"
_PIECES = (
    "---\n", "title: ", "published: ", "31-02-2025", "[^1]", "[^1]: ", "![", "](", "::: {.tip}\n", ":::\n", "```\n",
    "> ", "- ", "1. ", "| a | b |\n", "|-|-|\n", "**", "*", "_", "<div>", "</div>", "<!--", "-->", "{.x}", "\t", "\r\n",
    "\u202e", "a\u0301", "&amp;", "<svg xmlns='http://www.w3.org/2000/svg'>", "<use href='#a'/>", "</svg>", "# ",
    "~~~\n", "\\", "\n\n", "- ~~~\n",
    "address;consent_date;consent_wording;consent_source\n", "anna@klinik.example;", "2026-03-02;", ";", '"',
    "Content-Type: message/rfc822\n\n", "Content-Type: multipart/report; boundary=b\n\n", "--b\n",
    "Content-Type: message/delivery-status\n\n", "Status: 5.1.1\n", "Action: failed\n", "Subject: =?utf-8?b?/w==?=\n",
)  # fmt: skip
"""What the readers look for: letters alone would hardly ever make a table."""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_PIECED = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=8)), max_size=60).map("".join).map(_bytes)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60, help="for each target and each of the two fuzzers")
    parser.add_argument("--finds", type=Path, default=Path("finds"))
    parser.add_argument("--target", nargs="+", default=list(TARGETS), choices=TARGETS, metavar="NAME",
                        help=f"of {', '.join(TARGETS)}; without: all")  # fmt: skip
    chosen = parser.parse_args()
    chosen.finds.mkdir(exist_ok=True)
    failed = []
    for name in chosen.target:
        told, is_found = _by_hypothesis(name, chosen.seconds)
        print(f"{name}, Hypothesis: {told}", flush=True)
        failed += [name] * is_found
        if find_spec("atheris") is None:
            print(f"{name}, atheris: skipped, it is not installed", flush=True)
            continue
        told, is_found = _by_atheris(name, chosen.seconds, chosen.finds)
        print(f"{name}, atheris: {told}", flush=True)
        failed += [name] * is_found
    print(f"{len(chosen.target)} targets, {len(failed)} finds")
    return int(bool(failed))


def _by_hypothesis(name: str, seconds: int) -> tuple[str, bool]:
    count = 0
    until = time.monotonic() + seconds

    @settings(
        max_examples=1_000_000, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(st.one_of(_PIECED, st.binary(max_size=400)))
    def try_all(data: bytes) -> None:
        nonlocal count
        if time.monotonic() > until:
            raise TimeoutError
        count += 1
        attempt(name, data)

    try:
        try_all()
    except TimeoutError:
        return f"{count} inputs", False
    except BaseExceptionGroup as group:
        return f"{count} inputs", group.split(TimeoutError)[1] is not None
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        return f"{count} inputs, then {type(error).__name__}: {error} {getattr(error, '__notes__', '')}", True
    return f"{count} inputs", False


def _by_atheris(name: str, seconds: int, finds: Path) -> tuple[str, bool]:
    with tempfile.TemporaryDirectory() as corpus:
        done = subprocess.run(
            [
                sys.executable, "-m", "tests.sessions.fuzz.by_atheris", name, corpus, str(SEEDS / name),
                f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=2000", "-max_len=4000",
                f"-artifact_prefix={finds}/{name}-", "-print_final_stats=1",
            ],
            capture_output=True, text=True, check=False, errors="replace",
        )  # fmt: skip
    log = done.stderr + done.stdout
    runs = next((line.split()[-1] for line in log.splitlines() if "number_of_executed_units" in line), "?")
    return f"{runs} inputs" + (f", then:\n{log[-2500:]}" if done.returncode else ""), bool(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
