"""THE MAIN FLOW: read, bind, write, save, report."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from pipeline import writers
from pipeline.config import Config, override_formats
from pipeline.findings import Finding, sort_findings
from pipeline.lint.severity_policy import load_severity_policy
from pipeline.reading.editions import EditionPlan, resolve_editions
from pipeline.report import Report
from pipeline.running.certificates import FOLDER as CERTIFICATES
from pipeline.running.certificates import Certificates
from pipeline.running.certifying import certify_books, find_judges
from pipeline.running.ledger import Ledger, save_unbegun
from pipeline.running.library import Library, Progress, ReadingRoom, fetch, read_library
from pipeline.running.making import Made, Order, Shop, failed, make, open_shop
from pipeline.running.plan import Plan, Rebuild, plan
from pipeline.running.record import Record, Remembered
from pipeline.running.record import load as load_record
from pipeline.running.saving import STATE, Outputs, undisturbed
from pipeline.running.selecting import Selection, narrow
from pipeline.running.spool import open_spool
from pipeline.running.together import check_library
from pipeline.running.upkeep import prune
from pipeline.running.wordbook import open_book
from pipeline.running.workers import Crash, Executor, Task, Workers
from pipeline.timing import collect_timings, sum_timings


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for."""

    formats: tuple[str, ...]
    articles: tuple[str, ...] = ()
    """Ids of articles or editions; empty for all but drafts and unlisted ones."""
    selection: Selection | None = None
    """Articles to bind on the spot, instead of `articles`."""
    outputs: Path | None = None
    """Default: `outputs` in the project folder."""
    jobs: int = 1
    is_forced: bool = False
    is_verified: bool = False
    """Files that stand are read and compared, not only looked at."""
    wait_s: float = 5.0
    """How long to wait for another run to end."""
    today: date | None = None
    """The day that reviews are judged by; None: they are not judged."""
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Options of formats that take the place of those in `publish.toml`, for this run."""


def publish(config: Config, request: Request, progress: Progress, workers: Executor | None = None) -> Report:
    """Publish articles and editions, save what was written, and return the report.

    Args:
        workers: Who does the work, and stays for further runs; None: processes of this run alone.

    Raises:
        ConfigError: The configuration or the command cannot be meant, or another run holds the outputs.
    """
    if workers is None:
        with Workers(request.jobs, config.limits.memory_mb) as own:
            return publish(config, request, progress, own)
    started = time.monotonic()
    config = override_formats(config, request.overrides)
    outputs = outputs_of(config, request.outputs)
    with outputs.held(request.wait_s):
        before = load_record(outputs.folder / STATE)
        try:
            begun = _begin(config, request, progress, workers, outputs, before)
        except KeyboardInterrupt:
            report = save_unbegun(outputs, before, request.formats)
        else:
            report = _carry_through(begun, progress, workers)
            if begun.work.orders:
                prune(outputs)
        outputs.release()
    return replace(report, seconds=time.monotonic() - started)


def outputs_of(config: Config, folder: Path | None) -> Outputs:
    """Return the outputs of a project, or those in another folder."""
    return Outputs((folder or config.folder / "outputs").resolve(), config.outputs.releases)


def shown_in(config: Config, folder: Path | None) -> Path:
    """Return where readers find what is published, as a person would name it."""
    return Outputs(folder or config.folder / "outputs", config.outputs.releases).shown


@dataclass(frozen=True, slots=True)
class _Begun:
    """A run of which all is known, and nothing done."""

    request: Request
    room: ReadingRoom
    shop: Shop
    library: Library
    passing: tuple[Finding, ...]
    """On all sources together, and of this day: none of it is remembered."""
    work: Plan
    ledger: Ledger
    started: float


def _begin(
    config: Config, request: Request, progress: Progress, workers: Executor, outputs: Outputs, before: Record
) -> _Begun:
    """Read and bind the sources, and find out what is to be made."""
    started, asked, formats = time.monotonic(), request.articles, request.formats
    scale = load_severity_policy(config)
    spool = open_spool(outputs)
    room = ReadingRoom(config, workers, spool, progress, formats, open_book(outputs.state))
    library = read_library(room, outputs.state, asked)
    shop = open_shop(config, formats, outputs, spool)
    if request.selection:
        library, bound_id = narrow(library, request.selection, formats, config, spool)
        asked = (bound_id,)
    bound = resolve_editions(library.metas, library.ids, writers.installed_writers())
    rebuild = Rebuild(is_forced=request.is_forced, is_verified=request.is_verified)
    work = plan(bound.edition_plans, formats, asked, config, shop, before, rebuild)
    ledger = Ledger(shop, before, work, scale, is_partial=bool(request.overrides))
    ledger.refuse(bound.refused, () if request.selection else library.refused, formats)
    passing = (*bound.findings, *check_library(library, config, request.today, is_whole=_is_whole(request)))
    return _Begun(request, room, shop, library, passing, work, ledger, started)


def _is_whole(request: Request) -> bool:
    return not (request.articles or request.selection)


def _carry_through(begun: _Begun, progress: Progress, workers: Executor) -> Report:
    """Make what is to be made, save it, and return the report."""
    library, work, ledger = begun.library, begun.work, begun.ledger
    is_interrupted = False
    try:
        fetch(begun.room, library, work.metas)
        for binding, made in write(work.orders, begun.shop, workers, progress):
            with undisturbed():
                ledger.save(binding, made)
    except KeyboardInterrupt:
        is_interrupted = True
    seconds = time.monotonic() - begun.started
    with undisturbed():
        report = ledger.close(
            library, begun.passing, seconds, is_whole=_is_whole(begun.request), is_interrupted=is_interrupted
        )
    phases = sum_timings(workers.taken(), collect_timings())
    is_idle = library.is_unchanged and not work.orders
    return replace(report, is_noop=is_idle, phases=phases, reasons=work.reasons)


def standing(config: Config, request: Request, progress: Progress) -> tuple[Remembered, ...]:
    """Return what is published and up to date of what is asked for: publishing it now would change no byte.

    Raises:
        ConfigError: As for `publish`.
    """
    with Workers(request.jobs, config.limits.memory_mb) as workers:
        return _planned(config, replace(request, is_verified=True), progress, workers).unchanged


def up_to_date(config: Config, request: Request, progress: Progress, workers: Executor) -> frozenset[str]:
    """Return the ids of what is asked for that publishing now would leave as it is, in every format.

    Raises:
        ConfigError: As for `publish`.
    """
    work = _planned(config, request, progress, workers)
    return frozenset(each.id for each in work.unchanged) - {order.binding.id for order in work.orders}


def _planned(config: Config, request: Request, progress: Progress, workers: Executor) -> Plan:
    """Return what a run would do, without doing it."""
    outputs = outputs_of(config, request.outputs)
    with outputs.held(request.wait_s):
        return _begin(config, request, progress, workers, outputs, load_record(outputs.state)).work


def certify(config: Config, request: Request, progress: Progress, workers: Executor | None = None) -> Report:
    """Publish e-books, have them judged by EPUBCheck and Ace, and publish anew those that may now say so.

    Raises:
        ConfigError: As for `publish`; or a judge is missing, and then nothing is done.
    """
    find_judges()
    first = publish(config, request, progress, workers)
    if first.is_interrupted:
        return first
    outputs = outputs_of(config, request.outputs).shown
    certificates = Certificates(config.folder / CERTIFICATES)
    refusals = certify_books(first, outputs, certificates, progress, is_forced=request.is_forced)
    second = publish(config, replace(request, is_forced=False), progress, workers)
    return replace(
        second, findings=sort_findings((*second.findings, *refusals)), seconds=first.seconds + second.seconds
    )


def write(
    orders: tuple[Order, ...], shop: Shop, workers: Executor, progress: Progress
) -> Iterator[tuple[EditionPlan, tuple[Made, ...]]]:
    """Yield what became of each order; one whose worker was lost is tried again, a format at a time."""
    done = 0
    lost: list[Order] = []
    for task, result in workers.write(_tasks(orders, shop)):
        order: Order = task.arguments[0]
        if isinstance(result, Crash) and len(order.formats) > 1:
            lost.append(order)
            continue
        done += 1
        progress("write", done, len(orders))
        yield order.binding, _result(order, result)
    for order in lost:
        parts = [replace(order, formats=(name,)) for name in order.formats]
        made = [
            item for task, result in workers.write(_tasks(parts, shop)) for item in _result(task.arguments[0], result)
        ]
        done += 1
        progress("write", done, len(orders))
        yield order.binding, tuple(made)


def _tasks(orders: Iterable[Order], shop: Shop) -> list[Task]:
    return [Task(make, (order, shop), order.timeout_s) for order in orders]


def _result(order: Order, result: tuple[Made, ...] | Crash) -> tuple[Made, ...]:
    if not isinstance(result, Crash):
        return result
    return tuple(failed(order.binding.front.source, name, result.message) for name in order.formats)
