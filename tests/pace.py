"""Which tests are slow: those that start a process or lay out pages, by themselves or by what they call."""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

SLOW = (
    "pipeline.build",
    "pipeline.cli",
    "pipeline.engine.cluster",
    "pipeline.engine.executor",
    "pipeline.engine.worker_pool",
    "pipeline.commands.importing",
    "pipeline.importing.importer",
    "pipeline.mailing.preflight",
    "pipeline.preview.preview_state",
    "pipeline.printing.cups",
    "pipeline.printing.published_handouts",
    "pipeline.programs",
    "pipeline.reading.pandoc",
    "pipeline.reading.reader",
    "pipeline.rendering.pdf_layout",
    "pipeline.validation.certifying",
    "pipeline.writers.handout",
    "pypandoc",
    "subprocess",
    "tests.sessions.fuzz",
    "weasyprint",
)
"""Modules that start processes or lay out pages."""
_SEARCHERS = ("cc", "gcc", "ld", "ldconfig")
"""Programs by which ctypes looks for a library."""
_STARTS = ("os.exec", "os.fork", "os.posix_spawn", "os.system", "subprocess.Popen")
_STARTERS = ("multiprocessing.popen_forkserver", "multiprocessing.popen_spawn_posix", "multiprocessing.popen_fork")


def is_slow(item: pytest.Function) -> bool:
    """Tell whether a test, a fixture of it, or a helper of theirs uses a module that is slow."""
    fixtures = [each.func for name in item.fixturenames for each in item._fixtureinfo.name2fixturedefs.get(name, ())]
    return any(name.startswith(SLOW) for name in _modules([item.function, *fixtures]))


def _modules(things: list[Any]) -> Iterator[str]:
    """Yield the modules of what functions and classes of tests use, and of what helpers in `tests` use in turn."""
    seen: set[Any] = set()
    while things:
        thing = inspect.unwrap(things.pop())
        thing = thing.hypothesis.inner_test if hasattr(thing, "hypothesis") else thing
        if isinstance(thing, type):
            yield from (base.__module__ for base in thing.__mro__)
            things += [each for each in vars(thing).values() if isinstance(each, FunctionType)]
        elif isinstance(thing, FunctionType) and thing not in seen:
            seen.add(thing)
            for name in _names(thing.__code__):
                used = thing.__globals__.get(name)
                module = used.__name__ if isinstance(used, ModuleType) else getattr(used, "__module__", None) or name
                yield module
                if module.startswith("tests."):
                    things.append(used)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def refuse_processes() -> None:
    """Let every test fail that starts a process."""

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        is_start = event in _STARTS or (event == "import" and arguments[0] in _STARTERS)
        is_search = event == "subprocess.Popen" and Path(str(arguments[0])).name in _SEARCHERS
        if is_start and not is_search and "PYTEST_CURRENT_TEST" in os.environ:
            if threading.current_thread() is not threading.main_thread():  # which may wait for this one for ever
                os._exit(1)
            pytest.fail("this test starts a process: mark it slow, or name what starts it in tests/pace.py")

    sys.addaudithook(refuse)
