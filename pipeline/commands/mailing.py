"""`publish send` and `publish subscribers`: newsletters on their way to readers, and who they are."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.commands.shared_options import as_ids, load_project, outputs_option, project_option
from pipeline.errors import PublishError, SendError
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import Words, load_words

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.mailing.database import MailingDatabase
    from pipeline.mailing.outbox import Campaign
    from pipeline.mailing.preflight import Preflight
    from pipeline.mailing.send_flow import Mailing

MAX_ROW_ERRORS_SHOWN = 50
_MAILBOX = click.Path(path_type=Path, exists=True)
_outputs_option = outputs_option("Where it is published.")
_list_option = click.option("--list", "list_", required=True, metavar="NAME", help="A list that [sending] lists names.")


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
@click.option("--dry-run", is_flag=True, help="Look at message, sender, DNS and list, and send nothing.")
@click.option("--confirm", is_flag=True, help="Send to the whole list without asking.")
@click.option("--status", is_flag=True, help="Say what has become of this edition so far, the doubtful by name.")
@click.option("--rate", type=_parse_rate, metavar="N/min", help="At most N messages a minute.")
@click.option("--connections", type=click.IntRange(1, 20), help="To the mail server, at a time.")
@click.option("--resend-doubtful", is_flag=True, help="Send again what is in doubt: some readers may get it twice.")
@click.option(
    "--transport", type=click.Choice(["smtp", "file"]), default="smtp", help="A mail server, or files to try out."
)
@click.option("--language", metavar="TAG", help="Of checks and report. [that of the publisher]")
@project_option
@_outputs_option
def send(
    edition: str, list_: str, *, test: str | None, dry_run: bool, confirm: bool, status: bool, rate: int | None,
    connections: int | None, resend_doubtful: bool, transport: Any, language: str | None, project: Path | None,
    outputs: Path | None,
) -> int:  # fmt: skip
    """Send a published newsletter to a list: EDITION is its id, such as blog/soevn.

    Nobody gets it twice: type the same command again after a stop, and it goes on. See docs/sending.md.
    """
    from pipeline import terminal
    from pipeline.mailing import send_flow
    from pipeline.mailing.data_dir import open_data_dir
    from pipeline.mailing.database import open_database
    from pipeline.mailing.outbox import find_campaign
    from pipeline.mailing.published_edition import find_published

    settings = load_project(project)
    sending = settings.sending
    sending = replace(sending, rate=rate or sending.rate, connections=connections or sending.connections)
    settings = replace(settings, sending=sending)
    send_flow.check_can_send(settings, list_, transport)
    (edition,) = as_ids((edition,), settings, Path.cwd())
    where = (outputs or settings.folder / "outputs").resolve()
    words = load_words(find_styles(settings.folder), language or settings.publisher.language)
    if status:
        with open_database(open_data_dir(settings, where)) as store:
            campaign = find_campaign(store, edition, list_, transport)
            if campaign:
                _show_summary(settings, campaign, edition, words)
            else:
                click.echo(f"{edition} has not been sent to {list_} by {transport}")
        return 0
    with terminal.run_progress() as progress:
        published = find_published(settings, edition, where, progress)
    with send_flow.open_mailing(settings, published, list_, transport, where) as mailing:
        if test:
            mailing.test(test)
            click.echo(f"sent to {test}: look at it in a mail program, on a telephone too")
            return 0
        preflight = mailing.look()
        _show_preflight(preflight, words)
        click.echo(f"kept {mailing.keep(preflight, words)}")
        if preflight.failures or dry_run:
            return int(bool(preflight.failures))
        if not confirm:
            _confirm_sending(mailing, resend_doubtful=resend_doubtful)
        return _send_to_list(mailing, preflight, words, resend_doubtful=resend_doubtful)


def _confirm_sending(mailing: Mailing, *, resend_doubtful: bool) -> None:
    """Have a person say yes."""
    from pipeline.mailing.settings import list_title

    if not sys.stdin.isatty():
        raise click.UsageError("say --confirm to send to the whole list, or --dry-run to look only")
    title = list_title(mailing.config.sending, mailing.list)
    again = " Readers in doubt may get it twice." if resend_doubtful else ""
    click.confirm(f"Send “{mailing.published.title}” to the list “{title}”?{again}", abort=True)


def _send_to_list(mailing: Mailing, preflight: Preflight, words: Words, *, resend_doubtful: bool) -> int:
    """Queue and send, show how far it is, and close with the report, whatever happens."""
    from pipeline import terminal

    campaign = mailing.queue(resend_doubtful=resend_doubtful)
    counts = campaign.counts()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what stops a service ends in good order, as Ctrl-C does
    try:
        with terminal.sending_progress(counts["queued"] + counts["deferred"]) as advance:
            mailing.sender(campaign, advance).send()
    except KeyboardInterrupt:
        click.echo("Stopped: what was sent is noted; type the same command again to go on.", err=True)
        raise
    finally:
        _show_summary(mailing.config, campaign, mailing.published.id, words)
        try:  # the report has said it all, whether or not this succeeds
            mailing.keep(preflight, words)
        except PublishError as error:
            click.echo(f"warning: the evidence shows the outbox as it was before sending: {error}", err=True)
    counts = campaign.counts()
    return int(any(counts[state] for state in ("in doubt", "deferred", "queued")))


def _show_summary(settings: Config, campaign: Campaign, edition: str, words: Words) -> None:
    from pipeline.mailing.evidence import report
    from pipeline.mailing.settings import list_title

    click.echo("\n" + report(campaign, edition, list_title(settings.sending, campaign.list_), words))


def _show_preflight(preflight: Preflight, words: Words) -> None:
    rows = [
        (words[f"preflight_verdict_{check.verdict}"], words[f"preflight_name_{check.name}"], check.told(words))
        for check in preflight.checks
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for verdict, name, told in rows:
        click.echo(f"{verdict:<{widths[0]}}  {name:<{widths[1]}}  {told}")


# ---- the list


def _on_list(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the project and its open database, in the place of `--project` and `--outputs`."""

    @wraps(command)
    def opened(*, project: Path | None, outputs: Path | None, **values: Any) -> int:
        from pipeline.mailing.data_dir import open_data_dir
        from pipeline.mailing.database import open_database
        from pipeline.mailing.settings import list_title, require_packages, validated_settings

        require_packages()
        settings = load_project(project)
        sending = validated_settings(settings)
        if "list_" in values:
            list_title(sending, values["list_"])
        where = (outputs or settings.folder / "outputs").resolve()
        with open_database(open_data_dir(settings, where)) as store:
            return command(settings, store, **values)

    return project_option(_outputs_option(opened))


@click.group()
def subscribers() -> None:
    """Keep the list: who has agreed to be mailed, since when and to what."""


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_list_option
@click.option("--skip-faulty", is_flag=True, help="Take the rows that can be read, and leave those that cannot.")
@_on_list
def import_(settings: Config, store: MailingDatabase, file: Path, list_: str, *, skip_faulty: bool) -> int:
    """Bring FILE, a table in CSV, into a list. Sends nothing.

    Its first line names the columns: address;consent_date;consent_wording;consent_source, and language where it is not
    that of the publisher. Where a row cannot be read, nothing is brought in.
    """
    from pipeline.mailing import csv_import
    from pipeline.mailing import subscribers as readers

    today = datetime.now(UTC).date()
    table = csv_import.read_csv(file, settings.publisher.language, settings.sources.dates, today)
    for fault in table.faults[:MAX_ROW_ERRORS_SHOWN]:
        click.echo(f"{file.name}:{fault.line}: {fault.message}", err=True)
    if (more := len(table.faults) - MAX_ROW_ERRORS_SHOWN) > 0:
        click.echo(f"… and {more} more", err=True)
    if table.faults and not skip_faulty:
        click.echo(
            f"error: nothing is brought in: {len(table.faults)} faults, {len(table.consents)} rows without\n"
            "hint: mend the rows, or leave them out: --skip-faulty", err=True,
        )  # fmt: skip
        return 1
    added = readers.import_consents(store, list_, table.consents)
    click.echo(
        f"{added.new} new, {added.renewed} on the list already, {added.held} stay away (they left, bounced or were "
        f"forgotten after this consent); read as {table.encoding}. Nothing is sent."
    )
    return 0


@subscribers.command("export")
@_list_option
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file for you alone. [the screen]")
@_on_list
def export(_settings: Config, store: MailingDatabase, list_: str, output: Path | None) -> int:
    """Print a list as CSV, with every consent."""
    from pipeline.mailing import subscribers as readers
    from pipeline.mailing.data_dir import write_private

    table = readers.export_csv(store, list_)
    if output is None:
        click.echo(table, nl=False)
    else:
        write_private(output, table.encode("utf-8-sig"))  # Excel takes it for Windows-1252 without the mark
        click.echo(f"made {output}: it names your readers, so take it away when it has served", err=True)
    return 0


@subscribers.command()
@click.argument("address")
@_on_list
def forget(_settings: Config, store: MailingDatabase, address: str) -> int:
    """Remove every trace of ADDRESS from every list and trial; that it was mailed stays known, by a keyed hash."""
    from pipeline.mailing import subscribers as readers
    from pipeline.mailing.addresses import AddressError, read_address

    try:
        address = read_address(address)
    except AddressError as error:
        raise SendError(f"{address!r}: {error}") from error
    was_known = readers.forget_address(store, address, datetime.now(UTC).date())
    click.echo("forgotten: no trace of the address is left here; think of backups" if was_known else "not known here")
    return 0


@subscribers.command("check")
@_on_list
def check_lists(settings: Config, store: MailingDatabase) -> int:
    """Count each list by consent, and look for what must not stand in it."""
    from pipeline.mailing import subscribers as readers

    for name in settings.sending.lists:
        counts = readers.count_subscribers(store, name, datetime.now(UTC).date())
        click.echo(
            f"{name}: {counts.mailable} may be mailed, {counts.without_consent} without consent, "
            f"{counts.unsubscribed} have left, {counts.bounced} bounced"
        )
        if counts.stale:
            click.echo(f"warning: {name}: {counts.stale} consents are older than 12 months and were not used since")
        if counts.soft:
            click.echo(f"warning: {name}: {counts.soft} have bounced softly many times")
    doubts = readers.find_suspect_data(store)
    for doubt in doubts:
        click.echo(f"error: {doubt}", err=True)
    return int(bool(doubts))


@subscribers.command()
@click.option(
    "--from-mailbox", "mailbox", required=True, type=click.Path(path_type=Path, exists=True), help="mbox, Maildir."
)
@_on_list
def unsubscribe(_settings: Config, store: MailingDatabase, mailbox: Path) -> int:
    """Take off the lists whoever asked for it by mail. The mailbox is left as it is; reading it twice counts once."""
    from pipeline.mailing.incoming_mail import read_unsubscribe_requests

    tally = read_unsubscribe_requests(store, mailbox, datetime.now(UTC).date())
    click.echo(
        f"{tally.read} read, {tally.known} of them before; {tally.left} have left; {tally.unmatched} to be read by you"
    )
    return 0


@subscribers.command()
@click.argument("mailbox", type=_MAILBOX)
@_on_list
def bounces(_settings: Config, store: MailingDatabase, mailbox: Path) -> int:
    """Read messages that could not be delivered, from an mbox or Maildir: hard ones suppress, soft ones are counted."""
    from pipeline.mailing.incoming_mail import read_bounces

    tally = read_bounces(store, mailbox, datetime.now(UTC).date())
    read = f"{tally.read} read, {tally.known} of them before"
    told = f"{tally.hard} hard, mailed no more; {tally.soft} soft, counted"
    click.echo(f"{read}; {told}; {tally.unmatched} about nothing that was sent from here")
    return 0


@subscribers.command()
@click.option("--host", default="127.0.0.1", help="Address to listen at. [127.0.0.1: behind nginx or Caddy]")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, help="[8025]")
@click.option("--transport", type=click.Choice(["smtp", "file"]), default="smtp", help="How mails that confirm go out.")
@_on_list
def serve(settings: Config, store: MailingDatabase, host: str, port: int, transport: str) -> int:
    """Run the pages that readers sign up and leave by. See docs/sending.md for nginx and Caddy."""
    from pipeline.mailing.signup_service import serve as run

    run(settings, store, host, port, is_trial=transport == "file")
    return 0
