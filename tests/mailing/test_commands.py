"""The commands as a person types them: nothing leaves by accident, and what has left is known."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from contextlib import closing
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest

from pipeline.config import SendingSettings
from tests.conftest import Ran, run_publish
from tests.mailing.conftest import Post
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


# ---- a mail server that refuses


def lay_out(project: Path, server: SendingSettings, count: int) -> list[str]:
    """Put readers on the list, let the project send to a server, and send the test that it wants first."""
    readers = [f"laeser{number}@klinik.dk" for number in range(count)]
    write(project / "list.csv", LIST + "".join(f"{address};2026-01-02;v1;kort\n" for address in readers))
    for address in READERS:
        assert run(project, "subscribers", "forget", address).code == 0
    settings = project / "publish.toml"
    way = f'host = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nfirst_wait_s = 0.1\n'
    settings.write_text(settings.read_text("utf-8") + way, "utf-8")
    assert run(project, "subscribers", "import", "list.csv", "--list", "nyt").code == 0
    assert run(project, "send", "blog/ryg", "--list", "nyt", "--test", "proeve@klinik.dk").code == 0
    return readers


def send(project: Path) -> Ran:
    return run(project, "send", "blog/ryg", "--list", "nyt", "--confirm", "--language", "en")


def test_a_server_that_relays_for_no_one_suppresses_none_of_five_hundred(
    project: Path, server: SendingSettings, post: Post
) -> None:
    """Exim's words, without an enhanced code."""
    readers = lay_out(project, server, 500)
    post.answer = lambda at, _address: "550 relay not permitted" if at == "RCPT" else None

    refused = send(project)
    counted = run(project, "subscribers", "check")
    post.answer = lambda _at, _address: None
    sent = send(project)

    assert refused.code == 2
    assert "127.0.0.1 refused 20 messages in a row, the last with: 550 relay not permitted\n" in refused.err
    assert "hint: no reader is marked as refused or bounced" in refused.err
    assert re.search(r"Queued +500\n", refused.out)
    assert re.search(r"Refused +0\n", refused.out)
    assert not [line for line in (refused.err + refused.out).splitlines() if "laeser" in line]
    assert counted.out.startswith("nyt: 500 may be mailed, 0 without consent, 0 have left, 0 bounced")
    assert sent.code == 0, sent.out + sent.err
    assert sorted(recipient for _, recipient, _ in post.taken[1:]) == sorted(readers)


def test_a_mailbox_that_does_not_exist_suppresses_exactly_that_reader(
    project: Path, server: SendingSettings, post: Post
) -> None:
    lay_out(project, server, 30)
    gone = "laeser7@klinik.dk"
    post.answer = lambda at, address: "550 5.1.1 User unknown" if (at, address) == ("RCPT", gone) else None

    sent = send(project)
    table = run(project, "subscribers", "export", "--list", "nyt")

    assert sent.code == 0, sent.out + sent.err
    assert f"{gone} (" in sent.out
    assert [row.split(",")[0] for row in table.out.splitlines()[1:] if row.split(",")[-1]] == [gone]


def test_restore_takes_back_the_bounces_of_one_campaign_and_sends_to_no_one_who_left(
    project: Path, server: SendingSettings, post: Post
) -> None:
    readers = lay_out(project, server, 30)
    gone = set(readers[:5])
    post.answer = lambda at, address: "550 5.1.1 User unknown" if at == "RCPT" and address in gone else None
    assert send(project).code == 0
    post.answer = lambda _at, _address: None
    assert run(project, "subscribers", "forget", readers[0]).code == 0
    with closing(sqlite3.connect(project.parent / "data/sending.sqlite3")) as connection, connection:
        connection.execute("UPDATE subscribers SET unsubscribed_on = bounced_on WHERE address = ?", (readers[1],))
        connection.execute("UPDATE subscribers SET bounced_by = NULL WHERE address = ?", (readers[2],))  # by another
    before = len(post.taken)

    unknown = run(project, "subscribers", "restore", "--campaign", "blog/andet")
    later = run(project, "subscribers", "restore", "--campaign", "blog/ryg", "--since", "2999-01-01")
    restored = run(project, "subscribers", "restore", "--campaign", "sources/blog/ryg.md")
    again = run(project, "subscribers", "restore", "--campaign", "blog/ryg")
    counted = run(project, "subscribers", "check")
    sent = send(project)

    assert (unknown.code, later.code, restored.code, again.code) == (2, 0, 0, 0)
    assert "blog/andet has not been sent to any list" in unknown.err
    assert [done.out.split(" ")[0] for done in (later, restored, again)] == ["0", "2", "0"]
    assert counted.out.startswith("nyt: 27 may be mailed, 0 without consent, 1 have left, 2 bounced")
    assert sent.code == 0, sent.out + sent.err
    assert sorted(recipient for _, recipient, _ in post.taken[before:]) == readers[3:5]
