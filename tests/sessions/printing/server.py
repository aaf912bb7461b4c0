"""A CUPS of our own: its configuration, spool and port are in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DRIVER = Path("/usr/share/ppd/cups-pdf/CUPS-PDF_opt.ppd")
BACKEND = Path("/usr/lib/cups/backend/cups-pdf")
QUEUE = "Reception"
_PATIENCE_S = 60.0
_FILES = """\
ServerRoot {folder}/root
RequestRoot {folder}/spool
TempDir {folder}/spool/tmp
CacheDir {folder}/cache
StateDir {folder}/state
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
SystemGroup root
"""
_SERVER = """\
Listen 127.0.0.1:{port}
PageLogFormat %p|%C|%{{media}}|%{{sides}}|%{{print-color-mode}}|%{{job-name}}
Browsing Off
PreserveJobHistory Yes
<Location />
Allow all
</Location>
<Location /admin>
Allow all
</Location>
<Policy default>
<Limit All>
Allow all
</Limit>
</Policy>
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running CUPS."""

    folder: Path
    port: int
    printed: Path
    """Where its PDF printer lays what comes out."""

    @property
    def environment(self) -> dict[str, str]:
        """What a program must be told to meet this CUPS and no other."""
        kept = {name: value for name, value in os.environ.items() if name not in ("LPDEST", "PRINTER")}
        return kept | {"CUPS_SERVER": f"127.0.0.1:{self.port}", "CI": "true"}

    def call(self, *arguments: str) -> str:
        """Run a program of CUPS, and return what it says."""
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, check=True, timeout=30)
        return done.stdout

    def wait_for_paper(self, sheets: int) -> list[Path]:
        """Return what the printer has laid down, once all work is done."""
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            files = sorted(self.printed.glob("*.pdf"), key=lambda path: path.stat().st_mtime_ns)
            if len(files) >= sheets and not self.call("lpstat", "-W", "not-completed", "-o").strip():
                return files
            time.sleep(0.3)
        raise TimeoutError(f"after {_PATIENCE_S:.0f} seconds: {(self.folder / 'log/error').read_text()[-2000:]}")

    def logged(self) -> list[dict[str, str]]:
        """Return each finished job as CUPS itself saw it."""
        names = ("printer", "impressions", "media", "sides", "colour", "title")
        lines = (self.folder / "log/page").read_text("utf-8").splitlines()
        return [dict(zip(names, line.split("|"), strict=True)) for line in lines]


def missing() -> str:
    """Return what keeps this machine from running a CUPS of our own; empty where nothing does."""
    programs = [name for name in ("cupsd", "lp", "lpstat", "lpadmin") if not shutil.which(name)]
    if programs:
        return f"{', '.join(programs)} not found; on Debian: apt-get install cups printer-driver-cups-pdf"
    if not DRIVER.is_file() or not BACKEND.is_file():
        return "the PDF printer is missing; on Debian: apt-get install printer-driver-cups-pdf"
    if os.geteuid() != 0:
        return "only root may run the PDF printer"
    return ""


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a CUPS without printers in a folder."""
    for name in ("root/ppd", "spool/tmp", "cache", "state", "log"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)  # its filters run as another user
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    files, server = folder / "root/cups-files.conf", folder / "root/cupsd.conf"
    files.write_text(_FILES.format(folder=folder))
    server.write_text(_SERVER.format(port=port))
    process = subprocess.Popen(["cupsd", "-f", "-c", str(server), "-s", str(files)])
    made = Server(folder, port, Path.home() / "PDF")
    try:
        _wait_until_it_answers(made, process)
        yield made
    finally:
        process.terminate()
        process.wait(10)


def add_printer(server: Server) -> None:
    """Add the PDF printer; it is not the default yet."""
    server.call("lpadmin", "-p", QUEUE, "-E", "-v", "cups-pdf:/", "-P", str(DRIVER))


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"cupsd ended with {process.returncode}: {(server.folder / 'log/error').read_text()}")
        if "is running" in server.call("lpstat", "-r"):
            return
        time.sleep(0.1)
    raise TimeoutError("cupsd does not answer")
