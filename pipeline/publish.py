"""THE MAIN FLOW: read, bind, write, save, report."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline import writers
from pipeline.config import Config, override
from pipeline.findings import in_order
from pipeline.phases import added, taken
from pipeline.reading.binding import Binding, bind
from pipeline.report import Report
from pipeline.running.certificates import FOLDER as CERTIFICATES
from pipeline.running.certificates import Certificates
from pipeline.running.certifying import certify_books, find_judges
from pipeline.running.ledger import Ledger
from pipeline.running.library import Desk, Progress, fetch, read_library
from pipeline.running.making import Made, Order, Shop, failed, make, open_shop
from pipeline.running.plan import Rebuild, plan
from pipeline.running.record import load as load_record
from pipeline.running.saving import Outputs
from pipeline.running.selecting import Selection, narrow
from pipeline.running.shards import Shard
from pipeline.running.spool import open_spool
from pipeline.running.upkeep import prune
from pipeline.running.workers import Crash, Executor, Task, Workers


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
    shard: Shard | None = None
    """Only this share of the editions: others make the rest elsewhere."""
    wait_s: float = 5.0
    """How long to wait for another run to end."""
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
    config = override(config, request.overrides)
    outputs = Outputs((request.outputs or config.folder / "outputs").resolve())
    formats = request.formats
    with outputs.held(request.wait_s):
        spool = open_spool(outputs)
        desk = Desk(config, workers, spool, progress, formats)
        asked = request.articles
        library = read_library(desk, outputs.state, asked)
        shop = open_shop(config, formats, outputs, spool)
        if request.selection:
            library, bound_id = narrow(library, request.selection, formats, config, spool)
            asked = (bound_id,)
        bound = bind(library.cards, library.ids, writers.registered())
        before = load_record(outputs.state)
        bindings = request.shard.of(bound.bindings) if request.shard else bound.bindings
        rebuild = Rebuild(is_forced=request.is_forced, is_verified=request.is_verified)
        work = plan(bindings, formats, asked, config, shop, before, rebuild)
        ledger = Ledger(shop, before, work, is_partial=bool(request.overrides))
        is_whole = not asked and not request.shard
        ledger.refuse(bound.refused, () if request.selection else library.refused, formats)
        is_interrupted = False
        try:
            fetch(desk, library, work.cards)
            for binding, made in write(work.orders, shop, workers, progress):
                ledger.save(binding, made)
        except KeyboardInterrupt:
            is_interrupted = True
        seconds = time.monotonic() - started
        report = ledger.close(library, bound.findings, seconds, is_whole=is_whole, is_interrupted=is_interrupted)
        if work.orders:
            prune(outputs)
        phases = added(workers.taken(), taken())
        is_idle = library.is_unchanged and not work.orders
        return replace(report, is_idle=is_idle, phases=phases, reasons=work.reasons)


def certify(config: Config, request: Request, progress: Progress) -> Report:
    """Publish e-books, have them judged by EPUBCheck and Ace, and publish anew those that may now say so.

    Raises:
        ConfigError: As for `publish`; or a judge is missing, and then nothing is done.
    """
    find_judges()
    first = publish(config, request, progress)
    if first.is_interrupted:
        return first
    outputs = (request.outputs or config.folder / "outputs").resolve()
    certificates = Certificates(config.folder / CERTIFICATES)
    refusals = certify_books(first, outputs, certificates, progress, is_forced=request.is_forced)
    second = publish(config, replace(request, is_forced=False), progress)
    return replace(second, findings=in_order((*second.findings, *refusals)), seconds=first.seconds + second.seconds)


def write(
    orders: tuple[Order, ...], shop: Shop, workers: Executor, progress: Progress
) -> Iterator[tuple[Binding, tuple[Made, ...]]]:
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
