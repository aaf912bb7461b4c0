"""Targets that a project may hold: paths, state that travels, templates, words, and `publish.toml`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path, PurePath
from types import FrameType
from zlib import crc32

import msgspec

from pipeline.config import Config, Publisher, SourceSettings, load_config
from pipeline.engine import output_dir, seal
from pipeline.engine.cache import Cache
from pipeline.engine.codec import decode
from pipeline.engine.image_sizes import ImageSizes
from pipeline.engine.output_dir import STATE, OutputDir
from pipeline.engine.reading_task import is_below, summary_from_json
from pipeline.engine.rendering_task import rendered_from_json
from pipeline.errors import PublishError
from pipeline.files import write_inside
from pipeline.model import Picture
from pipeline.reading.lines import FindingCollector
from pipeline.reading.picture_finder import PictureFinder
from pipeline.reading.source_files import SourceRoots, find_roots, find_sources, read_inside, source_id
from pipeline.rendering.styles import Styles, find_styles, packaged_styles
from pipeline.rendering.words import load_words
from pipeline.run.manifest import NAME as MANIFEST
from pipeline.run.manifest import load_manifest, manifest_to_bytes
from pipeline.trusted_paths import read_regular
from pipeline.validation.certificate import certificate_from_json
from pipeline.writers import Need
from tests.makers import article

_OWN = [tempfile.TemporaryDirectory(prefix="publish-fuzz-") for _ in range(2)]  # removed at exit
_HOME, _ASIDE = (Path(os.path.realpath(each.name)) for each in _OWN)
_PROJECT, _OUTSIDE = _HOME / "project", _HOME / "outside"
_SECRET = b"what lies outside"
_SIGNS = "x"

os.environ.setdefault("XDG_STATE_HOME", str(_HOME / "state"))  # the user's own key stays as it is


# ---- paths


@cache
def _lay_out() -> tuple[str, ...]:
    """Lay a project beside a secret, with links to it, and return what lies outside."""
    for name in ("sources/blog", "outputs/.publish/staging", "outputs/handout", "styles"):
        (_PROJECT / name).mkdir(parents=True)
    (_OUTSIDE / "folder").mkdir(parents=True)
    (_HOME / "state").mkdir(exist_ok=True)  # the seal keeps its key there
    for name in ("secret", "folder/secret", "x.md"):
        (_OUTSIDE / name).write_bytes(_SECRET)
    for name in ("sources/out", "styles/out", "outputs/out", "outputs/.publish/staging/out"):
        (_PROJECT / name).symlink_to(_OUTSIDE)
        (_PROJECT / f"{name}.md").symlink_to(_OUTSIDE / "secret")
    (_PROJECT / "sources/blog/x.md").write_text(_SIGNS)
    (_PROJECT / "publish.toml").write_text("")
    return _outside()


def _outside() -> tuple[str, ...]:
    """Return the names that lie outside the project, and what its secrets hold."""
    names = sorted(str(path) for folder in (_HOME, _OUTSIDE, _OUTSIDE / "folder") for path in folder.iterdir())
    return (
        *names,
        *(path.read_text() for path in (_OUTSIDE / "secret", _OUTSIDE / "folder/secret", _OUTSIDE / "x.md")),
    )


@cache
def _roots() -> SourceRoots:
    return find_roots(Config(_PROJECT))


@cache
def _finder() -> PictureFinder:
    return PictureFinder(_roots())


def paths(data: bytes) -> None:
    """Give a name to everything that decides whether a path stays inside: nothing outside is read or changed."""
    before = _lay_out()
    name = data.decode("utf-8", "surrogateescape")
    roots = _roots()
    outputs = OutputDir(_PROJECT / "outputs")
    for use in (
        lambda: read_inside(_PROJECT / "sources" / name, roots, 1000),
        lambda: read_regular(_PROJECT / "outputs" / name)[0] if is_below(name) and "out/" not in f"{name}/" else b"",
        lambda: Styles((_PROJECT / "styles",)).data(name),
        lambda: _finder().find(name, 1, FindingCollector("sources/blog/x.md")),
        lambda: find_roots(Config(_PROJECT, sources=SourceSettings(root=name))),
        lambda: outputs.path(name).read_bytes() if is_below(name) and not outputs.path(name).is_symlink() else b"",
    ):
        with suppress(PublishError, OSError, ValueError):
            found = use()
            if found == _SECRET:
                raise AssertionError("it reads what lies outside")
    if is_below(name) and not _is_in(_PROJECT, os.path.normpath(_PROJECT / name)):
        raise AssertionError("is_below lets it out")
    id_ = source_id(PurePath(name)) if PurePath(name).name else ""  # a file has a name
    if not is_below(id_) or not _is_in(_PROJECT, os.path.normpath(_PROJECT / f"{id_}.pdf")):
        raise AssertionError(f"the id {id_!r} leads out")
    if crc32(data) % 8 == 0:  # what takes longer
        with suppress(PublishError, OSError, ValueError):
            find_sources(Config(_PROJECT, sources=SourceSettings((name,))), roots)
        _write_everywhere(name, outputs)
        if _outside() != before:
            raise AssertionError("something outside has changed")


def _write_everywhere(name: str, outputs: OutputDir) -> None:
    """Write, stage, move and remove by a name, as runs do; then tidy up."""
    with suppress(PublishError, OSError, ValueError):
        write_inside(_PROJECT, _PROJECT / "sources" / name, b"new")
    with suppress(PublishError, OSError, ValueError):
        if PurePath(name).parts and is_below(name):
            outputs.stage(name, b"new")
    with suppress(PublishError, OSError, ValueError):
        (outputs.staging / "new").write_bytes(b"new")
        outputs._carry_out(outputs.home, [("new", name), (name, "handout/new")], [name])
    for folder in ("sources", "outputs"):
        with os.scandir(_PROJECT / folder) as entries:
            for entry in list(entries):
                if entry.name not in ("blog", ".publish", "handout", "out", "out.md"):
                    output_dir._drop(Path(entry.path))
    (_PROJECT / "sources/blog/x.md").write_text(_SIGNS)


def _is_in(folder: Path, path: str) -> bool:
    return path == str(folder) or path.startswith(f"{folder}{os.sep}")


# ---- state


def state(data: bytes) -> None:
    """Read every form of state that travels with a project; the first byte says which.

    c: bytes within the file of the cache. f: manifest and journal. Else: a value of the cache, certificate, answer.
    """
    kind, rest = data[:1], data[1:]
    if kind in (b"c", b"f"):
        (_cache_file if kind == b"c" else _state_files)(rest)
        return
    for read in (decode, certificate_from_json, lambda stored: seal.unseal(stored, "asked")):
        with suppress(ValueError):
            read(rest)
    for found in (summary_from_json(rest, "sources/x.md"), rendered_from_json(rest, "handout")):
        if found and b".." in msgspec.json.encode(found) and _leads_out(json.loads(msgspec.json.encode(found))):
            raise AssertionError("its paths lead out")
    _lay_out()
    ImageSizes(_One(rest), _roots())._cached(Need(Picture("x", "0" * 64, 1, 1, "image/png"), 1, 1))


def _state_files(data: bytes) -> None:
    before = _lay_out()
    outputs = OutputDir(_PROJECT / "outputs")
    folder = outputs.home / STATE
    for sealed in (data, seal.seal(data, MANIFEST)):
        (folder / MANIFEST).write_bytes(sealed)
        manifest_to_bytes(load_manifest(outputs))
    (folder / "journal.json").write_bytes(data)
    outputs.recover()
    outputs.staging.mkdir(exist_ok=True)
    if (folder / "journal.json").exists() or _outside() != before:
        raise AssertionError("a foreign journal was carried out")


class _One:
    """Values that all are the same bytes."""

    def __init__(self, value: bytes) -> None:
        self.value = value

    def get(self, _kind: str, _key: str) -> bytes:
        return self.value

    def put(self, _kind: str, _key: str, _value: bytes) -> None:
        raise AssertionError("nothing is stored")


def _leads_out(found: dict[str, object]) -> bool:
    saved = found.get("artifacts") or ()
    return isinstance(saved, list) and any(".." in PurePath(each["path"]).parts for each in saved)


def _cache_file(data: bytes) -> None:
    """Lay bytes into a healthy cache: it gives the value that was put there, or none."""
    path = _ASIDE / "cache.db"
    good = _healthy_cache()
    at = int.from_bytes(data[:2], "big") % len(good)
    path.write_bytes(good[:at] + data[2:] + good[at + max(0, len(data) - 2) :])
    for is_owner in (False, True):
        opened = Cache(path, is_owner=is_owner)
        if opened.get("kind", "key") not in (None, b"value"):
            raise AssertionError("another value than was put there")
        opened.close()
    for suffix in ("", "-wal", "-shm", "-journal", "-damaged"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@cache
def _healthy_cache() -> bytes:
    path = _ASIDE / "cache.db"
    opened = Cache(path, is_owner=True)
    opened.put("kind", "key", b"value")
    opened.close()
    data = path.read_bytes()
    path.unlink()
    return data


# ---- templates, words, settings

_TEMPLATE = "newsletter/footer.html.j2"
_FORBIDDEN = ("os.", "subprocess.", "socket.", "shutil.", "ctypes.")
_HARMLESS = ("os.listdir", "os.scandir", "os.walk", "os.getxattr", "os.fwalk")
_watching = threading.local()


def templates(data: bytes) -> None:
    """Render a project's template: it gives text or a StyleError, and runs and writes nothing.

    Long numbers are cut short, and powers taken out: time and memory are limits of the process that renders.
    """
    text = re.sub(r"\d{3,}", "99", data.decode("utf-8", "replace").replace("**", "*"))
    path = _PROJECT / "styles" / _TEMPLATE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    os.utime(path, ns=(_next_time(), _next_time()))
    words = load_words(find_styles(_HOME), "da")
    line = {"words": "Skriv til os", "address": "mailto:k@klinik.example"}
    footer = {"lines": [line], "reason": "Du står på vores liste.", "links": [line]}
    shared = {"words": words, "publisher": Publisher("Klinik"), "footer": footer, "front": article()}
    with _watched():
        rendered = Styles((_PROJECT / "styles", packaged_styles())).render(_TEMPLATE, **shared)
    if not isinstance(rendered, str):
        raise AssertionError(f"it renders {type(rendered)}")


def _next_time(times: Iterator[int] = iter(range(10**18, 10**19, 10**6))) -> int:  # noqa: B008  # one for all calls
    """Return a later time: a process that stays knows a template by its time and size."""
    return next(times)


@contextmanager
def _watched() -> Iterator[None]:
    """Refuse what a template may not do, and give it two seconds."""
    _install_watch()
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, 2)
    writes_code, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _watching.is_on = True
    try:
        yield
    finally:
        _watching.is_on = False
        sys.dont_write_bytecode = writes_code
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise PublishError("it takes too long")


@cache
def _install_watch() -> None:
    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if not getattr(_watching, "is_on", False):
            return
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        is_write = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & writes)
        if is_write or (event.startswith(_FORBIDDEN) and event not in _HARMLESS):
            _watching.is_on = False
            raise BaseException(f"a template has done {event} {arguments}")  # nobody may catch it

    sys.addaudithook(watch)


def words(data: bytes) -> None:
    """Read a project's words, and fill each of them."""
    folder = _PROJECT / "styles/words"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "da.toml"
    path.write_bytes(data)
    os.utime(path, ns=(_next_time(), _next_time()))
    try:
        found = load_words(find_styles(_PROJECT), "da")
        for key in found.entries:
            with suppress(PublishError):
                if len(found.fill(key, page=1, pages=2)) > len(found.entries[key]) + 200:
                    raise AssertionError("a word grows")
    finally:
        shutil.rmtree(folder)


def settings(data: bytes) -> None:
    """Read a project's `publish.toml`."""
    folder = _ASIDE
    (folder / "publish.toml").write_bytes(data)
    find_roots(load_config(folder, ("handout", "epub", "newsletter")))
