"""Judges that read files: html-validate, the Nu HTML checker, caniemail, the project's own lint, SpamAssassin."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.validation.mail import validate_mail
from tests.sessions.mail.accepting import Remark
from tests.sessions.mail.projects import Mail, as_sent

HERE = Path(__file__).parent
CLIENTS = (
    "gmail.*", "outlook.windows", "outlook.outlook-com", "outlook.macos", "apple-mail.*", "samsung-email.android",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """What SpamAssassin thinks of a mail: from 5.0 points on it is spam."""

    mail: str
    points: float
    rules: tuple[str, ...]


def install_judges(folder: Path) -> Path:
    """Install the npm packages that `package.json` pins, and return the folder they lie in."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (HERE / "package.json", HERE / "judge.mjs", HERE / "versus.mjs"):
        (folder / path.name).write_bytes(path.read_bytes())
    run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
    return folder


def run(*command: str, cwd: Path, codes: tuple[int, ...] = (0,)) -> str:
    """Run a program and return what it prints.

    Raises:
        SystemExit: It ends with another code than those expected.
    """
    # Into a file: html-validate leaves before a pipe has taken all of its output.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        done = subprocess.run(command, cwd=cwd, stdout=printed, stderr=subprocess.PIPE, text=True, check=False)
        printed.seek(0)
        said = printed.read()
    if done.returncode not in codes:
        raise SystemExit(f"{command[0]} left with {done.returncode}: {done.stderr or said}")
    return said


def by_path(mails: Iterable[Mail]) -> Mapping[str, str]:
    """Return the name of each mail by the path of its HTML."""
    return {str(mail.html): mail.name for mail in mails}


def html_validate(mails: tuple[Mail, ...], judges: Path) -> tuple[Remark, ...]:
    """Return what html-validate's recommended rules have against each mail."""
    (judges / ".htmlvalidate.json").write_text('{"root": true, "extends": ["html-validate:recommended"]}', "utf-8")
    names = by_path(mails)
    printed = run(
        "node",
        "node_modules/html-validate/bin/html-validate.mjs",
        "--formatter",
        "json",
        *names,
        cwd=judges,
        codes=(0, 1),
    )
    return tuple(
        Remark("html-validate", names[entry["filePath"]], f"{message['ruleId']}: {message['message']}")
        for entry in json.loads(printed)
        for message in entry["messages"]
    )


def nu(mails: tuple[Mail, ...], judges: Path) -> tuple[Remark, ...]:
    """Return the errors that the Nu HTML checker names."""
    names = by_path(mails)
    printed = run(
        "java", "-Xss4m", "-jar", "node_modules/vnu-jar/build/dist/vnu.jar", "--errors-only", "--format", "json",
        "--stdout", "--exit-zero-always", *names, cwd=judges,
    )  # fmt: skip
    return tuple(
        Remark("nu", names[message["url"].removeprefix("file:")], message["message"])
        for message in json.loads(printed)["messages"]
        if message["type"] != "info"
    )


def caniemail(mails: tuple[Mail, ...], judges: Path) -> tuple[Remark, ...]:
    """Return the features that mail clients lack, by feature and client."""
    names = by_path(mails)
    printed = run("node", "judge.mjs", ",".join(CLIENTS), *names, cwd=judges)
    entries = map(json.loads, printed.splitlines())
    return tuple(Remark("caniemail", names[entry["file"]], entry["message"]) for entry in entries)


def lint(mails: tuple[Mail, ...]) -> tuple[Remark, ...]:
    """Return every rule of mail that a message breaks, read anew from the disk."""
    return tuple(
        Remark("lint", mail.name, f"{fault.rule}: {fault.message}")
        for mail in mails
        for fault in validate_mail(mail.eml.read_bytes(), {})
    )


def spam(mails: tuple[Mail, ...], scratch: Path) -> tuple[Score, ...]:
    """Return what SpamAssassin, without network, thinks of each message as it is sent."""
    scratch.mkdir(exist_ok=True)
    names = {str(as_sent(mail, scratch)): mail.name for mail in mails}
    printed = run("perl", str(HERE / "score.pl"), *names, cwd=scratch)
    rows = (line.split("\t") for line in printed.splitlines())
    return tuple(Score(names[path], float(points), tuple(rules.split(","))) for path, points, rules in rows)
