"""The commands as a person types them: nothing leaves by accident, and what has left is known."""

from __future__ import annotations

import json
import re
import sys
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.conftest import Ran, run_publish
from tests.makers import PUBLISH_TOML, write

SENDING = """
[sending]
lists = {nyt = "Nyt fra klinikken"}
service = "https://nyt.klinik.example"
data = "../data"
"""
LIST = "address;consent_date;consent_wording;consent_source\n"
READERS = ("anna@klinik.dk", "bo@klinik.dk")


def run(folder: Path, *arguments: str) -> Ran:
    """Run the command where SpamAssassin is not found: it takes seconds each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder.parent))
        patch.setenv("PATH", str(Path(sys.executable).parent))
        return run_publish(folder, *arguments)


@pytest.fixture
def project(copy_of_published: Path) -> Path:
    """Return a published project that may send, with two readers."""
    sending = (
        '[sending]\nlists = {nyt = "Nyt fra klinikken"}\nservice = "https://nyt.klinik.example"\ndata = "../data"\n'
    )
    write(copy_of_published / "publish.toml", PUBLISH_TOML + sending)
    rows = "".join(f"{address};2026-01-02;v1;kort\n" for address in READERS)
    write(copy_of_published / "list.csv", LIST + rows)
    assert run(copy_of_published, "subscribers", "import", "list.csv", "--list", "nyt").code == 0
    return copy_of_published


def trials(project: Path) -> list[Path]:
    return sorted((project.parent / "data/trials/nyt").rglob("*.eml"))


def test_a_trial_writes_one_message_for_each_reader_and_the_evidence(project: Path) -> None:
    done = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")

    assert done.code == 0, done.out + done.err
    messages = [message_from_bytes(path.read_bytes(), policy=SMTP) for path in trials(project)]
    assert sorted(str(message["To"]) for message in messages) == list(READERS)
    assert len({str(message["List-Unsubscribe"]) for message in messages}) == 2
    evidence = (project / "outputs/newsletter/blog/ryg.nyt.evidence.json").read_text("utf-8")
    assert json.loads(evidence)["outbox"]["accepted"] == 2
    assert not [address for address in READERS if address in evidence]
    assert "Modtaget af mailserveren" in done.out


def test_the_same_command_again_sends_nothing_more(project: Path) -> None:
    for _ in range(2):
        run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")

    assert len(trials(project)) == 2


def test_nothing_is_sent_without_a_persons_word(project: Path) -> None:
    asked = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file")
    looked = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--dry-run")

    assert asked.code == 2
    assert "--confirm" in asked.err
    assert looked.code == 0
    assert trials(project) == []


def test_sources_that_changed_since_publishing_are_not_sent(project: Path) -> None:
    source = project / "sources/blog/ryg.md"
    source.write_text(source.read_text("utf-8") + "\nEn sætning til.\n", "utf-8")

    done = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")

    assert done.code == 2
    assert "blog/ryg has changed since it was published: nothing is sent" in done.err
    assert trials(project) == []


def test_an_edition_that_changed_while_it_goes_out_is_refused(project: Path) -> None:
    run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")
    source = project / "sources/blog/ryg.md"
    source.write_text(source.read_text("utf-8") + "\nEn sætning til.\n", "utf-8")
    run(project, "newsletter", "blog/ryg")

    done = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")

    assert done.code == 2
    assert "2 of 2 readers have" in done.err


def test_content_that_no_one_has_looked_at_is_not_mailed(project: Path) -> None:
    settings = project / "publish.toml"
    settings.write_text(settings.read_text("utf-8") + 'host = "127.0.0.1"\nport = 1\nsecurity = "none"\n', "utf-8")

    done = run(project, "send", "blog/ryg", "--list", "nyt", "--confirm")

    assert done.code == 1
    assert re.search(r"fejl\s+Korrekturlæst\s+Ingen har set dette indhold", done.out)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("da", ("Før afsendelse: Ondt i ryggen", "i orden", "2 må få brevet", "Modtaget af mailserveren")),
        ("en", ("Before sending: Ondt i ryggen", "pass", "2 may be mailed", "Accepted by the mail server")),
    ],
)
def test_the_evidence_speaks_danish_and_english(project: Path, language: str, words: tuple[str, ...]) -> None:
    trial = ("send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")
    run(project, *trial, "--language", language)

    page = (project / "outputs/newsletter/blog/ryg.nyt.evidence.html").read_text("utf-8")
    evidence = json.loads((project / "outputs/newsletter/blog/ryg.nyt.evidence.json").read_text("utf-8"))
    assert f'<html lang="{language}">' in page
    assert [word for word in words if word not in page] == []
    assert evidence["language"] == language
    assert {check["name"]: check["verdict"] for check in evidence["checks"]}["spam"] == "unchecked"


def test_evidence_is_published_with_releases_too(project: Path) -> None:
    settings = project / "publish.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[outputs]\nreleases = true\n", "utf-8")
    assert run(project, "newsletter").code == 0

    done = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")

    kept = project / "outputs/current/newsletter/blog/ryg.nyt.evidence.html"
    assert done.code == 0, done.out + done.err
    assert f"saved {kept}" in done.out
    assert "Modtaget af mailserveren" in kept.read_text("utf-8")
    assert run(project, "newsletter").code == 0
    assert kept.is_file()


@pytest.mark.parametrize(
    ("rate", "message"), [("60/min", ""), ("60", ""), ("0/min", "messages a minute"), ("60/hour", "messages a minute")]
)
def test_a_rate_is_so_many_a_minute(project: Path, rate: str, message: str) -> None:
    """Asked of a list that is not there, so that nothing else is looked at."""
    done = run(project, "send", "blog/ryg", "--list", "ukendt", "--rate", rate)

    assert done.code == 2
    assert (message or "there is no list 'ukendt'") in done.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('host = "mail.klinik.example"\nsecurity = "none"', "beyond this machine"),
        ('service = "http://nyt.klinik.example"', "expected an address such as https"),
        ('lists = {diabetes = "Nyt"}', "health data"),
        ("connections = 0", "expected at least 1"),
        ('data = "outputs/data"\nhost = "localhost"', "which is published"),
        ('password = "hemmelig"', "password"),
    ],
)
def test_settings_that_cannot_be_meant_are_named(project: Path, line: str, message: str) -> None:
    keys = {part.split(" = ")[0] for part in line.split("\n")}
    kept = [
        row for row in (project / "publish.toml").read_text("utf-8").splitlines() if row.split(" = ")[0] not in keys
    ]
    write(project / "publish.toml", "\n".join(kept) + f"\n{line}\n")

    done = run(project, "send", "blog/ryg", "--list", "diabetes" if "diabetes" in line else "nyt")

    assert done.code == 2
    assert message in done.err


def test_a_list_with_faults_is_not_brought_in_until_the_operator_says_so(project: Path) -> None:
    write(project / "more.csv", LIST + "cecilie@klinik.dk;2026-01-02;v1;kort\nforkert;2026-01-02;v1;kort\n")

    refused = run(project, "subscribers", "import", "more.csv", "--list", "nyt")
    taken = run(project, "subscribers", "import", "more.csv", "--list", "nyt", "--skip-faulty")

    assert refused.code == 1
    assert "more.csv:3: 'forkert': invalid" in refused.err
    assert taken.out.startswith("1 new")


def test_an_export_holds_every_consent(project: Path) -> None:
    done = run(project, "subscribers", "export", "--list", "nyt")

    assert "anna@klinik.dk,da,2026-01-02,v1,kort,," in done.out


def test_whoever_is_forgotten_leaves_no_trace_and_is_not_mailed_again(project: Path) -> None:
    run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")
    done = run(project, "subscribers", "forget", "anna@klinik.dk")
    (project / "list.csv").unlink()

    traces = [path for path in project.parent.rglob("*") if path.is_file() and b"anna@" in path.read_bytes().lower()]
    assert done.out.startswith("erased")
    assert traces == []

    write(project / "list.csv", LIST + "anna@klinik.dk;2027-01-02;v1;kort\n".replace("2027", "2026"))
    again = run(project, "subscribers", "import", "list.csv", "--list", "nyt")
    sent = run(project, "send", "blog/ryg", "--list", "nyt", "--transport", "file", "--confirm")

    assert again.out.startswith("0 new, 0 on the list already, 1 not imported")
    assert sent.code == 0
    assert len(trials(project)) == 1


def test_check_counts_each_list(project: Path) -> None:
    assert run(project, "subscribers", "check").out.startswith("nyt: 2 may be mailed")
