"""Subscribers: consents, unsubscribing, bounces, erasure, export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes
from typing import Literal

from pipeline.mailing.addresses import address_identity, find_personal_data, holds_cpr
from pipeline.mailing.database import MailingDatabase

STALE_AFTER = timedelta(days=365)
"""A consent that has not been used for so long is doubtful (the Danish consumer ombudsman's guidance on spam)."""
MAX_SOFT_BOUNCES = 5
CSV_COLUMNS = ("address", "language", "consent_date", "consent_wording", "consent_source")
MAILABLE = "consent_on IS NOT NULL AND unsubscribed_on IS NULL AND bounced_on IS NULL"
"""No consent, no send."""


_CREATE_IMPORT_TABLE = """
    CREATE TABLE temp.brought (
        person TEXT PRIMARY KEY, address TEXT, language TEXT, consent_on TEXT, wording TEXT, source TEXT
    ) STRICT, WITHOUT ROWID
"""
_DROP_WITHDRAWN = """
    DELETE FROM temp.brought WHERE person IN (
        SELECT person FROM (
            SELECT person, max(coalesce(unsubscribed_on, ''), coalesce(bounced_on, '')) AS since
            FROM subscribers WHERE list = :list
            UNION ALL SELECT person, suppressed_on FROM suppressed WHERE list = :list
        ) JOIN temp.brought USING (person)
        WHERE since > coalesce(consent_on, '') OR (since = consent_on AND NOT :tie)
    )
"""
"""Whoever left, bounced or was forgotten after they agreed stays away."""
_UPSERT_CONSENTS = """
    INSERT INTO subscribers (person, list, address, language, token, consent_on, consent_wording, consent_source)
    SELECT person, ?, address, language, new_token(), consent_on, wording, source FROM temp.brought WHERE true
    ON CONFLICT (person, list) DO UPDATE SET
        address = excluded.address, language = excluded.language, consent_on = excluded.consent_on,
        consent_wording = excluded.consent_wording, consent_source = excluded.consent_source,
        unsubscribed_on = NULL, bounced_on = NULL, soft_bounces = 0
    WHERE subscribers.consent_on IS NULL OR excluded.consent_on > subscribers.consent_on
        OR unsubscribed_on IS NOT NULL OR bounced_on IS NOT NULL
"""
"""An older consent, or the same list once more, changes nothing."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A reader, and what they have agreed to."""

    address: str
    language: str
    on: date | None
    wording: str
    """The version of the words that were agreed to."""
    source: str
    """Where: the form of a website, a card at the reception …"""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What became of consents that were brought in."""

    new: int
    renewed: int
    """On the list already; or they had left, and have agreed again since."""
    held: int
    """They have left, bounced or been forgotten since they agreed, and stay away."""


@dataclass(frozen=True, slots=True)
class SubscriberCounts:
    """How many on a list may be mailed, and why the others may not."""

    mailable: int
    stale: int
    """Of those: agreed more than a year ago, and were not mailed since."""
    without_consent: int
    unsubscribed: int
    bounced: int
    soft: int
    """Of those that may be mailed: bounced softly many times."""


def import_consents(
    store: MailingDatabase, list_: str, consents: Iterable[Consent], *, ties_return: bool = False
) -> ImportCounts:
    """Bring consents into a list, all or none of them, each address once.

    They are laid beside the list first, in memory, and then go over in a few statements: a sender at work, and a reader
    who leaves, wait a second or two for a list of hundreds of thousands.

    Args:
        ties_return: Whoever left on the day of their consent is back. Only their own click, after it, says so.
    """
    rows = (
        (store.person(each.address), each.address, each.language, each.on.isoformat() if each.on else None,
         each.wording, each.source)
        for each in consents
    )  # fmt: skip
    with store.transaction("DEFERRED") as connection:  # it writes in memory only, so that no one waits
        connection.execute("DROP TABLE IF EXISTS temp.brought")
        connection.execute(_CREATE_IMPORT_TABLE)
        connection.executemany("INSERT OR REPLACE INTO temp.brought VALUES (?, ?, ?, ?, ?, ?)", rows)
    with store.transaction() as connection:
        held = connection.execute(_DROP_WITHDRAWN, {"list": list_, "tie": int(ties_return)}).rowcount
        all_ = connection.execute("SELECT count(*) FROM temp.brought").fetchone()[0]
        renewed = connection.execute(
            "SELECT count(*) FROM temp.brought JOIN subscribers USING (person) WHERE list = ?", (list_,)
        ).fetchone()[0]
        connection.execute(_UPSERT_CONSENTS, (list_,))
        connection.execute(
            "DELETE FROM suppressed WHERE list = ? AND person IN (SELECT person FROM temp.brought)", (list_,)
        )
        connection.execute("DROP TABLE temp.brought")
    return ImportCounts(all_ - renewed, renewed, held)


def unsubscribe_token(store: MailingDatabase, token: str, today: date) -> bool:
    """Take the reader whom a token stands for off the list, at once and for as long as they do not come back."""
    return _leave(store, "token", token, today)


def unsubscribe_address(store: MailingDatabase, address: str, today: date) -> bool:
    """Take an address off every list."""
    return _leave(store, "person", store.person(address), today)


def _leave(store: MailingDatabase, column: Literal["token", "person"], value: str, today: date) -> bool:
    with store.transaction() as connection:
        done = connection.execute(
            "UPDATE subscribers SET unsubscribed_on = coalesce(unsubscribed_on, ?) "  # noqa: S608  # constants
            f"WHERE {column} = ?", (today.isoformat(), value),
        )  # fmt: skip
        return done.rowcount > 0


def forget_address(store: MailingDatabase, address: str, today: date) -> bool:
    """Remove every trace of an address, and tell whether there was one.

    A keyed hash stays: it says nothing without the key, and still proves that no one is mailed twice, and that an old
    list does not bring back who asked to be forgotten.

    Raises:
        SendError: Another program reads in the database, so that its log cannot be emptied.
    """
    person = store.person(address)
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO suppressed (person, list, suppressed_on) "
            "SELECT person, list, ? FROM subscribers WHERE person = ?", (today.isoformat(), person)
        )  # fmt: skip
        gone = connection.execute("DELETE FROM subscribers WHERE person = ?", (person,)).rowcount
        gone += connection.execute("DELETE FROM asked WHERE person = ?", (person,)).rowcount
    for path in sorted(store.folder.trials.rglob("*")):  # drafts of a trial that was killed, too
        if not path.is_file():
            continue
        to = str(message_from_bytes(path.read_bytes())["To"])
        if address_identity(to.strip()) == address_identity(address):
            path.unlink()
            gone += 1
    store.clear()
    return gone > 0


def count_subscribers(store: MailingDatabase, list_: str, today: date) -> SubscriberCounts:
    """Return the counts of a list."""
    long_ago = (today - STALE_AFTER).isoformat()
    row = store.rows(
        f"SELECT count(*) FILTER (WHERE {MAILABLE}) AS mailable, "  # noqa: S608  # no value of a user's stands in it
        f"count(*) FILTER (WHERE {MAILABLE} AND max(consent_on, coalesce(used_on, '')) < ?) AS stale, "
        "count(*) FILTER (WHERE consent_on IS NULL) AS without_consent, "
        "count(*) FILTER (WHERE unsubscribed_on IS NOT NULL) AS unsubscribed, "
        "count(*) FILTER (WHERE bounced_on IS NOT NULL) AS bounced, "
        f"count(*) FILTER (WHERE {MAILABLE} AND soft_bounces >= ?) AS soft FROM subscribers WHERE list = ?",
        (long_ago, MAX_SOFT_BOUNCES, list_),
    )[0]
    return SubscriberCounts(**dict(row))


def find_suspect_data(store: MailingDatabase) -> list[str]:
    """Return what stands in the lists and should not, without repeating it."""
    found: list[str] = []
    for row in store.rows("SELECT list, address, consent_wording, consent_source FROM subscribers"):
        if holds_cpr(row["address"]):
            found.append(f"{row['list']}: an address looks like a CPR number")
        told = {key: find_personal_data(row[key]) for key in ("consent_wording", "consent_source")}
        found += (f"{row['list']}: {key} looks like {telling}" for key, telling in told.items() if telling)
    return sorted(set(found))


def export_csv(store: MailingDatabase, list_: str) -> str:
    """Return a list as CSV, in the form that import takes, with what has become of each reader."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow((*CSV_COLUMNS, "unsubscribed", "bounced"))
    writer.writerows(
        store.rows(
            "SELECT address, language, consent_on, consent_wording, consent_source, unsubscribed_on, bounced_on "
            "FROM subscribers WHERE list = ? ORDER BY address", (list_,)
        )
    )  # fmt: skip
    return output.getvalue()
