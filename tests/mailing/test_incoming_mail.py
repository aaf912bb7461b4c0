"""What comes back by mail, as Postfix writes it, and as readers do."""

from __future__ import annotations

import base64
import gc
import mailbox
import quopri
import threading
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path

import pytest

from pipeline.errors import SendError
from pipeline.mailing import incoming_mail
from pipeline.mailing.database import MailingDatabase, open_database
from pipeline.mailing.incoming_mail import read_bounces, read_unsubscribe_requests
from pipeline.mailing.outbox import open_campaign
from pipeline.mailing.subscribers import import_consents
from tests.mailing.conftest import LIST, TODAY, consent, subscribe

REPORT = """From: MAILER-DAEMON@mail.klinik.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.klinik.example
X-Postfix-Queue-ID: 4F2C1A

Final-Recipient: rfc822; anna@klinik.dk
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status} somewhere

--b
Content-Type: text/rfc822-headers

From: kontakt@klinik.example
Message-ID: <{mark}@klinik.example>

--b--
"""


@pytest.fixture
def mark(store: MailingDatabase) -> str:
    subscribe(store, "anna@klinik.dk")
    campaign = open_campaign(store, "blog/ryg", LIST, "smtp", "c0ffee")
    campaign.enqueue()
    return campaign.claim()[0].mark


def mbox(tmp_path: Path, *messages: str) -> Path:
    box = mailbox.mbox(tmp_path / "box")
    for message in messages:
        box.add(message.encode())
    box.close()
    return tmp_path / "box"


def anna(store: MailingDatabase) -> tuple[bool, int, bool]:
    row = store.rows("SELECT bounced_on, soft_bounces, unsubscribed_on FROM subscribers")[0]
    return row["bounced_on"] is not None, row["soft_bounces"], row["unsubscribed_on"] is not None


@pytest.mark.parametrize(
    ("action", "status", "is_hard", "soft"),
    [
        ("failed", "5.1.1", True, 0),
        ("failed", "5.2.1", True, 0),
        ("failed", "5.1.10", True, 0),
        ("failed", "5.0.0", False, 1),
        ("failed", "5.1.2", False, 1),
        ("failed", "5.1.8", False, 1),
        ("failed", "5.2.2", False, 1),
        ("failed", "5.4.1", False, 1),
        ("failed", "5.7.1", False, 1),
        ("delayed", "4.4.1", False, 1),
        ("delivered", "2.0.0", False, 0),
    ],
)
def test_hard_bounces_suppress_and_soft_ones_count(
    store: MailingDatabase, mark: str, tmp_path: Path, action: str, status: str, *, is_hard: bool, soft: int
) -> None:
    box = mbox(tmp_path, REPORT.format(to="kontakt@klinik.example", action=action, status=status, mark=mark))

    read_bounces(store, box, TODAY)

    assert anna(store) == (is_hard, soft, False)


@pytest.mark.parametrize(
    ("said", "is_hard"),
    [
        ("550 5.1.1 unknown user", True),
        ("550 <anna@klinik.dk>: User unknown in virtual mailbox table", True),
        ("552 5.2.2 mailbox is full, quota exceeded", False),
        ("552 mailbox full", False),
        ("554 delivery error: dd This message has been blocked by content filter", False),
        ("550 relay not permitted", False),
        ("550 <user.unknown@klinik.dk>: rejected", False),
    ],
)
@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_a_bounce_without_a_code_of_its_own_is_judged_by_what_the_server_said(
    store: MailingDatabase, mark: str, tmp_path: Path, said: str, encoding: str, *, is_hard: bool
) -> None:
    fields = (
        "Reporting-MTA: dns; mail.klinik.example\n\nFinal-Recipient: rfc822; Anna@klinik.dk\nAction: Failed\n"
        f"Status: 5.0.0\nDiagnostic-Code: smtp; {said}\n"
    )
    coded = {
        "7bit": fields,
        "base64": base64.encodebytes(fields.encode()).decode(),
        "quoted-printable": quopri.encodestring(fields.encode(), quotetabs=True).decode(),
    }[encoding]
    head, _, rest = REPORT.partition("Reporting-MTA")
    rest = rest.partition("--b\nContent-Type: text/rfc822-headers")[2]
    report = (
        f"{head.removesuffix(chr(10))}Content-Transfer-Encoding: {encoding}\n\n{coded}\n"
        f"--b\nContent-Type: text/rfc822-headers{rest}"
    )

    tally = read_bounces(store, mbox(tmp_path, report.format(to="k@klinik.example", mark=mark)), TODAY)

    assert anna(store) == (is_hard, int(not is_hard), False)
    assert (tally.hard, tally.soft) == (int(is_hard), int(not is_hard))


def report_on(*recipients: tuple[str, str, str], mark: str) -> str:
    """Return a report with fields for each recipient: address, action, status."""
    fields = "\n".join(
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n"
        for address, action, status in recipients
    )
    head, _, rest = REPORT.partition("Final-Recipient")
    return (head + fields + rest[rest.index("\n\n") + 1 :]).format(to="k@klinik.example", mark=mark)


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        ([("bo@klinik.dk", "relayed", "2.0.0"), ("anna@klinik.dk", "failed", "5.1.1")], (True, 0)),
        ([("anna@klinik.dk", "failed", "5.1.1"), ("bo@klinik.dk", "failed", "5.2.2")], (True, 0)),
        ([("anna@klinik.dk", "failed", "5.2.2"), ("bo@klinik.dk", "failed", "5.1.1")], (False, 1)),
        ([("anna@klinik.dk", "delivered", "2.0.0"), ("bo@klinik.dk", "failed", "5.1.1")], (False, 1)),
        ([("anna.at.work@fremmed.example", "failed", "5.1.1")], (False, 1)),
    ],
)
def test_only_what_a_bounce_says_of_the_reader_suppresses_the_reader(
    store: MailingDatabase,
    mark: str,
    tmp_path: Path,
    recipients: list[tuple[str, str, str]],
    expected: tuple[bool, int],
) -> None:
    """A reader's mail may be forwarded to a mailbox that is gone, while the reader's own is there."""
    read_bounces(store, mbox(tmp_path, report_on(*recipients, mark=mark)), TODAY)

    assert anna(store)[:2] == expected


def test_a_bounce_suppresses_on_every_list_and_names_its_campaign(
    store: MailingDatabase, mark: str, tmp_path: Path
) -> None:
    import_consents(store, "andre", [consent("anna@klinik.dk")])

    read_bounces(store, mbox(tmp_path, report_on(("anna@klinik.dk", "failed", "5.1.1"), mark=mark)), TODAY)

    rows = store.rows("SELECT list, bounced_on, bounced_by FROM subscribers ORDER BY list")
    assert [tuple(row) for row in rows] == [("andre", TODAY.isoformat(), 1), (LIST, TODAY.isoformat(), 1)]


def test_a_bounce_is_known_by_the_address_it_came_to(store: MailingDatabase, mark: str, tmp_path: Path) -> None:
    """VERP, for servers that return nothing of the message."""
    report = REPORT.format(to=f"retur+{mark}@klinik.example", action="failed", status="5.1.1", mark="x")

    tally = read_bounces(store, mbox(tmp_path, report), TODAY)

    assert (tally.hard, anna(store)[0]) == (1, True)


def test_a_bounce_read_twice_counts_once(store: MailingDatabase, mark: str, tmp_path: Path) -> None:
    box = mbox(tmp_path, REPORT.format(to="a@b.dk", action="delayed", status="4.2.0", mark=mark))

    read_bounces(store, box, TODAY)
    tally = read_bounces(store, box, TODAY)

    assert (tally.known, anna(store)[1]) == (1, 1)


def test_of_two_runs_at_once_one_counts_a_bounce(store: MailingDatabase, mark: str, tmp_path: Path) -> None:
    box = mbox(tmp_path, REPORT.format(to="a@b.dk", action="delayed", status="4.2.0", mark=mark))
    start = threading.Barrier(2)

    def read(_number: int) -> int:
        with open_database(store.folder) as own:
            start.wait()
            return read_bounces(own, box, TODAY).soft

    for number in range(5):
        with ThreadPoolExecutor(2) as threads:
            told = sorted(threads.map(read, range(2)))

        assert (told, anna(store)[1]) == ([0, 1], number + 1)
        with store.transaction() as connection:
            connection.execute("DELETE FROM read_mail")


def test_a_bounce_whose_run_breaks_off_is_counted_by_the_next(
    store: MailingDatabase, mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mbox(tmp_path, REPORT.format(to="a@b.dk", action="failed", status="5.1.1", mark=mark))
    with monkeypatch.context() as broken:
        broken.setattr(incoming_mail, "suppress_bounced", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            read_bounces(store, box, TODAY)
    gc.collect()

    tally = read_bounces(store, box, TODAY)

    assert (tally.known, tally.hard, anna(store)[0]) == (0, 1, True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_bounce_of_something_else_is_left_to_a_person(store: MailingDatabase, mark: str, tmp_path: Path) -> None:
    box = mbox(
        tmp_path, REPORT.format(to="a@b.dk", action="failed", status="5.1.1", mark="y" * 22), "Subject: hej\n\nhej\n"
    )

    tally = read_bounces(store, box, TODAY)

    assert (tally.unmatched, tally.hard, bool(mark)) == (2, 0, True)


@pytest.mark.parametrize(
    ("sender", "subject", "leaves"),
    [
        ("bo@klinik.dk", "unsubscribe {token}", True),
        ("Anna <ANNA@klinik.dk>", "Afmeld mig venligst", True),
        ("anna@klinik.dk", "Re: Unsubscribe", True),
        ("anna@klinik.dk", "STOP", True),
        ("anna@klinik.dk", "SV: stop.", True),
        ("anna@klinik.dk", "Tak for brevet", False),
        ("anna@klinik.dk", "SV: Stop med at ryge", False),
        ("bo@klinik.dk", "afmeld", False),
        ("bo@klinik.dk", "unsubscribe aaaaaaaaaaaaaaaaaaaaaa", False),
    ],
)
def test_answers_that_ask_to_leave_are_heard(
    store: MailingDatabase, mark: str, tmp_path: Path, sender: str, subject: str, *, leaves: bool
) -> None:
    token = store.rows("SELECT token FROM subscribers")[0]["token"]
    maildir = mailbox.Maildir(tmp_path / "maildir")
    message = Message()
    message["From"], message["Subject"] = sender, subject.format(token=token)
    maildir.add(message)

    tally = read_unsubscribe_requests(store, tmp_path / "maildir", TODAY)

    assert (anna(store)[2], tally.left, bool(mark)) == (leaves, int(leaves), True)


def test_an_answering_machine_takes_no_one_off_the_list(store: MailingDatabase, mark: str, tmp_path: Path) -> None:
    box = mbox(tmp_path, "From: anna@klinik.dk\nAuto-Submitted: auto-replied\nSubject: Re: unsubscribe\n\nx\n")

    read_unsubscribe_requests(store, box, TODAY)

    assert anna(store) == (False, 0, False)
    assert mark


@pytest.mark.parametrize(
    "head",
    [
        b"From: a:b;c@d,\nTo: <>\n",
        b"From: anna:;\nTo: :;\n",
        b"From: =?x?b?!!?=\nSubject: =?utf-8?b?/w==?= afmeld\n",
        b"From: \xff\xfe@\nSubject: \xe6\n",
        b"From: =?ut\xdaf-8?b?/w==?= <a@b>\nSubject: =?ut\xdaf-8?b?/w==?=\n",
        b"To: a@[\nContent-Type: multipart/report; boundary=\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/rfc822\n\nContent-Type: message/delivery-status\n\n\xd3: a\n b: c\n",
        b"Content-Type: message/delivery-status\n\nX: a\x0b23:b\n",
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n!!!=\n",
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: x-uuencode\n\nbegin\n",
    ],
)
def test_hostile_mail_holds_up_no_one(store: MailingDatabase, mark: str, tmp_path: Path, head: bytes) -> None:
    """CPython's newer parsers of addresses raise on such headers, and no bounce after them would be read."""
    report = REPORT.format(to="a@b.dk", action="failed", status="5.1.1", mark=mark).encode()
    (tmp_path / "box").write_bytes(b"From x\n" + head + b"\nhej\n\nFrom x\n" + report)

    leavers = read_unsubscribe_requests(store, tmp_path / "box", TODAY)
    with store.transaction() as connection:
        connection.execute("DELETE FROM read_mail")
    bounces = read_bounces(store, tmp_path / "box", TODAY)

    assert (leavers.read, bounces.read, bounces.hard) == (2, 2, 1)


def test_a_file_that_is_no_mailbox_is_refused(store: MailingDatabase, tmp_path: Path) -> None:
    (tmp_path / "box").write_text("hej")

    with pytest.raises(SendError, match="neither an mbox nor a Maildir"):
        read_bounces(store, tmp_path / "box", TODAY)


def test_messages_within_messages_do_not_keep_the_rest_from_being_read(store: MailingDatabase, tmp_path: Path) -> None:
    """Anyone may write to the mailbox that bounces come to."""
    nested = "From: x@fremmed.example\nSubject: Frameld\n" + "Content-Type: message/rfc822\n\n"
    parts = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(400))
    folder = tmp_path / "maildir"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    deep = nested + "Content-Type: message/rfc822\n\n" * 3000
    broken = "Content-Type: multipart/report; boundary=b\n\nIngen dele, men æøå.\n"
    for number, text in enumerate((deep, parts, broken, "Subject: Hej\n\nHej.\n")):
        (folder / "new" / str(number)).write_text(text, "utf-8")

    assert read_bounces(store, folder, TODAY).unmatched == 4
    assert read_unsubscribe_requests(store, folder, TODAY).known == 4
