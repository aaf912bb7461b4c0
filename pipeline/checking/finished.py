"""Finished files, judged by the judges that the writers face themselves: PDF, EPUB and mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import BadZipFile

from pipeline.errors import ConfigError
from pipeline.findings import Finding, found

SUFFIXES = (".pdf", ".epub", ".eml")
_CLAIM = b"pdfuaid:part"


def files_in(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the finished files that were named, or lie in folders that were, in order.

    Raises:
        ConfigError: There is none.
    """
    given = tuple(paths)
    files = sorted(
        {
            file
            for path in given
            for file in (path.rglob("*") if path.is_dir() else (path,))
            # What lies hidden there (cache, staging) is no one's to read.
            if file.suffix.lower() in SUFFIXES and file.is_file() and not _is_hidden(file, path)
        }
    )
    if not files:
        raise ConfigError(f"there is no {', '.join(SUFFIXES)} in {', '.join(map(str, given))}")
    return tuple(files)


def judge_file(path: Path, name: str) -> Iterator[Finding]:
    """Yield each rule of its format that a file breaks.

    Args:
        name: What the report calls the file.
    """
    data = path.read_bytes()
    judge = {".pdf": _pdf, ".epub": _epub, ".eml": _mail}[path.suffix.lower()]
    yield from judge(data, name)


def _pdf(data: bytes, name: str) -> Iterator[Finding]:
    import pikepdf

    from pipeline.conforming.pdf import judge

    if not data.startswith(b"%PDF"):
        yield found("file-nonconforming", name, 0, "it is no PDF")
    elif _CLAIM not in data:
        yield found("file-unclaimed", name, 0, "it claims neither PDF/UA nor PDF/A")
    else:
        try:
            faults = judge(data)
        except pikepdf.PdfError as error:
            yield found("file-nonconforming", name, 0, f"it cannot be opened: {error}")
            return
        for fault in faults:
            yield found("file-nonconforming", name, 0, f"{fault.rule}: {fault.message}")


def _epub(data: bytes, name: str) -> Iterator[Finding]:
    from pipeline.conforming.epub import judge

    try:
        faults = judge(data)
    except (BadZipFile, KeyError, ValueError) as error:
        yield found("file-nonconforming", name, 0, f"it is no EPUB: {error}")
        return
    for fault in faults:
        yield found("file-nonconforming", name, 0, str(fault))


def _mail(data: bytes, name: str) -> Iterator[Finding]:
    from pipeline.conforming.mail import judge

    # No header is expected to read as anything: that is between the writer and its edition.
    for fault in judge(data, {}):
        yield found("file-nonconforming", name, 0, f"{fault.rule}: {fault.message}")


def _is_hidden(file: Path, above: Path) -> bool:
    inside = file.relative_to(above).parts if above.is_dir() else ()
    return any(part.startswith(".") for part in inside)
