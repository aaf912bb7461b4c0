"""Checks on a finished article: wording that needs a screen, leftover markup, text alternatives, sizes, link texts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import urlsplit

from pipeline.config import Publisher
from pipeline.languages import compiled, language, together
from pipeline.limits import Limits
from pipeline.model import (
    BLOCKS,
    Article,
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    Code,
    CodeBlock,
    DefinitionList,
    Div,
    Header,
    Image,
    Inline,
    LineBreak,
    Link,
    Note,
    OrderedList,
    Para,
    Plain,
    SoftBreak,
    Space,
    Str,
    Table,
    children,
    images,
    text,
    walk,
)
from pipeline.reading.lines import FindingCollector
from pipeline.registry import note_rule, warning_rule
from pipeline.rendering.readability import sentences

_SCREEN = re.compile("|".join(together().screen), re.IGNORECASE)
_HINT = re.compile(together().screen_hints, re.IGNORECASE)


@warning_rule(
    "web-only-text",
    "A sentence that makes no sense on paper, in an article that is printed too.",
    "`Klik her`, `beregneren`, `fremhævet med gult`, `På Findfys kan du sammenligne …`",
    "Say it so that it holds on paper too, mark the block `::: {.web-only}`, or leave its section out on paper: "
    "`[handout] leave_out`.",
    aliases=("screen-wording",),
)
def find_screen_phrases(nodes: Iterable[Block | Cell], findings: FindingCollector, line: int = 0) -> None:
    """Add a finding for each sentence with wording that needs a screen, in all that is printed.

    Args:
        line: Of the table, where the nodes stand in one: its cells have no line of their own.
    """
    for place, words in _printed_passages(nodes, line):
        for match in _SCREEN.finditer(words) if _HINT.search(words) else ():
            message = f"{match[0].strip()!r} makes no sense on paper: {_sentence_around(words, match.start())!r}"
            findings.add("web-only-text", place, message)


def _printed_passages(nodes: Iterable[Block | Cell], line: int = 0) -> Iterator[tuple[int, str]]:
    """Yield line and words of each paragraph, heading and cell that is printed; references are left out."""
    for node in nodes:
        match node:
            case Para(content) | Plain(content) | Header(_, content):
                yield line or node.line, text(content)
            case Div(_, _, media) if media and "print" not in media:
                continue
            case Div() | BlockQuote() | Callout() | BulletList() | OrderedList() | DefinitionList() | Table():
                inside = (child for child in children(node) if isinstance(child, BLOCKS))
                yield from _printed_passages(inside, node.line if isinstance(node, Table) else line)
            case Cell(blocks):
                yield from _printed_passages((block for block in blocks if isinstance(block, Plain | Para)), line)


def _sentence_around(words: str, place: int) -> str:
    whole = (sentence for start, sentence in sentences(words) if start <= place < start + len(sentence))
    return next(whole, words)


_NAME = r"(?P<site>[A-ZÆØÅ]\w{3,})\b(?!\.\w)"
"""A name that is no address: `Findfys`, not `Findfys.dk`, which can be typed."""


def find_other_sites(article: Article, publisher: Publisher, findings: FindingCollector) -> None:
    """Add a finding for each sentence that sends the reader to a site that is not the publisher's, by its name only."""
    own = language(article.language)
    if not own.at_site:
        return
    known = rf"(?i:\b(?:{own.at_site}))\s{_NAME}"
    offered = compiled(rf"{known}\s(?:{own.site_offers})")
    ours = f"{publisher.name} {urlsplit(publisher.website).hostname or ''}".casefold()
    links = (node.address for node in walk(article.blocks) if isinstance(node, Link))
    sites = {label for address in links for label in (urlsplit(address).hostname or "").split(".")}
    for line, words in _printed_passages(article.blocks):
        for match in compiled(known).finditer(words):
            name = match["site"].casefold()
            if name not in ours and (name in sites or offered.match(words, match.start())):
                sentence = _sentence_around(words, match.start())
                message = f"{match['site']!r} is another site, which paper does not lead to: {sentence!r}"
                findings.add("web-only-text", line, message)


_LEFTOVER_MARKUP = re.compile(
    r"\]\(|!\[|\[\^|#{2,}|\|\||^\|.*\|$|:::|~~|`"
    r"|\{[.#:]?[A-Za-zÀ-ÖØ-öø-ÿ_][\w.-]*(?:[ =][^{}]*)?\}"
    # What tags, boxes and links of other tools begin and end with.
    r"|\{\{(?![^{}]*\}\})|\{%(?![^{}]*%\})|\[\[|\]\]|\]\[|(?<!\d)%%|\^\[|\]\{|^(?:!!!|\?\?\?)|^={3} |^\+\+\+"
    r"|(?:^|\s):[a-z][a-z0-9_+-]+:(?=\s|$)|\[@[\w-]+"
    # Between figures they are kept on purpose, and `*` behind a word or at a line's beginning marks a remark.
    r"|(?<![\d*])\*\*(?!\*)|\*\*(?![\d*])"
    r"|(?<=[ (])[*_](?=[^\W\d_])"
)
_MARKUP_CHARACTERS = frozenset("[]({#|:~`*_%^")
_FIRST_MARKS = ("!!!", "???", "=== ", "+++")


@warning_rule(
    "markup-left",
    "Markdown characters in the finished text: markup that was not recognised is printed as text.",
    "`](`, `##` or `{word}` in a sentence",
    "Correct the markup, or put a backslash before each of its characters and accept the finding.",
)
def find_leftover_markup(blocks: tuple[Block, ...], findings: FindingCollector) -> None:
    for node in walk(blocks):
        if isinstance(node, Para | Plain | Header):
            plain = _printed_text(node.content)
            is_likely = not _MARKUP_CHARACTERS.isdisjoint(plain) or plain.startswith(_FIRST_MARKS)
            left = _LEFTOVER_MARKUP.search(plain) if is_likely else None
            if left:
                shown = plain[max(0, left.start() - 20) : left.end() + 20].strip()
                findings.add("markup-left", node.line, f"{left[0][:30]!r} is printed as text: {shown!r}")


def _printed_text(content: tuple[Inline, ...]) -> str:
    """Return the words of a paragraph, without code, addresses and footnotes."""
    pieces: list[str] = []
    for node in content:
        match node:
            case Str(words):
                pieces.append(words)
            case Note() | Image():
                continue
            case Space() | SoftBreak() | LineBreak():
                pieces.append(" ")
            case Code():
                pieces.append("x")
            case _:
                is_bare = isinstance(node, Link) and text(node.content) == node.address.removeprefix("mailto:")
                pieces.append("x" if is_bare else _printed_text(node.content))
    return "".join(pieces)


# "Illustration af X", "Billede af X": a kind of picture and the title again, not what it shows.
_BOILERPLATE = re.compile(rf"{together().picture_words}(\s+{together().picture_of}\b.{{0,60}})?\.?$", re.IGNORECASE)
_FILE_NAME = re.compile(r"[\w-]+\.(png|jpe?g|webp|gif|svg)$|(IMG|DSC|DSCN|P)[_-]?\d+$", re.IGNORECASE)


@warning_rule(
    "alt-missing",
    "A picture has no text alternative, and does not say that it only decorates.",
    "A hero picture without `picture_alt`",
    "Describe what the picture tells; `![](…)` in the text says that it only decorates.",
    group="whole",
)
@warning_rule(
    "alt-boilerplate",
    "A text alternative that says nothing.",
    "`![Illustration af angst](…)`, `![billede](…)`, `![IMG_1234](…)`",
    "Describe what the picture tells.",
    group="whole",
)
@warning_rule(
    "alt-twice",
    "Two different pictures of one article have the same text alternative.",
    "`![Øvelse](a.png)` and `![Øvelse](b.png)`",
    "Say what sets each apart.",
    group="whole",
)
@warning_rule(
    "alt-ascii",
    "A text alternative with æ, ø or å spelt in other letters.",
    "`![Illustration af laenden](…)`",
    "Write it as Danish is written: a screen reader reads it aloud.",
    group="whole",
)
def check_alt_texts(article: Article, findings: FindingCollector) -> None:
    ascii_spellings = language(article.language).ascii_spellings
    by_alt: dict[str, list[Image]] = defaultdict(list)
    # In the text an empty alternative says that the picture decorates; a picture at the top has no such way to say it.
    if article.hero and not article.hero.image.alt.strip():
        findings.add("alt-missing", article.hero.image.line, "the picture at the top has none")
    for image in images(article):
        if alt := image.alt.strip():
            by_alt[alt.casefold()].append(image)
            if _BOILERPLATE.match(alt) or _FILE_NAME.match(alt):
                findings.add("alt-boilerplate", image.line, f"{alt!r} says nothing")
            if ascii_spellings and (word := compiled(ascii_spellings, re.IGNORECASE).search(alt)):
                findings.add("alt-ascii", image.line, f"{word[0]!r} in {alt!r}")
    for same in by_alt.values():
        if len(pictures := {image.picture.sha256 for image in same}) > 1:
            findings.add("alt-twice", same[-1].line, f"{len(pictures)} pictures have {same[-1].alt!r}")


def _longest_line(node: Para | Plain | Header | CodeBlock) -> int:
    """Return the characters of a paragraph, or of the longest line of code."""
    return max(map(len, node.text.split("\n"))) if isinstance(node, CodeBlock) else _length(node.content)


def _length(nodes: Iterable[Block | Inline | Cell]) -> int:
    """Return the characters of inlines, each mark and gap one; footnotes are paragraphs of their own."""
    return sum(
        len(node.text)
        if isinstance(node, Str | Code)
        else 1 + (0 if isinstance(node, Note) else _length(children(node)))
        for node in nodes
    )


def check_size_limits(article: Article, limits: Limits, findings: FindingCollector) -> None:
    nodes = tuple(walk(article.blocks))
    notes = [node for node in nodes if isinstance(node, Note)]
    words = " ".join(text(part) for part in (article.blocks, *(note.blocks for note in notes)))
    longest = max(map(len, words.split()), default=0)
    tables = (node for node in nodes if isinstance(node, Table))
    cells = [table.line for table in tables for _ in (*table.head, *chain.from_iterable(table.rows))]
    counts = (
        ("pictures", [image.line for image in images(article)], limits.pictures),
        ("notes", [note.line for note in notes], limits.notes),
        ("links", [node.line for node in nodes if isinstance(node, Link)], limits.links),
        ("cells", cells, limits.cells),
    )
    if len(words) > limits.characters:
        message = f"{len(words):,} characters, expected at most {limits.characters:,}"
        findings.add("article-too-large", 1, message)
    elif longest > limits.word:
        message = f"a word of {longest:,} characters, expected at most {limits.word:,}"
        findings.add("article-too-large", 1, message)
    for node in nodes:
        if not isinstance(node, Para | Plain | Header | CodeBlock):
            continue
        if (length := _longest_line(node)) > limits.paragraph:
            what = "line of code" if isinstance(node, CodeBlock) else "paragraph"
            message = f"a {what} of {length:,} characters, expected at most {limits.paragraph:,}"
            findings.add("article-too-large", node.line, message)
    for what, lines, most in counts:
        if len(lines) > most:
            findings.add("article-too-large", lines[most], f"{len(lines):,} {what}, expected at most {most:,}")


_BARE_ADDRESS = re.compile(r"(https?://)?(www\.)?[\w-]+(\.[\w-]+)+/?$", re.IGNORECASE)


@note_rule(
    "link-text-is-address",
    "A link shows a bare address that is not where it leads.",
    "`[www.example.org](https://www.example.org/a/b?c=d)`",
    "Say what is found there instead.",
)
def check_links(blocks: tuple[Block, ...], findings: FindingCollector) -> None:
    for node in walk(blocks):
        if isinstance(node, Link) and node.address.startswith("http"):
            shown, parts = text(node.content).strip(), urlsplit(node.address)
            if (parts.path.strip("/") or parts.query) and _BARE_ADDRESS.match(shown):
                findings.add("link-text-is-address", node.line, f"{shown!r} is shown, but the link leads deeper")
