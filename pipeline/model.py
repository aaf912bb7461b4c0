"""Document model: blocks and inlines after pandoc, articles, and editions of one or more articles.

Blocks and inlines carry the names of pandoc's document model; `Callout` and `References` are added,
since every writer must know them. All of it is frozen, holds tuples, and is plain standard library,
so it can be compared, hashed into a key, and sent to another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal, TypeAlias

Alignment = Literal["", "left", "center", "right"]
CalloutKind = Literal["note", "tip", "important", "warning", "caution", "see-doctor", "key-points"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file of the project, opened and measured, never its bytes."""

    path: str
    """From the project folder, with forward slashes."""
    sha256: str
    width_px: int
    height_px: int
    """As seen, so after any EXIF rotation."""
    media_type: str
    """By content, not by file name: image/png, image/jpeg, image/webp, image/svg+xml …"""
    has_alpha: bool = False


# ---- inlines


@dataclass(frozen=True, slots=True)
class Str:
    text: str
    """Without white space, save the no-break space."""


@dataclass(frozen=True, slots=True)
class Space:
    pass


@dataclass(frozen=True, slots=True)
class SoftBreak:
    """A line end of the source that means a space."""


@dataclass(frozen=True, slots=True)
class LineBreak:
    pass


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Emph:
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strong:
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strikeout:
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Superscript:
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Subscript:
    content: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Words in another language, or an abbreviation with its long form as title."""

    content: tuple[Inline, ...]
    language: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    content: tuple[Inline, ...]
    address: str
    """Absolute (`https:`, `mailto:`, `tel:`), or `#id` for a place in the same article."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    picture: Picture
    alt: str
    """Empty: the picture only decorates."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote, at the place that refers to it."""

    blocks: tuple[Block, ...]
    line: int = 0


Inline: TypeAlias = (
    Str | Space | SoftBreak | LineBreak | Code | Emph | Strong | Strikeout | Superscript | Subscript | Span | Link
    | Image | Note
)  # fmt: skip


# ---- blocks; `line` is the line in the source file, from 1


@dataclass(frozen=True, slots=True)
class Para:
    content: tuple[Inline, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Plain:
    """Text of a tight list item or a table cell: no paragraph of its own."""

    content: tuple[Inline, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Header:
    level: int
    """2 to 4: the title of the article is level 1."""
    content: tuple[Inline, ...]
    id: str
    """Unique in the article."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class CodeBlock:
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class BlockQuote:
    blocks: tuple[Block, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class BulletList:
    items: tuple[tuple[Block, ...], ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class OrderedList:
    items: tuple[tuple[Block, ...], ...]
    start: int = 1
    line: int = 0


@dataclass(frozen=True, slots=True)
class DefinitionList:
    items: tuple[tuple[tuple[Inline, ...], tuple[tuple[Block, ...], ...]], ...]
    """Each a term and its definitions."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    blocks: tuple[Block, ...]
    alignment: Alignment = ""


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[Cell, ...]
    """One row; empty where the source has no header cells."""
    rows: tuple[tuple[Cell, ...], ...]
    caption: tuple[Inline, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of its own, with a caption only where the author wrote one."""

    image: Image
    caption: tuple[Inline, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class HorizontalRule:
    line: int = 0


@dataclass(frozen=True, slots=True)
class Div:
    """Blocks in another language, or meant for some media only (`print`, `mail`, `book`, `web`)."""

    blocks: tuple[Block, ...]
    language: str = ""
    media: tuple[str, ...] = ()
    """Empty: for every medium."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Callout:
    kind: CalloutKind
    blocks: tuple[Block, ...]
    title: tuple[Inline, ...] = ()
    """Empty: the label of its kind, in the words of the language."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class References:
    """What the article builds on, with the heading the author gave it."""

    title: tuple[Inline, ...]
    blocks: tuple[Block, ...]
    id: str
    line: int = 0


Block: TypeAlias = (
    Para | Plain | Header | CodeBlock | BlockQuote | BulletList | OrderedList | DefinitionList | Table | Figure
    | HorizontalRule | Div | Callout | References
)  # fmt: skip


# ---- articles and editions


@dataclass(frozen=True, slots=True)
class Related:
    """Another article that a reader may want next."""

    title: str
    address: str
    line: int = 0
    id: str = ""
    """Where it is an article of this project."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that takes place, as an edition announces it."""

    title: str
    day: date | None = None
    time: str = ""
    """As the author writes it: `kl. 16–18`."""
    place: str = ""
    address: str = ""
    """Where more is said of it on the web; empty where no one said."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Collection:
    """Publications that belong together."""

    title: str
    position: str = ""
    """Of this one among them: `2`, or `2.1`; empty where they have no order."""
    kind: Literal["series", "set"] = "series"
    """A series goes on; a set is complete."""


@dataclass(frozen=True, slots=True)
class EditionPart:
    """Articles of an edition that belong together, under a title of their own."""

    title: str
    articles: tuple[str, ...]
    """Their ids, in order."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Article:
    """One source, normalised."""

    id: str
    """Path below the fixed part of its glob, without suffix: `blog/soevn-1`."""
    source: str
    """Path from the project folder, with forward slashes."""
    title: str
    language: str
    """BCP 47: da, en …"""
    blocks: tuple[Block, ...]
    lead: str = ""
    description: str = ""
    """90 to 150 characters: preheader of a mail, description of a book."""
    subject: str = ""
    """Title cleaned for a subject line."""
    published: date | None = None
    updated: date | None = None
    reviewed: date | None = None
    reviewed_by: str = ""
    approved_by: str = ""
    review_after: date | None = None
    authors: tuple[str, ...] = ()
    hero: Figure | None = None
    """The picture at the top; it does not stand in `blocks` again."""
    key_points: tuple[str, ...] = ()
    kind: str = "article"
    tags: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    address: str = ""
    """Where the article lies on the web; empty where no one said."""
    is_draft: bool = False
    is_unlisted: bool = False
    formats: tuple[str, ...] = ()
    """Empty: every format."""
    formats_line: int = 0
    is_edition: bool = False
    """It lists articles to bind; its own body is their introduction."""
    articles: tuple[str, ...] = ()
    """Ids of the articles that it binds, in order."""
    articles_lines: tuple[int, ...] = ()
    """The line on which each of them is listed."""
    in_full: tuple[str, ...] = ()
    """Ids of those that a newsletter shows whole, whatever it does by default."""
    as_teasers: tuple[str, ...] = ()
    """Ids of those that a newsletter shows as teasers, whatever it does by default."""
    parts: tuple[EditionPart, ...] = ()
    """The parts that some of the articles it binds stand in."""
    series: tuple[Collection, ...] = ()
    """What it is one of, as an e-book tells libraries and readers."""
    events: tuple[Event, ...] = ()
    """What a newsletter announces, in the author's order."""
    opening_hours: tuple[tuple[str, str], ...] = ()
    """Days, and the hours on them, as the author writes both."""
    accept: tuple[str, ...] = ()
    """Codes of findings that its author means."""
    has_description: bool = True
    """False: its description was made of its first sentences."""

    @property
    def changed(self) -> date | None:
        """The newest date it states."""
        return max((day for day in (self.published, self.updated, self.reviewed) if day), default=None)


@dataclass(frozen=True, slots=True)
class Edition:
    """What stands between two covers: one article, or several behind an introduction."""

    front: Article
    """Title, dates and language of the whole; of a bound edition its body is the introduction."""
    articles: tuple[Article, ...]
    """In reading order; for an article on its own just `front`."""

    @property
    def id(self) -> str:
        return self.front.id

    @property
    def is_bound(self) -> bool:
        return self.front.is_edition

    @property
    def chapters(self) -> tuple[Article, ...]:
        """All that is to be read, in order: the introduction, where there is one, then the articles."""
        return (self.front, *self.articles) if self.is_bound and self.front.blocks else self.articles

    @property
    def groups(self) -> tuple[tuple[EditionPart | None, tuple[Article, ...]], ...]:
        """Its articles in order, by the part they stand in; None for those in no part."""
        part_of = {id_: part for part in self.front.parts for id_ in part.articles}
        grouped = groupby(self.articles, key=lambda article: part_of.get(article.id))
        return tuple((part, tuple(articles)) for part, articles in grouped)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.front.source, *(article.source for article in self.articles))))

    @property
    def changed(self) -> date | None:
        """The newest date of anything in it."""
        days = [article.changed for article in (self.front, *self.articles)]
        return max((day for day in days if day), default=None)


# ---- walking


def children(node: Block | Inline | Cell) -> tuple[Block | Inline | Cell, ...]:
    """Return what stands directly in a node, in reading order."""
    match node:
        case (
            Para(content) | Plain(content) | Emph(content) | Strong(content) | Strikeout(content)
            | Superscript(content) | Subscript(content) | Span(content) | Link(content)
        ):  # fmt: skip
            return content
        case Header(_, content):
            return content
        case BlockQuote(blocks) | Div(blocks) | Note(blocks) | Cell(blocks):
            return blocks
        case Callout(_, blocks, title):
            return (*title, *blocks)
        case References(title, blocks):
            return (*title, *blocks)
        case BulletList(items) | OrderedList(items):
            return tuple(block for item in items for block in item)
        case DefinitionList(entries):
            return tuple(
                part
                for term, definitions in entries
                for part in (*term, *(b for blocks in definitions for b in blocks))
            )
        case Table(head, rows, caption):
            return (*caption, *head, *(cell for row in rows for cell in row))
        case Figure(image, caption):
            return (image, *caption)
        case _:
            return ()


def walk(nodes: tuple[Block | Inline | Cell, ...]) -> Iterator[Block | Inline | Cell]:
    """Yield every node below, parents first, in reading order. Deep trees cost no recursion."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield node
        if type(node) not in _LEAVES:
            waiting.extend(reversed(children(node)))


def images(article: Article) -> tuple[Image, ...]:
    """Return every image of an article, the hero first, in reading order."""
    hero = (article.hero.image,) if article.hero else ()
    return hero + tuple(node for node in walk(article.blocks) if isinstance(node, Image))


def text(nodes: tuple[Inline | Block | Cell, ...]) -> str:
    """Return the bare words of nodes, one space between words; footnotes are left out."""
    pieces: list[str] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        # Nearly all nodes are words and spaces.
        if isinstance(node, Str):
            pieces.append(node.text)
        elif isinstance(node, Space):
            pieces.append(" ")
        elif isinstance(node, Code | CodeBlock):
            pieces.append(node.text)
        elif isinstance(node, SoftBreak | LineBreak):
            pieces.append(" ")
        elif not isinstance(node, Note | Image):
            if isinstance(node, BLOCKS):
                pieces.append(" ")
                waiting.append(Space())
            waiting.extend(reversed(children(node)))
    # Only plain spaces: `str.split()` would take the no-break space that binds a number to its unit.
    return " ".join(piece for piece in "".join(pieces).replace("\n", " ").split(" ") if piece)


BLOCKS = (
    Para, Plain, Header, CodeBlock, BlockQuote, BulletList, OrderedList, DefinitionList, Table, Figure, HorizontalRule,
    Div, Callout, References, Cell,
)  # fmt: skip
_LEAVES = frozenset({Str, Space, SoftBreak, LineBreak, Code, CodeBlock, Image, HorizontalRule})
"""What nothing stands in: nearly all nodes of an article."""
