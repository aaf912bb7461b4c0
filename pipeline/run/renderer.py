"""Rendering of planned editions: from the cache where it holds the files, else by the executor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from pipeline.engine.rendering_task import FILE, RenderContext, Rendered, RenderTask, failed, render, staged_name
from pipeline.engine.worker_pool import Task, TaskFailure
from pipeline.model import ArticleMeta
from pipeline.run.manifest import cached_rendering
from pipeline.run.run_context import RunContext

Results = tuple[RenderTask, dict[str, Rendered]]
"""A task and the result of each format; the files are staged."""


def render_tasks(
    run: RunContext, context: RenderContext, tasks: tuple[RenderTask, ...], load_article: Callable[[ArticleMeta], bytes]
) -> Iterator[Results]:
    """Yield the results of each task.

    Args:
        load_article: Returns an encoded article; called just before its task is handed out.
    """
    done = 0
    restored: dict[int, dict[str, Rendered]] = {}
    remaining: list[RenderTask] = []
    for task in tasks:
        known = restored[task.number] = {} if run.request.is_forced else dict(_restored(run, task))
        if len(known) < len(task.keys):
            keys = {name: key for name, key in task.keys.items() if name not in known}
            facts = {name: rendered.facts for name, rendered in known.items()}
            remaining.append(replace(task, keys=keys, facts={**task.facts, **facts}))
            continue
        done += 1
        run.progress("write", done, len(tasks))
        yield task, known
    for task, results in _rendered(run, context, remaining, load_article):
        done += 1
        run.progress("write", done, len(tasks))
        yield task, {**restored[task.number], **results}


def _restored(run: RunContext, task: RenderTask) -> Iterator[tuple[str, Rendered]]:
    """Stage the files of the formats that the cache holds, and yield these formats."""
    for name, key in task.keys.items():
        rendered = cached_rendering(run.cache, name, key)
        if rendered and _is_staged(run, task, rendered):
            yield name, rendered


def _is_staged(run: RunContext, task: RenderTask, rendered: Rendered) -> bool:
    for saved in rendered.artifacts:
        data = run.cache.get(FILE, saved.sha256)
        if data is None or (len(data), hashlib.sha256(data).hexdigest()) != (saved.bytes, saved.sha256):
            return False
        run.outputs.stage(staged_name(task.number, saved.path), data)
    return True


def _rendered(
    run: RunContext, context: RenderContext, tasks: list[RenderTask], load_article: Callable[[ArticleMeta], bytes]
) -> Iterator[Results]:
    """Yield the results of rendering; a failed task with several formats is repeated, one format at a time.

    A format that took too long is not: it would take as long again.
    """

    def results(tasks: list[RenderTask]) -> Iterator[tuple[RenderTask, dict[str, Rendered] | TaskFailure]]:
        calls = (
            Task(
                render,
                (replace(task, articles=tuple(map(load_article, task.edition_plan.all_metas))), context),
                task.timeout_s,
            )
            for task in tasks
        )
        for call, result in run.executor.render(calls):
            yield replace(call.arguments[0], articles=()), result

    lost: list[tuple[RenderTask, dict[str, Rendered]]] = []
    for task, result in results(tasks):
        if isinstance(result, TaskFailure) and len(task.keys) > 1:
            late = {name: key for name, key in task.keys.items() if name == result.late_step}
            lost.append((task, _by_format(replace(task, keys=late), result)))
        else:
            yield task, _by_format(task, result)
    for task, known in lost:
        parts = [replace(task, keys={name: key}) for name, key in task.keys.items() if name not in known]
        again = {name: own for part, result in results(parts) for name, own in _by_format(part, result).items()}
        yield task, {**known, **again}


def _by_format(task: RenderTask, result: dict[str, Rendered] | TaskFailure) -> dict[str, Rendered]:
    if not isinstance(result, TaskFailure):
        return result
    return {name: failed(task.edition_plan.front.source, name, result.message) for name in task.keys}
