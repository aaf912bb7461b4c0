"""A small project with a published newsletter, and a list, to send from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.makers import PUBLISH_TOML

ROOT = Path(__file__).resolve().parents[3]
EDITION = "blog/ryg"
LIST = "nyt"
_ARTICLE = """---
title: Ondt i ryggen
published: 2026-03-02
---

Bevægelse hjælper mere end hvile. Gå en tur hver dag, og vend tilbage til det, du plejer, lidt ad gangen.

## Hold dig i gang

- Gå en tur
- Lav øvelser
"""
_SETTINGS = (
    PUBLISH_TOML
    + """
[sending]
lists = {{nyt = "Nyt fra klinikken"}}
data = "{data}"
host = "127.0.0.1"
port = {port}
security = "{security}"
service = "https://nyt.klinik.example"
mailto = "afmeld@klinik.example"
first_wait_s = 0.2
{more}
"""
)


def publish(*arguments: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    done = subprocess.run(
        command(*arguments), cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300, check=False
    )
    if check and done.returncode:
        raise RuntimeError(f"publish {' '.join(arguments)}: {done.stdout}\n{done.stderr}")
    return done


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "CI": "true", "PYTHONPATH": str(ROOT)}


def make(folder: Path, port: int, more: str = "", *, security: str = "none") -> Path:
    """Make a project and publish its newsletter."""
    project = folder / "project"
    (project / "sources/blog").mkdir(parents=True)
    (project / "sources/blog/ryg.md").write_text(_ARTICLE, "utf-8")
    point(project, port, more, security=security)
    publish("newsletter", "--jobs", "1", cwd=project)
    return project


def point(project: Path, port: int, more: str = "", data: Path | None = None, *, security: str = "none") -> None:
    """Have the project send to a port, and keep its list in a folder."""
    text = _SETTINGS.format(data=data or project.parent / "data", port=port, more=more, security=security)
    (project / "publish.toml").write_text(text, "utf-8")


def subscribe(project: Path, addresses: list[str]) -> None:
    """Bring consents into the list."""
    rows = [f"{address};2026-01-02;v1;kort i receptionen" for address in addresses]
    head = "address;consent_date;consent_wording;consent_source"
    table = project.parent / "list.csv"
    table.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    publish("subscribers", "import", str(table), "--list", LIST, cwd=project)
