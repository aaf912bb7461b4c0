"""`publish send` and `publish subscribers`: send newsletters, and manage the mailing lists."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pipeline import terminal
from pipeline.commands.shared_options import as_ids, load_project, outputs_option, project_option
from pipeline.config import Config
from pipeline.errors import PublishError, SendError
from pipeline.mailing import subscribers as lists
from pipeline.mailing.addresses import AddressError, read_address
from pipeline.mailing.database import MailingDatabase, open_data_dir, open_database, write_private
from pipeline.mailing.incoming_mail import read_bounces, read_unsubscribe_requests
from pipeline.mailing.outbox import Campaign, find_campaign, restore_bounced
from pipeline.mailing.preflight import Preflight, find_published
from pipeline.mailing.send_flow import Mailing, campaign_report, check_can_send, open_mailing
from pipeline.mailing.settings import list_title, validated_settings
from pipeline.mailing.subscribers import read_csv
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import Words, load_words

MAX_ROW_ERRORS_SHOWN = 50
_MAILBOX = click.Path(path_type=Path, exists=True)
_outputs_option = outputs_option("Folder of published files.")
_list_option = click.option("--list", "list_", required=True, metavar="NAME", help="A list that [sending] lists names.")
_transport_option = click.option(
    "--transport", type=click.Choice(["smtp", "file"]), default="smtp", help="Mail server, or files for a trial. [smtp]"
)


def _parse_rate(written: str) -> int:
    """Return messages a minute: `60`, or `60/min`."""
    number = written.removesuffix("/min")
    if not (number.isascii() and number.isdigit() and int(number)):
        raise click.BadParameter(f"{written!r}, expected messages a minute, such as 60/min")
    return int(number)


@click.command()
@click.argument("edition")
@_list_option
@click.option("--test", metavar="ADDRESS", help="Send one message to this address, on a list or not, and stop.")
@click.option("--dry-run", is_flag=True, help="Check message, sender, DNS and list; send nothing.")
@click.option("--confirm", is_flag=True, help="Send to the whole list without asking.")
@click.option(
    "--status", is_flag=True, help="Show the state of this campaign, with the addresses whose delivery is in doubt."
)
@click.option("--rate", type=_parse_rate, metavar="N/min", help="At most N messages a minute.")
@click.option("--connections", type=click.IntRange(1, 20), help="Parallel connections to the mail server.")
@click.option("--resend-doubtful", is_flag=True, help="Send again what is in doubt: some readers may get it twice.")
@_transport_option
@click.option("--language", metavar="TAG", help="Language of checks and report. [the publisher's]")
@project_option
@_outputs_option
def send(
    edition: str, list_: str, *, test: str | None, dry_run: bool, confirm: bool, status: bool, rate: int | None,
    connections: int | None, resend_doubtful: bool, transport: Any, language: str | None, project: Path | None,
    outputs: Path | None,
) -> int:  # fmt: skip
    """Send a published newsletter to a list: EDITION is its id, such as blog/soevn.

    Nobody gets it twice: after a stop, repeat the command to continue. See docs/sending.md.
    """
    settings = load_project(project)
    sending = settings.sending
    sending = replace(sending, rate=rate or sending.rate, connections=connections or sending.connections)
    settings = replace(settings, sending=sending)
    check_can_send(settings, list_, transport)
    (edition,) = as_ids((edition,), settings, Path.cwd())
    where = (outputs or settings.folder / "outputs").resolve()
    words = load_words(find_styles(settings.folder), language or settings.publisher.language)
    if status:
        with open_database(open_data_dir(settings, where)) as store:
            if campaign := find_campaign(store, edition, list_, transport):
                _print_campaign_report(settings, campaign, edition, words)
            else:
                click.echo(f"{edition} has not been sent to {list_} by {transport}")
        return 0
    with terminal.run_progress() as progress:
        published = find_published(settings, edition, where, progress)
    with open_mailing(settings, published, list_, transport, where) as mailing:
        if test:
            mailing.send_test(test)
            click.echo(f"sent to {test}: check it in a mail program, on a phone too")
            return 0
        preflight = mailing.run_preflight()
        _print_preflight(preflight, words)
        click.echo(f"saved {mailing.save_evidence(preflight, words)}")
        if preflight.failures or dry_run:
            return int(bool(preflight.failures))
        if not confirm:
            _confirm_sending(mailing, resend_doubtful=resend_doubtful)
        return _send_to_list(mailing, preflight, words, resend_doubtful=resend_doubtful)


def _confirm_sending(mailing: Mailing, *, resend_doubtful: bool) -> None:
    """Ask a person to confirm.

    Raises:
        click.Abort: The answer was no.
        click.UsageError: There is no terminal to ask in.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("add --confirm to send to the whole list, or --dry-run to run the checks only")
    title = list_title(mailing.config.sending, mailing.list)
    again = " Readers whose delivery is in doubt may get it twice." if resend_doubtful else ""
    click.confirm(f"Send “{mailing.published.title}” to the list “{title}”?{again}", abort=True)


def _send_to_list(mailing: Mailing, preflight: Preflight, words: Words, *, resend_doubtful: bool) -> int:
    """Queue and send with a progress display; print the report and save the evidence even after an error."""
    campaign = mailing.queue(resend_doubtful=resend_doubtful)
    counts = campaign.counts()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM stops sending as Ctrl-C does
    try:
        with terminal.sending_progress(counts["queued"] + counts["deferred"]) as advance:
            mailing.sender(campaign, advance).send()
    except KeyboardInterrupt:
        click.echo("Stopped. What was sent is recorded: repeat the command to continue.", err=True)
        raise
    finally:
        _print_campaign_report(mailing.config, campaign, mailing.published.id, words)
        try:  # an error here must not hide the one from sending
            mailing.save_evidence(preflight, words)
        except PublishError as error:
            click.echo(f"warning: the evidence was not updated after sending: {error}", err=True)
    counts = campaign.counts()
    return int(any(counts[state] for state in ("in doubt", "deferred", "queued")))


def _print_campaign_report(settings: Config, campaign: Campaign, edition: str, words: Words) -> None:
    click.echo("\n" + campaign_report(campaign, edition, list_title(settings.sending, campaign.list_), words))


def _print_preflight(preflight: Preflight, words: Words) -> None:
    rows = [
        (words[f"preflight_verdict_{check.verdict}"], words[f"preflight_name_{check.name}"], check.told(words))
        for check in preflight.checks
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for verdict, name, result in rows:
        click.echo(f"{verdict:<{widths[0]}}  {name:<{widths[1]}}  {result}")


# ---- publish subscribers


def _with_database(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `--project` and `--outputs`; call the command with the configuration and the open database instead."""

    @wraps(command)
    def opened(*, project: Path | None, outputs: Path | None, **values: Any) -> int | None:
        settings = load_project(project)
        validated_settings(settings)
        if "list_" in values:
            list_title(settings.sending, values["list_"])
        with open_database(open_data_dir(settings, (outputs or settings.folder / "outputs").resolve())) as store:
            return command(settings, store, **values)

    return project_option(_outputs_option(opened))


@click.group()
def subscribers() -> None:
    """Manage the mailing lists: subscribers and their consents."""


@subscribers.command()
@click.option("--new", is_flag=True, help="Begin empty lists: who has left the former ones is forgotten.")
@project_option
@_outputs_option
def bind(*, new: bool, project: Path | None, outputs: Path | None) -> None:
    """Let this project send to the lists in its data folder, which is asked where it is a copy of another one."""
    settings = load_project(project)
    validated_settings(settings)
    where = (outputs or settings.folder / "outputs").resolve()
    with open_database(open_data_dir(settings, where, "new" if new else "share")) as store:
        click.echo(f"this project sends to the lists in {store.folder.path}; commit its sending.id")


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_list_option
@click.option("--skip-faulty", is_flag=True, help="Import the valid rows, and skip the others.")
@_with_database
def import_(settings: Config, store: MailingDatabase, file: Path, list_: str, *, skip_faulty: bool) -> int:
    """Import subscribers from FILE, a CSV table. Nothing is sent.

    The first line names the columns: address;consent_date;consent_wording;consent_source, and language where it is not
    that of the publisher. If a row is invalid, nothing is imported.
    """
    table = read_csv(file, settings.publisher.language, settings.sources.dates, datetime.now(UTC).date())
    for fault in table.faults[:MAX_ROW_ERRORS_SHOWN]:
        click.echo(f"{file.name}:{fault.line}: {fault.message}", err=True)
    if (more := len(table.faults) - MAX_ROW_ERRORS_SHOWN) > 0:
        click.echo(f"… and {more} more", err=True)
    if table.faults and not skip_faulty:
        click.echo(
            f"error: nothing is imported: {len(table.faults)} errors, {len(table.consents)} valid rows\n"
            "hint: correct the rows, or skip them: --skip-faulty", err=True,
        )  # fmt: skip
        return 1
    added = lists.import_consents(store, list_, table.consents)
    click.echo(
        f"{added.new} new, {added.renewed} on the list already, {added.held} not imported (they left, bounced or were "
        f"erased after this consent); encoding: {table.encoding}. Nothing was sent."
    )
    return 0


@subscribers.command("export")
@_list_option
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file that only you can read. [stdout]"
)
@_with_database
def export(_settings: Config, store: MailingDatabase, list_: str, output: Path | None) -> None:
    """Print a list as CSV, with every consent."""
    table = lists.export_csv(store, list_)
    if output is None:
        click.echo(table, nl=False)
    else:
        write_private(output, table.encode("utf-8-sig"))  # without the byte order mark, Excel reads Windows-1252
        click.echo(f"saved {output}: it holds your readers' addresses, so delete it after use", err=True)


@subscribers.command()
@click.argument("address")
@_with_database
def forget(_settings: Config, store: MailingDatabase, address: str) -> None:
    """Erase ADDRESS from every list and trial; a keyed hash of it stays, so that it is not mailed again."""
    try:
        address = read_address(address)
    except AddressError as error:
        raise SendError(f"{address!r}: {error}") from error
    was_known = lists.forget_address(store, address, datetime.now(UTC).date())
    click.echo("erased: the address is in no list any more; delete it from backups too" if was_known else "not found")


@subscribers.command("check")
@_with_database
def check_lists(settings: Config, store: MailingDatabase) -> int:
    """Count the subscribers of each list, and report personal data that must not be stored."""
    for name in settings.sending.lists:
        counts = lists.count_subscribers(store, name, datetime.now(UTC).date())
        click.echo(
            f"{name}: {counts.mailable} may be mailed, {counts.without_consent} without consent, "
            f"{counts.unsubscribed} have left, {counts.bounced} bounced"
        )
        if counts.stale:
            click.echo(
                f"warning: {name}: {counts.stale} consents are older than 12 months and have not been used since"
            )
        if counts.soft:
            click.echo(f"warning: {name}: {counts.soft} have soft-bounced many times")
    for message in (found := lists.find_suspect_data(store)):
        click.echo(f"error: {message}", err=True)
    return int(bool(found))


@subscribers.command()
@click.option("--from-mailbox", "mailbox", required=True, type=_MAILBOX, help="mbox or Maildir.")
@_with_database
def unsubscribe(_settings: Config, store: MailingDatabase, mailbox: Path) -> None:
    """Unsubscribe whoever asked for it by mail. The mailbox stays unchanged; a message counts once."""
    tally = read_unsubscribe_requests(store, mailbox, datetime.now(UTC).date())
    click.echo(
        f"{tally.read} read, {tally.known} of them before; {tally.left} unsubscribed; {tally.unmatched} for you to read"
    )


@subscribers.command()
@click.argument("mailbox", type=_MAILBOX)
@_with_database
def bounces(_settings: Config, store: MailingDatabase, mailbox: Path) -> None:
    """Read bounces from an mbox or Maildir: hard ones suppress the subscriber, soft ones are counted."""
    tally = read_bounces(store, mailbox, datetime.now(UTC).date())
    click.echo(
        f"{tally.read} read, {tally.known} of them before; {tally.hard} hard, suppressed; {tally.soft} soft, counted; "
        f"{tally.unmatched} not for our messages"
    )


@subscribers.command()
@click.option("--campaign", "edition", required=True, metavar="EDITION", help="The edition that was sent.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), default="2000-01-01", metavar="DATE",
    help="Only bounces of this day and later, such as 2026-11-24.",
)  # fmt: skip
@_with_database
def restore(settings: Config, store: MailingDatabase, edition: str, since: datetime) -> None:
    """Take back the bounces of a campaign, such as one in which the mail server refused everyone.

    Readers who have left or were erased stay away.
    """
    (edition,) = as_ids((edition,), settings, Path.cwd())
    count = restore_bounced(store, edition, since.date())
    click.echo(f"{count} restored; those whom the server refused get {edition} when it is sent again")


@subscribers.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on. [127.0.0.1: behind nginx or Caddy]")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, help="[8025]")
@_transport_option
@_with_database
def serve(settings: Config, store: MailingDatabase, host: str, port: int, transport: str) -> None:
    """Serve the pages for signing up and unsubscribing. See docs/sending.md for nginx and Caddy."""
    from pipeline.mailing.signup_server import run_signup_service

    run_signup_service(settings, store, host, port, is_trial=transport == "file")
