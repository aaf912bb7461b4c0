"""Publishing without network, and with the file system out of reach but for the project and the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import confined
from tests.bad.judging import said_in
from tests.conftest import Ran
from tests.test_publish import digests

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not confined.is_possible(), reason="this system has no Landlock that knows networks")

# Programs and libraries; of the settings in /etc only what the loader and the fonts' library read.
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime", "/proc", "/sys/fs")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program that reaches a folder, this program and system libraries only."""
    prefixes = {sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1]), str(REPOSITORY)}
    readable = ":".join((*_SYSTEM, *sorted(prefixes)))
    # Its name is short, since the sockets between processes lie there.
    with tempfile.TemporaryDirectory() as scratch:
        writable = ":".join((str(folder), scratch, "/dev/null", "/dev/shm"))  # noqa: S108  # locks between processes lie there
        return subprocess.run(
            [sys.executable, str(REPOSITORY / "tests/confined.py"), readable, writable, *command],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"], "CI": "true", "PYTHONPATH": str(REPOSITORY), "HOME": scratch,
                "TMPDIR": scratch, "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip


def test_what_is_confined_reaches_no_file_outside_and_no_network(tmp_path: Path) -> None:
    """A check that cannot fail proves nothing."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "project").mkdir()
    reach = "import socket, sys\nfor name in sys.argv[1:]:\n  try: open(name); print('read')\n  except OSError as e: "
    reach += "print(e.strerror)\n"
    for kind in ("STREAM", "DGRAM"):
        for family in ("INET", "INET6"):
            call = f"socket.socket(socket.AF_{family}, socket.SOCK_{kind})"
            reach += f"try: {call}; print('a socket')\nexcept OSError as e: print(e.strerror)\n"

    done = run(tmp_path / "project", sys.executable, "-c", reach, str(tmp_path / "secret.txt"), "/etc/passwd")

    assert done.stdout.split("\n")[:6] == ["Permission denied"] * 6, done.stdout + done.stderr


def test_without_network_and_files_of_others_the_same_bytes_come_out(published: Ran, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(published.folder, folder, ignore=shutil.ignore_patterns("outputs"))

    done = run(folder, sys.executable, "-m", "pipeline.cli", "all", "--jobs", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert digests(folder / "outputs") == digests(published.folder / "outputs")


def test_machine_paths_and_secrets_reach_no_output_report_or_log(published: Ran, tmp_path: Path) -> None:
    canary = "kanariefugl-7391"
    folder = tmp_path / canary / "project"
    shutil.copytree(published.folder, folder, ignore=shutil.ignore_patterns("outputs"))
    broken = "---\ntitle: A\npublished: 31-02-2025\npassword: kodeord-4711\n---\n\n![x](/images/findes-ikke.png)\n"
    (folder / "sources/forkert.md").write_text(broken)
    environment = {**os.environ, "CI": "true", "PYTHONPATH": str(REPOSITORY), "SMTP_PASSWORD": "kodeord-0815"}

    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "all", "--verbose"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    log = done.stdout + done.stderr
    assert done.returncode == 1
    assert log.count(canary) == log.count("Full report: ")  # where the report lies is said to the person who ran it
    files = [path for path in sorted((folder / "outputs").rglob("*")) if path.is_file()]
    assert len(json.loads((folder / "outputs/report.json").read_text("utf-8"))["editions"]) == 6
    for path in files:
        said = said_in(path)
        for secret in (canary, "kodeord-4711", "kodeord-0815", f"{Path.home()}/", sys.prefix):
            assert secret not in said, f"{secret} in {path.relative_to(folder)}"
