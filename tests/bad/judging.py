"""Whether what became of a case is what must become of it."""

from __future__ import annotations

import email
import email.policy
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pikepdf
import pypdfium2

from tests.bad.cases import CANARY, Case, Published, Refused, Spoiled, Stopped
from tests.bad.measuring import Measured

FORMATS = ("handout", "epub", "newsletter")
HEALTHY = "blog/ryg"
# Streams hold fonts and glyphs' numbers too, in which every byte comes by itself.
_NO_TEXT = bytes({*range(256)} - {*range(32, 127), 10})
_OURS = ("EPUB/pictures/cover.jpg",)


def faults(case: Case, ran: Measured, project: Path) -> Iterator[str]:
    """Yield what is wrong with a run over a case, beside its healthy article."""
    if "Traceback" in ran.log:
        yield f"a traceback: {ran.log[-600:]}"
    if CANARY in ran.log:
        yield "a secret from outside is in the log"
    match case.outcome:
        case Stopped(words):
            if ran.code != 2 or words not in ran.log:
                yield f"exit code {ran.code}, expected 2 with {words!r}: {ran.log[-600:]}"
            return
        case Refused() as refused:
            yield from _not_refused(case, refused, ran)
        case Published() as published:
            yield from _not_published(case, published, ran, project)
        case Spoiled() as spoiled:
            yield from _not_spoiled(spoiled, ran, project)
    for name in FORMATS:
        if isinstance(case.outcome, Spoiled) and name == case.outcome.format:
            continue
        if (status := _status(ran.report, HEALTHY, name)) not in ("written", "unchanged"):
            yield f"the healthy article is {status} in {name}"


def _not_refused(case: Case, refused: Refused, ran: Measured) -> Iterator[str]:
    source = refused.source or case.path
    errors = [item for item in _findings(ran.report, source) if item["severity"] == "error"]
    those = [
        item
        for item in errors
        if item["code"].startswith(refused.code) and item["line"] == refused.line and refused.words in item["message"]
    ]
    if not those:
        told = [(item["code"], item["line"], item["message"][:150]) for item in errors]
        yield f"no error {refused.code} on line {refused.line} with {refused.words!r}, but {told}"
    if any(not item["hint"] for item in those):
        yield f"no hint: {those[0]['message'][:150]}"
    if ran.code != 1:
        yield f"exit code {ran.code}, expected 1"
    for name in FORMATS:
        if (status := _status(ran.report, case.article_id, name)) not in ("failed", "absent"):
            yield f"it is {status} in {name}"


def _not_published(case: Case, published: Published, ran: Measured, project: Path) -> Iterator[str]:
    found = _findings(ran.report, case.path)
    codes = {item["code"] for item in found}
    for code in published.codes:
        if not any(name.startswith(code) for name in codes):
            yield f"no finding {code}, but {sorted(codes)}"
    errors = [(item["code"], item["message"][:200]) for item in found if item["severity"] == "error"]
    for name in FORMATS:
        expected = "failed" if published.but and published.but[0] == name else "written"
        if (status := _status(ran.report, case.article_id, name)) != expected:
            yield f"it is {status} in {name}: {errors}"
    if published.but and published.but[1] not in {code for code, _ in errors}:
        yield f"no error {published.but[1]}: {errors}"
    has_errors = any(item["severity"] == "error" for item in ran.report.get("findings", ()))
    if ran.code != int(has_errors) and case.is_alone:
        yield f"exit code {ran.code} with {'an' if has_errors else 'no'} error"
    yield from _not_without(published, files_of(ran.report, case.article_id, project))
    report = (project / "outputs/report.json").read_text("utf-8")
    yield from (f"{words!r} is in the report" for words in (CANARY, "root:x:0") if words in report)


def _not_without(published: Published, files: list[Path]) -> Iterator[str]:
    """Yield what is in the files and must not be, or is not in them and must be."""
    for path in files:
        said = said_in(path)
        is_markup = path.suffix in (".html", ".epub")
        unwanted = (*published.without, *(published.without_markup if is_markup else ()))
        yield from (f"{words!r} is in {path.name}" for words in unwanted if words in said)
        if path.suffix not in (".png", ".jpg"):
            missing = [words for words in published.words if _letters(words) not in _letters(said)]
            yield from (f"{words!r} is not in {path.name}" for words in missing)
        if published.pictures is not None and path.suffix == ".epub":
            pictures = [name for name in zipfile.ZipFile(path).namelist() if "/pictures/" in name and name not in _OURS]
            if len(pictures) != published.pictures:
                yield f"{len(pictures)} pictures in the book, expected {published.pictures}"


def unsafe_names(book: bytes) -> list[str]:
    """Return the names in a container that would lead out of the folder it is unpacked to, on any system."""
    with zipfile.ZipFile(io.BytesIO(book)) as container:
        names = container.namelist()
    return [
        name
        for name in names
        if name.startswith("/")
        or ".." in name.split("/")
        or any(sign in name for sign in '\\:*?"<>|')
        or not (name.isascii() and name.isprintable())
        or names.count(name) > 1
    ]


def _not_spoiled(spoiled: Spoiled, ran: Measured, project: Path) -> Iterator[str]:
    status = _status(ran.report, HEALTHY, spoiled.format)
    errors = [item for item in ran.report.get("findings", ()) if item["severity"] == "error"]
    those = [item for item in errors if item["code"] == spoiled.code and spoiled.words in item["message"]]
    if spoiled.code and (status != "failed" or not those or ran.code != 1):
        yield f"{spoiled.format} is {status}, exit code {ran.code}: {[(e['code'], e['message'][:200]) for e in errors]}"
    yield from _not_without(Published((), (CANARY, "root:x:0"), ()), files_of(ran.report, HEALTHY, project))
    if not spoiled.code and (status, ran.code) not in (("written", 0), ("failed", 1)):
        yield f"{spoiled.format} is {status}, exit code {ran.code}"


def _status(report: dict[str, Any], id_: str, name: str) -> str:
    editions = report.get("editions", ())
    return next((str(e["status"]) for e in editions if (e["id"], e["format"]) == (id_, name)), "absent")


def _findings(report: dict[str, Any], source: str) -> list[dict[str, Any]]:
    return [item for item in report.get("findings", ()) if item["source"] == source]


def files_of(report: dict[str, Any], id_: str, project: Path) -> list[Path]:
    """Return the published files of an article."""
    return [
        project / "outputs" / artifact["path"]
        for entry in report.get("editions", ())
        if entry["id"] == id_
        for artifact in entry["artifacts"]
    ]


def said_in(path: Path) -> str:
    """Return all text that a published file holds, packed or not."""
    data = path.read_bytes()
    if path.suffix == ".pdf":
        return _pdf(data)
    if path.suffix == ".epub":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            return "\n".join(_words(book.read(name), PurePosixPath(name).suffix) for name in book.namelist())
    if path.suffix == ".eml":
        message = email.message_from_bytes(data, policy=email.policy.default)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items())
        parts = (part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
        return "\n".join((headers, *parts))
    return _words(data, path.suffix)


def _words(data: bytes, suffix: str) -> str:
    """Return what a file says: of a picture or a font, what can be read in it."""
    if suffix in (".png", ".jpg", ".gif", ".otf", ".ttf", ".woff", ".woff2"):
        return data.translate(None, _NO_TEXT).decode("ascii")
    return data.decode("utf-8", "replace")


def _pdf(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        strings = [str(value) for value in pdf.docinfo.values()]
        streams = [
            item.read_bytes().translate(None, _NO_TEXT).decode("ascii")
            for item in pdf.objects
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") != "/Image"
        ]
        links = [str(item["/A"].get("/URI", "")) for item in pdf.objects if _is_link(item)]
    return "\n".join((*pages, *strings, *streams, *links))


def _is_link(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Link" and "/A" in item


def _letters(text: str) -> str:
    """Return the letters and figures of a text: lines are broken and words divided anywhere."""
    return "".join(sign for sign in unicodedata.normalize("NFC", text) if sign.isalnum() or sign in "{}*")
