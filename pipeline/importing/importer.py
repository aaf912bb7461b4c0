"""Imports documents as articles: reads, proves word for word, and writes article and pictures as a whole."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pipeline.config import Config
from pipeline.errors import ConfigError, PublishError, SourceError
from pipeline.files import check_inside, write_whole
from pipeline.findings import Finding, make_finding, sort_findings
from pipeline.importing.article_text import (
    TIMEOUT_S,
    Heading,
    front_matter,
    meta_inlines,
    take_heading,
    title_from_name,
    write_markdown,
)
from pipeline.importing.article_words import read_article_words
from pipeline.importing.document_tree import TreeCleaner
from pipeline.importing.document_words import compare_words, read_document_words
from pipeline.importing.marks import PlacedFindings
from pipeline.importing.office_files import ImportRefusedError, OfficeFile, open_office_file
from pipeline.importing.word_parts import (
    Properties,
    prepare_opendocument_file,
    prepare_word_file,
    read_properties,
    shorten,
)
from pipeline.limits import Limits
from pipeline.pictures.image_files import probe_image, verify_image
from pipeline.reading.callouts import CALLOUT_KINDS, callout_key
from pipeline.reading.outline import slugify
from pipeline.reading.pandoc import PandocFailure, convert
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources, glob_base
from pipeline.registry import warning_rule
from pipeline.trusted_paths import read_regular

_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif",
             "image/svg+xml": ".svg", "image/tiff": ".tif", "image/bmp": ".bmp"}  # fmt: skip
_MOST_DIFFERENCES = 20
_MORE_STYLES = {"dosis": "note", "dosering": "note", "dose": "note", "dosage": "note"}
"""Styles of Word beside those named as a box."""
_FORMATS = {"docx": "docx+styles", "odt": "odt", "html": "html-smart"}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of one document."""

    document: Path
    article: str = ""
    """Path from the project folder; empty where the document was refused."""
    pictures: int = 0
    words: int = 0
    """Of the document, notes included."""
    is_whole: bool = False
    """Every word of the document is in the article, in order, each cell in its place."""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    """An article that is not on disk yet."""

    name: str
    text: str
    pictures: dict[str, bytes]
    findings: list[Finding]
    heading: Heading


def import_documents(config: Config, paths: Sequence[Path], below: str, *, is_check: bool) -> list[ImportResult]:
    """Import documents, each by itself; one that is refused never stops the others.

    Args:
        below: Folder below that of the articles, with forward slashes; empty: that folder itself.
        is_check: Write nothing.

    Raises:
        ConfigError: The folder leads out of the project, or `publish.toml` is wrong.
    """
    folder = config.folder / glob_base(next(iter(config.sources.articles), "sources/*.md")) / below
    check_inside(config.folder, folder)
    taken: set[Path] = set()
    return [_import_document(path, config, folder, taken, is_check=is_check) for path in paths]


def _import_document(path: Path, config: Config, folder: Path, taken: set[Path], *, is_check: bool) -> ImportResult:
    try:
        name = _article_name(path)
        target = folder / f"{name}.md"
        for place in (target, folder / name):
            if place in taken or os.path.lexists(place):
                shown = place.relative_to(config.folder).as_posix()
                raise ImportRefusedError(f"{shown} exists already", hint="rename the document, or move the article")
        source = target.relative_to(config.folder).as_posix()
        file = open_office_file(path)
        draft = _draft_article(file, name, source, config)
        words, found = _prove(file, draft, config)
        if not is_check:
            _write_article(config.folder, folder, draft)
    except (PublishError, RecursionError) as error:
        message = error.message if isinstance(error, PublishError) else "lists, tables or boxes nested too deep"
        hint = error.hint if isinstance(error, PublishError) else ""
        return ImportResult(path, findings=(make_finding("import-refused", path.name, 0, message, hint),))
    taken |= {target, folder / name}
    findings = sort_findings([*draft.findings, *(replace(finding, source=source) for finding in found)])
    is_whole = not any(finding.code == "import-words" for finding in findings)
    return ImportResult(path, source, len(draft.pictures), words, is_whole, findings)


def _article_name(path: Path) -> str:
    if not any(sign.isalnum() for sign in path.stem):
        raise ImportRefusedError("a file name without a letter or a figure", hint="rename the file")
    name = slugify(path.stem)
    return name if path.stem.lstrip(" ._-(")[:1].isalpha() else name.removeprefix("afsnit-")


# ---- from document to text


@warning_rule(
    "import-picture",
    "A picture of the document that the article does not have: it is of a kind that no reader shows, or elsewhere.",
    "A drawing of the kind EMF, or a picture on the author's machine",
    "Save it as PNG or JPEG, and name it in the article with what it tells.",
)
def _draft_article(file: OfficeFile, name: str, source: str, config: Config) -> _Draft:
    marks = PlacedFindings()
    properties = read_properties(file) if file.kind != "html" else Properties()
    prepare = {"docx": prepare_word_file, "odt": prepare_opendocument_file}.get(file.kind)
    data = prepare(file, marks) if prepare else file.parts[""]
    options = ("--from", _FORMATS[file.kind], "--to", "json", "--track-changes=all")
    done = convert(data, options, TIMEOUT_S)
    if isinstance(done, PandocFailure):
        raise ImportRefusedError(done.message, hint="open it in Word and save it anew; or divide it")
    document = json.loads(done)
    pictures = _PictureStore(file, name, config.limits)
    cleaner = TreeCleaner(box_styles(config), pictures.save, marks)
    meta = {
        key: {"t": "MetaInlines", "c": cleaner.clean_line(meta_inlines(value))}
        for key, value in document["meta"].items()
    }
    blocks = cleaner.clean(document["blocks"])
    title, is_word = title_from_name(file.path.stem), file.kind == "docx"
    heading, blocks = take_heading(meta, blocks, properties, title, is_word=is_word)
    markdown = write_markdown(blocks, cleaner.notes, document["pandoc-api-version"])
    text, findings = marks.place(front_matter(heading, properties) + markdown, source)
    if len(text.encode()) > config.limits.source_bytes:
        raise ImportRefusedError(f"an article of {len(text):,} characters", hint="divide the document")
    return _Draft(name, text, pictures.saved, findings, heading)


def box_styles(config: Config) -> dict[str, str]:
    """Return the kind of box of each style: names of boxes, those of `[import] styles` before them."""
    known: dict[str, str] = {**CALLOUT_KINDS, **_MORE_STYLES}
    return known | {callout_key(style): callout_key(kind) for style, kind in config.imports.styles.items()}


@dataclass(slots=True)
class _PictureStore:
    """Pictures of a document that the article can show, by their path from the article."""

    file: OfficeFile
    name: str
    limits: Limits
    saved: dict[str, bytes] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)

    def save(self, target: str) -> str:
        """Return the path of a picture in the article; empty where it has none."""
        if target not in self._paths:
            self._paths[target] = ""
            try:
                data = self._read(target)
                kind = probe_image(data, self.limits.picture_pixels).media_type
                if kind != "image/svg+xml":
                    verify_image(data, self.limits.picture_pixels)
            except (SourceError, OSError, ValueError, binascii.Error):
                return ""
            path = f"{self.name}/billede-{len(self.saved) + 1}{_SUFFIXES.get(kind, '.png')}"
            self.saved[path] = data
            self._paths[target] = path
        return self._paths[target]

    def _read(self, target: str) -> bytes:
        """Return the bytes of a picture.

        Raises:
            OSError: There is none, or it lies outside of the document and its folder.
        """
        if self.file.kind != "html":
            name = f"word/{target}" if self.file.kind == "docx" else target
            size = self.file.pictures.get(name)
            if size is None or size > self.limits.picture_bytes:
                raise FileNotFoundError(target)
            return self.file.picture(name)
        if embedded := re.match(r"data:image/[\w.+-]+;base64,", target):
            return base64.b64decode(target[embedded.end() :], validate=False)
        folder = self.file.path.parent.resolve()
        path = folder / PurePosixPath(unquote(target))
        if re.match(r"[a-z]+:|//", target, re.IGNORECASE) or not path.resolve().is_relative_to(folder):
            raise FileNotFoundError(target)
        return read_regular(path, self.limits.picture_bytes)[0]


# ---- proof


@warning_rule(
    "import-words",
    "Words of the document that the article has in another place, in another form, or not at all.",
    "A table whose cells another table covers",
    "Compare both at that place, and correct the article.",
)
def _prove(file: OfficeFile, draft: _Draft, config: Config) -> tuple[int, list[Finding]]:
    """Return how many words a document has, and what the article lacks of them and the reader finds in it.

    The article is read as any other, from a folder of its own; the words of the document are read from its markup.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = Config(Path(folder), config.publisher, replace(config.sources, articles=("*.md",), root=".",
                       typography=False), limits=config.limits)  # fmt: skip
        _write_article(trial.folder, trial.folder, draft)
        roots = find_roots(trial)
        sources = find_sources(trial, roots).sources
        read = read_articles(sources, trial, roots, {source.path: source.id for source in sources})[0]
    found = [finding for finding in read.findings if finding.severity == "error" or finding.code in _SHOWN_CODES]
    document = read_document_words(file)
    words = sum(map(len, (document.body, *document.notes)))
    if read.article is None:
        return words, [*found, make_finding("import-words", "", 0, "the article cannot be read, see its error")]
    heading = draft.heading
    article = read_article_words(read.article, has_title=heading.is_from_text, has_author=bool(heading.author))
    found += _word_findings(compare_words(document, article), draft.text.split("\n"))
    return words, found


def _word_findings(parted: list[tuple[str, str]], lines: list[str]) -> list[Finding]:
    """Return a finding for each difference; words that stand in another place are one."""
    lost, added = {left for left, right in parted if not right}, {right for left, right in parted if not left}
    found = []
    for left, right in parted[:_MOST_DIFFERENCES]:
        line = next((at for at, row in enumerate(lines, 1) if right and right in row), 0)
        message = f"the document has {shorten(left)}, the article {shorten(right) if right else 'nothing'}"
        if left and left in added and not right:
            continue
        if not left:
            where = "has in another place" if right in lost else "adds"
            message = f"the article {where} {shorten(right)}"
        found.append(make_finding("import-words", "", line, message))
    return found


_SHOWN_CODES = frozenset({"alt-missing", "markup-left", "repair-undone"})
"""Warnings of the reader that concern the import; `publish check` shows all."""


# ---- writing


def _write_article(project: Path, folder: Path, draft: _Draft) -> None:
    """Write an article and its pictures; where that fails, nothing of them stays.

    Raises:
        ConfigError: Something cannot be written.
    """
    target, pictures = folder / f"{draft.name}.md", folder / draft.name
    check_inside(project, target)
    undo: list[Callable[[], object]] = []
    staged = folder / f".{draft.name}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        undo.append(lambda: shutil.rmtree(staged, ignore_errors=True))
        staged.mkdir()
        for path, data in draft.pictures.items():
            write_whole(staged / PurePosixPath(path).name, data)
        if draft.pictures:
            staged.rename(pictures)
            undo.append(lambda: shutil.rmtree(pictures, ignore_errors=True))
        else:
            staged.rmdir()
        whole = folder / f".{draft.name}.md.new"
        undo.append(lambda: whole.unlink(missing_ok=True))
        write_whole(whole, draft.text.encode())
        if os.path.lexists(target):
            raise FileExistsError(17, "it exists already")
        whole.rename(target)
    except BaseException as error:
        for step in reversed(undo):
            step()
        if isinstance(error, OSError):
            raise ConfigError(
                f"{target.name} cannot be written: {error.strerror}", hint="name another folder"
            ) from error
        raise
