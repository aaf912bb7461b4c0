"""Word for word: does every word of a source stand in what was made of it, once and in order?

The words of a source are found here by plain rules of their own, from the raw text: neither the repairs nor pandoc nor
another Markdown parser has a part in it, so that a mistake of theirs cannot hide itself.

    python tests/word_for_word.py FOLDER

reads every Markdown file below a folder and prints each word that is missing or was added.
"""

from __future__ import annotations

import difflib
import html
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.findings import Finding
from pipeline.model import Block, Note, Picture, text, walk
from pipeline.reading.block_builder import build_blocks
from pipeline.reading.lines import FindingCollector, SourceLine
from pipeline.reading.outline import build_outline
from pipeline.reading.pandoc import PandocFailure, parse_many
from pipeline.reading.repairs import repair_lines

EXCUSES = frozenset({"references-moved", "note-unused"})
"""Findings that name a line whose words were left out or stand elsewhere."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of letters and figures, and the line of the source it stands on."""

    text: str
    line: int


# ---- words of a source


def source_words(markdown: str) -> list[Word]:
    """Return the words of a source that are not markup, in order, without footnotes and front matter."""
    body, _ = _apart(_visible(markdown))
    return _numbered(body)


def source_notes(markdown: str) -> list[Word]:
    """Return the words of the footnotes of a source."""
    _, notes = _apart(_visible(markdown))
    return _numbered(notes)


def words_of(plain: str) -> list[str]:
    """Return the words of rendered text."""
    return _WORD.findall(_bare(plain))


_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_MONTHS = "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"


def _bare(plain: str) -> str:
    # NFKC would turn ² into 2, which is another word.
    return unicodedata.normalize("NFC", plain.translate(_INVISIBLE))


def _numbered(plain: str) -> list[Word]:
    return [Word(word, number) for number, row in enumerate(plain.split("\n"), 1) for word in words_of(row)]


def _lines_kept(instead: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """Return a replacement that keeps as many line ends as there were, so that words keep their lines."""

    def replaced(match: re.Match[str]) -> str:
        new = instead(match)
        return new + "\n" * (match[0].count("\n") - new.count("\n"))

    return replaced


_KNOWN = re.compile(
    r"</?(?:p|div|br|hr|li|ul|ol|h[1-6]|table|tr|td|th|thead|tbody|section|details|summary|center|blockquote|img|figure"
    r"|figcaption|dl|dt|dd|kbd|font|q|cite|ins|var|samp|label|button|time|big|tt|center|header|footer|main|article|aside"
    r"|nav|form|address|pre)\b[^<>]*>"
)


def _is_prose(tag: str) -> bool:
    """Return whether angle brackets hold plain words, such as `<dit navn>`."""
    return bool(re.fullmatch(r"<[a-zæøå]+(?: [a-zæøå]+)*>", tag)) and not _KNOWN.fullmatch(tag)


_ALERT = r"\[![^\[\]\n]{1,40}\][+-]?"
_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)", lambda match: html.escape(match[2])),
    (r"(?s)<!--.*?-->|\{/\*.*?\*/\}", lambda _: ""),
    (r"(?s)<(script|style|iframe|video|audio|object|svg|noscript)\b[^>]*?(?:/>|>.*?</\1\s*>)", lambda _: ""),
    (r"(?m)^(?:import\s.*from\s+['\"].*|import\s+['\"].*|export\s.*)$", lambda _: ""),
    (r"(?m)^[ \t>]*(?:`{3,}|~{3,}).*$", lambda _: ""),
    (rf"(?m)^([ \t]*>[ \t]*){_ALERT}", lambda match: match[1]),
    (r"(?m)^[ \t]*:{3,}[ \t]*\{[^}\n]*\btitle=\"([^\"\n]*)\"[^}\n]*\}", lambda match: match[1]),
    (r"(?m)^[ \t]*:{3,}[ \t]*(?:\{[^}\n]*(?:\}|$)|[\w-]+)?(?:\[([^\]\n]*)\])?", lambda match: match[1] or ""),
    (
        r"!\[(?:[^\[\]]|\[[^\]]*\])*\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*[ \t]*(?:\"([^\"]*)\"|'([^']*)')?\)",
        lambda match: match[1] or match[2] or "",
    ),
    (r"\]\s?\((?:<[^<>\n]*>|[^()\n\"]|\([^()\n]*\))*(?:\"[^\"\n]*\")?\)", lambda _: "]"),
    (r"\]\((?:https?://|www\.)[^\s()]*", lambda _: "]"),
    (r"\](?:\{[^{}\n]*\})", lambda _: "]"),
    (r"\]\[[^\[\]\n]*\]", lambda _: "]"),
    (r"(?m)^\{[.#:][^{}\n]*\}[ \t]*$", lambda _: ""),
    (r"(?m)(^#.*?)[ \t]*\{[#.][^{}\n]*\}[ \t]*$", lambda match: match[1]),
    (r"<(https?://[^\s<>]+|mailto:[^\s<>]+|[^\s<>@]+@[^\s<>]+)>", lambda match: match[1]),
    (r"(?i)</?(?:sub|sup|b|i|em|strong|u|s|del|a|span|abbr|code|small|mark)(?:\s+[\w-]+=[^<>]*)?\s*/?>", lambda _: ""),
    (r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>", lambda match: match[0] if _is_prose(match[0]) else " "),
    (r"(?m)^[ \t]*\|?[ \t]*:?[-–—]+:?[ \t]*(?:\|[ \t]*:?[-–—]+:?[ \t]*)*\|?[ \t]*$", lambda _: ""),
    (rf"(?mi)^[ \t>]*(?:[-*+•][ \t]+)*\d{{1,3}}[.)][ \t]+(?!(?:{_MONTHS})\b[^\n])", lambda _: ""),
    (r"\[\^[^\]\s]+\](?!:)", lambda _: ""),
    # Two figures with asterisks between them are two numbers: `3*10` must not become 310.
    (r"(?<=[^\W_])\*(?=\d)|(?<=\d)\*(?=[^\W_])|(?<=\d)\*+(?=\d)", lambda _: " "),
    (r"\*+|~~|`+", lambda _: ""),
    (r"\\([^\w\s])", lambda match: match[1]),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), _lines_kept(instead)) for pattern, instead in _RULES)


def _visible(markdown: str) -> str:
    """Return a source without its markup, line by line as it was; definitions of footnotes keep their mark."""
    plain = markdown.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    front = re.match(r"---[ \t]*\n.*?\n---[ \t]*(?:\n|$)", plain, re.DOTALL)
    if front:
        plain = "\n" * front[0].count("\n") + plain[front.end() :]
    for pattern, instead in _COMPILED:
        plain = pattern.sub(instead, plain)
    plain = re.sub(
        r"(?m)^[ ]{0,3}\[([^\^\]\n]+)\]:[ \t]*\S+.*$", lambda m: "" if plain.count(f"[{m[1]}]") > 1 else m[0], plain
    )
    return html.unescape(plain)


def _apart(plain: str) -> tuple[str, str]:
    """Return the text and the footnotes, each with the lines of the other left empty."""
    body: list[str] = []
    notes: list[str] = []
    in_note, after_blank = False, False
    for row in plain.split("\n"):
        definition = re.match(r"[ ]{0,3}\[\^[^\]\s]+\]:(.*)$", row)
        if definition:
            in_note = True
        elif row.strip() and after_blank and not row.startswith(("    ", "\t")):
            in_note = False
        after_blank = not row.strip()
        body.append("" if in_note else row)
        notes.append(definition[1] if definition else row if in_note else "")
    return "\n".join(body), "\n".join(notes)


# ---- words of what was made


def block_words(blocks: tuple[Block, ...], heading: str = "") -> list[str]:
    """Return the words of an article's blocks, its title in front, without footnotes.

    The blocks are taken in the order of the source, where references may have stood before other text.
    """
    in_order: tuple[Block, ...] = tuple(sorted(blocks, key=lambda block: block.line))
    return words_of(f"{heading} {text(in_order)}")


def block_notes(blocks: tuple[Block, ...]) -> Counter[str]:
    """Return the words of the footnotes of an article's blocks."""
    notes = [node for node in walk(blocks) if isinstance(node, Note)]
    unique = {note.blocks: note for note in notes}.values()
    return Counter(word for note in unique for word in words_of(text(note.blocks)))


# ---- comparing


def differences(
    expected: Sequence[Word], got: Sequence[str], excused_lines: Collection[int] = (), elsewhere: Iterable[Word] = ()
) -> list[str]:
    """Return what is missing and what was added, a sentence each.

    Args:
        excused_lines: Lines of the source that a finding names: their words may be missing, or stand elsewhere.
        elsewhere: Further words of the source, such as those of footnotes; on an excused line they may have been added.
    """
    wanted = [word.text for word in expected]
    if wanted == list(got):
        return []
    excused = Counter(word.text for word in (*expected, *elsewhere) if word.line in excused_lines)
    faults: list[str] = []
    for kind, start, end, start_got, end_got in difflib.SequenceMatcher(
        None, wanted, got, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        missing = [word for word in expected[start:end] if word.line not in excused_lines]
        added = [word for word in got[start_got:end_got] if not excused[word]]
        line = expected[min(start, len(expected) - 1)].line if expected else 0
        if missing:
            faults.append(f"line {missing[0].line}: missing: {' '.join(word.text for word in missing)}")
        if added:
            faults.append(f"line {line}: added: {' '.join(added)}")
    return faults


# ---- a folder


@dataclass(frozen=True, slots=True)
class AnyResolver:
    """Takes every picture and address as it stands: here only words matter."""

    def picture(self, target: str, line: int) -> Picture | None:
        return Picture(target, "0" * 64, 100, 100, "image/png")

    def link(self, target: str, line: int) -> str:
        return target

    def title(self, target: str) -> str:
        return ""


def lines_of(markdown: str) -> tuple[SourceLine, ...]:
    """Return the lines of a source below its front matter."""
    rows = markdown.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    end = (
        next((at for at, row in enumerate(rows[1:], 1) if row.strip() == "---"), -1) if rows[0].strip() == "---" else -1
    )
    return tuple(SourceLine(row, number) for number, row in enumerate(rows, 1) if number > end + 1)


def check(sources: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the differences of sources, by name; only those that have any.

    Args:
        sources: Name and Markdown of each.
    """
    sources = list(sources)
    collectors = [FindingCollector(name) for name, _ in sources]
    repaired = [repair_lines(lines_of(text), found) for (_, text), found in zip(sources, collectors, strict=True)]
    documents = parse_many(["\n".join(line.text for line in lines) + "\n" for lines in repaired], 60)
    faults: dict[str, list[str]] = {}
    for (name, markdown), lines, findings, document in zip(sources, repaired, collectors, documents, strict=True):
        if isinstance(document, PandocFailure):
            faults[name] = [document.message]
            continue
        arranged = build_outline(build_blocks(document, lines, findings, AnyResolver()), findings)
        excused = excused_lines(findings)
        notes, made = source_notes(markdown), block_notes(arranged.blocks)
        found = differences(source_words(markdown), block_words(arranged.blocks, arranged.h1), excused, notes)
        wanted = Counter(word.text for word in notes if word.line not in excused)
        if wanted != made:
            found.append(f"footnotes: missing {dict(wanted - made)}, added {dict(made - wanted)}")
        if found:
            faults[name] = found
    return faults


def excused_lines(findings: Iterable[Finding]) -> set[int]:
    """Return the lines whose words a finding accounts for."""
    return {finding.line for finding in findings if finding.code in EXCUSES}


def main(folder: Path) -> int:
    """Check every Markdown file below a folder; return how many have differences."""
    files = sorted(folder.rglob("*.md"))
    faults = check((path.relative_to(folder).as_posix(), path.read_text("utf-8")) for path in files)
    for name, found in faults.items():
        for fault in found:
            sys.stdout.write(f"{name}: {fault}\n")
    sys.stdout.write(f"{len(files)} files, {len(faults)} with differences\n")
    return len(faults)


if __name__ == "__main__":
    sys.exit(bool(main(Path(sys.argv[1]))))
