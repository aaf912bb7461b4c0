"""Word for word in what was published: mail, text twin, e-book and handout against the source.

    python -m tests.published_words PROJECT [OUTPUTS]

publishes nothing: it reads the outputs of a project (`publish all` first) and prints every word of a source that is
missing, twice, or out of order, and every word that no source says. A line that a finding names (references moved to
the end, a block for another medium) is excused.

Mail and e-book: what the writers marked as added (`data-added`) is taken away, and the rest must be the source to the
word. Text twin and handout have no marks: there, words may come in between that stand in the labels of the language,
in `publish.toml`, or in the source's own front matter, alt texts and addresses, but no passage of the text twice.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree, html

from pipeline.config import Config, load_config
from pipeline.reading.frontmatter import read_front_matter
from pipeline.reading.lines import FindingCollector
from pipeline.rendering.styles import find_styles
from pipeline.writers import installed_writers
from tests import pdf_reading
from tests.word_for_word import EXCUSES, Word, differences, source_notes, source_words, words_of

_FLOWING = {"a", "abbr", "b", "bdi", "cite", "code", "em", "i", "q", "s", "small", "span", "strong", "sub", "sup", "u"}
_MONTHS = "januar februar marts april maj juni juli august september oktober november december"
_PASSAGE = 8
"""So many words in a row are no chance: a passage of the text stands there again."""
_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"


@dataclass(frozen=True, slots=True)
class Published:
    """The words of one output that its source must answer for."""

    format: str
    body: tuple[str, ...]
    notes: Counter[str]


def mail(path: Path) -> Published:
    """Return the words of a newsletter's HTML."""
    return _of_trees("newsletter", [html.document_fromstring(path.read_bytes())])


def book(path: Path) -> Published:
    """Return the words of an e-book's pages in reading order."""
    with zipfile.ZipFile(path) as archive:
        package = etree.fromstring(archive.read(_package(archive)))
        folder = _package(archive).rpartition("/")[0]
        hrefs = {item.get("id"): item.get("href") for item in package.iter("{*}item")}
        names = [f"{folder}/{hrefs[item.get('idref')]}".lstrip("/") for item in package.iter("{*}itemref")]
        return _of_trees("epub", [etree.fromstring(archive.read(name)) for name in names if name.endswith("html")])


def _package(archive: zipfile.ZipFile) -> str:
    container = etree.fromstring(archive.read("META-INF/container.xml"))
    return str(next(container.iter("{*}rootfile")).get("full-path"))


def _of_trees(name: str, trees: Iterable[etree._Element]) -> Published:
    body: list[str] = []
    notes: list[str] = []
    for tree in trees:
        root = next(iter(tree.iter("{*}body", "body")), tree)
        for element in list(root.iter()):
            if isinstance(element.tag, str) and "data-added" in element.attrib:
                _remove(element)
        for element in [item for item in root.iter() if isinstance(item.tag, str) and _is_notes(item)]:
            if not any(_is_notes(above) for above in element.iterancestors()):
                notes.append(_text(element))
                _remove(element)
        body.append(_text(root))
    return Published(name, tuple(words_of("\n".join(body))), Counter(words_of("\n".join(notes))))


def _is_notes(element: etree._Element) -> bool:
    kinds = f"{element.get('role') or ''} {element.get(_EPUB_TYPE) or ''}".split()
    return bool({"doc-endnotes", "doc-footnote", "endnotes", "footnotes", "footnote"} & set(kinds))


def _remove(element: etree._Element) -> None:
    parent, tail = element.getparent(), element.tail
    if parent is None:
        return
    before = element.getprevious()
    parent.remove(element)
    if before is not None:
        before.tail = (before.tail or "") + (tail or "")
    else:
        parent.text = (parent.text or "") + (tail or "")


def _text(root: etree._Element) -> str:
    """Return the words of a tree; blocks and line breaks part words, inlines do not."""
    pieces: list[str] = []

    def visit(element: etree._Element) -> None:
        if not isinstance(element.tag, str) or etree.QName(element).localname in ("style", "script", "title"):
            return
        gap = "" if etree.QName(element).localname in _FLOWING else "\n"
        pieces.append(gap + (element.text or ""))
        for child in element:
            visit(child)
            pieces.append(child.tail or "")
        pieces.append(gap)

    visit(root)
    return "".join(pieces)


def twin(path: Path) -> Published:
    """Return the words of a newsletter's text part."""
    # The numbers of links, and text alternatives.
    plain = re.sub(r"\[\d+\]|\[(Billede|Picture): [^\]]*\]", " ", path.read_text("utf-8"))
    return Published("newsletter", tuple(words_of(plain)), Counter())


def sheet(path: Path) -> Published:
    """Return the words of a handout as a reader of the page meets them."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    # PDFium marks a hyphen at a line's end by U+0002 and joins the word.
    plain = "\n".join(page.get_textpage().get_text_range().replace("\x02", "-") for page in document)
    document.close()
    return Published("handout", tuple(words_of(plain)), Counter())


_AGAIN = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\(|^[ \t>]*(\|.*)\n[ \t>]*\|[ \t:|–—-]+$", re.MULTILINE)
"""Links, which a handout lists with their addresses, and heads of tables, which it repeats."""


def said_again(markdown: str) -> tuple[str, ...]:
    """Return the passages of a source that a handout may print twice."""
    return tuple(" ".join(words_of(link or head)) for link, head in _AGAIN.findall(markdown))


def caption_lines(markdown: str) -> set[int]:
    """Return the lines of pictures: on paper one may stand elsewhere in its section, with its caption."""
    return {number for number, line in enumerate(markdown.splitlines(), 1) if re.match(r"\s*!\[[^\n]*\)\s*$", line)}


def missing_captions(pictures: set[int], wanted: list[Word], got: Published) -> Iterator[str]:
    """Yield the captions of the lines of pictures that are printed nowhere."""
    printed = " ".join(got.body)
    for line in sorted(pictures):
        caption = " ".join(word.text for word in wanted if word.line == line)
        if caption not in printed:
            yield f"line {line}: the caption is missing: {caption}"


def said_in_bands(path: Path) -> tuple[str, ...]:
    """Return what the bands below leads say of boxes overleaf, which are printed twice."""
    sections = (
        section for article in pdf_reading.tree(path.read_bytes()).find("Art") for section in article.find("Sect")
    )
    return tuple(" ".join(words_of(section.text)) for section in sections if any(map(_leads, section.find("Link"))))


def _leads(link: pdf_reading.Element) -> bool:
    return "URI" not in link.properties and bool(re.search(r"(?:se side|see page) \d+$", link.text))


def unmarked_faults(
    wanted: list[Word],
    notes: list[Word],
    got: Published,
    vocabulary: set[str],
    excused: set[int],
    again: tuple[str, ...] = (),
) -> Iterator[str]:
    """Yield the differences of an output that does not mark what its writer added.

    Args:
        again: Passages that may stand twice.
    """
    required = [word for word in wanted if word.line not in excused]
    at = 0
    for word in got.body:
        if at < len(required) and word == required[at].text:
            at += 1
    if at < len(required):
        rest = " ".join(word.text for word in required[at : at + _PASSAGE])
        yield f"line {required[at].line}: missing or out of order: {rest} …"
    in_notes = Counter(word.text for word in notes if word.line not in excused)
    added = Counter(got.body) - Counter(word.text for word in wanted)
    if in_notes - added:
        yield f"footnotes: missing {dict(in_notes - added)}"
    strange = [word for word in added if word.casefold() not in vocabulary and not word.isdigit()]
    if strange:
        yield f"added: {' '.join(strange)}"
    above = " ".join(word.text for word in wanted if not word.line)  # the title stands at the foot of every page
    source = [word.text for word in wanted] + [word.text for word in notes]
    for passage in (_passages(got.body) - _passages(source)) & Counter(set(_passages(source))):
        if not any(" ".join(passage) in known for known in (above, *again)):
            yield f"twice: {' '.join(passage)}"
            return


def _passages(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + _PASSAGE]) for at in range(len(words) - _PASSAGE + 1))


def expected(source: Path, title: str, config: Config) -> tuple[list[Word], list[Word]]:
    """Return the words that an output must have (title, lead, key points, body), and those of the footnotes."""
    markdown = source.read_text("utf-8-sig")
    parts = read_front_matter(markdown, config.sources, FindingCollector(source.name))
    opening = (title, parts.meta.lead, *parts.meta.key_points) if parts else (title,)
    above = [Word(word, 0) for words in opening for word in words_of(words)]
    return above + source_words(markdown), source_notes(markdown)


def check(project: Path, outputs: Path) -> Iterator[str]:
    """Yield a sentence for each difference between the single articles of a project and their outputs."""
    config = load_config(project, installed_writers())
    report = json.loads((outputs / "report.json").read_text("utf-8"))
    added = labels(config)
    excused = excused_lines(report)
    for entry in report["editions"]:
        if len(entry["sources"]) != 1:
            continue
        (source,) = entry["sources"]
        wanted, notes = expected(config.folder / source, entry["title"], config)
        markdown = (config.folder / source).read_text("utf-8-sig")
        own = added | set(words_of(f"{source} {markdown}".casefold()))
        for artifact in entry["artifacts"]:
            path, left_out = outputs / artifact["path"], excused.get(source, set())
            again = (*said_again(markdown), *said_in_bands(path)) if path.suffix == ".pdf" else ()
            if path.suffix == ".pdf":
                pictures = caption_lines(markdown) - left_out
                for fault in missing_captions(pictures, wanted, sheet(path)):
                    yield f"{artifact['path']}: {fault}"
                left_out = left_out | pictures
            for fault in _faults(path, wanted, notes, own, left_out, again):
                yield f"{artifact['path']}: {fault}"


def _faults(
    path: Path,
    wanted: list[Word],
    notes: list[Word],
    vocabulary: set[str],
    excused: set[int],
    again: tuple[str, ...],
) -> Iterator[str]:
    """Yield the differences of one output; pictures have no words."""
    if reader := {".txt": twin, ".pdf": sheet}.get(path.suffix):
        yield from unmarked_faults(wanted, notes, reader(path), vocabulary, excused, again)
    if reader := {".html": mail, ".epub": book}.get(path.suffix):
        got = reader(path)
        yield from differences(wanted, got.body, excused, notes)
        in_notes = Counter(word.text for word in notes if word.line not in excused)
        if in_notes != got.notes:
            yield f"footnotes: missing {dict(in_notes - got.notes)}, added {dict(got.notes - in_notes)}"


def excused_lines(report: dict[str, Any]) -> dict[str, set[int]]:
    """Return the lines of each source that a finding names as moved or left out."""
    excused: dict[str, set[int]] = {}
    for finding in report["findings"]:
        if finding["code"] in EXCUSES:
            excused.setdefault(finding["source"], set()).add(finding["line"])
    return excused


def labels(config: Config) -> set[str]:
    """Return the words that writers may add: the publisher's, and those of the words of every language."""
    files = [config.file]
    for folder in find_styles(config.folder).folders:
        files += sorted((folder / "words").glob("*.toml"))
    texts = [_MONTHS, *(path.read_text("utf-8").casefold() for path in files)]
    return {word for text in texts for word in words_of(text)}


def main(project: Path, outputs: Path) -> int:
    """Print every difference; return how many there are."""
    faults = list(check(project, outputs))
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    sys.stdout.write(f"{len(faults)} differences\n")
    return len(faults)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.exit(bool(main(folder, Path(sys.argv[2]) if len(sys.argv) > 2 else folder / "outputs")))
