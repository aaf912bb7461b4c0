"""Document model: blocks and inlines after pandoc, articles, and editions of one or more articles.

Blocks and inlines carry the names of pandoc's document model; `Callout` and `References` are added,
since every writer must know them. All of it is frozen, holds tuples, and is plain standard library,
so it can be compared, hashed into a key, and sent to another process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Literal, TypeAlias, TypeVar

Alignment = Literal["", "left", "center", "right"]
CalloutKind = Literal[
    "note", "tip", "important", "warning", "caution", "emergency", "out-of-hours", "see-doctor", "key-points"
]  # fmt: skip
HELP_KINDS: tuple[CalloutKind, ...] = ("emergency", "out-of-hours", "see-doctor", "warning", "caution")
"""Boxes that no reduction may leave out, the most urgent first."""
URGENT_KINDS = HELP_KINDS[:3]
"""Those of them that say when to get help: ring 112, the doctor on call, one's own doctor."""

NumberStyle = Literal["1", "a", "A", "i", "I"]
"""How the items of a list are numbered; the values are those of `type` in HTML."""


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
    style: NumberStyle = "1"


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
    is_plain: bool = False
    """No passage in it is put into a box for its words; reading takes such a mark away."""


@dataclass(frozen=True, slots=True)
class Callout:
    kind: CalloutKind
    blocks: tuple[Block, ...]
    title: tuple[Inline, ...] = ()
    """Empty: the label of its kind, in the words of the language."""
    line: int = 0
    is_found: bool = False
    """A passage that the author did not mark; it was found by its words. Its heading is the first block inside."""
    is_added: bool = False
    """The publisher's own words, not the author's."""


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


# ---- values of front matter


@dataclass(frozen=True, slots=True)
class Related:
    title: str
    address: str
    line: int = 0
    id: str = ""
    """Where it is an article of this project."""


@dataclass(frozen=True, slots=True)
class Event:
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
    title: str
    position: str = ""
    """Of this one among them: `2`, or `2.1`; empty where they have no order."""
    kind: Literal["series", "set"] = "series"
    """A series goes on; a set is complete."""


@dataclass(frozen=True, slots=True)
class EditionPart:
    title: str
    articles: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class ListedArticle:
    id: str
    line: int = 0
    length: Literal["", "full", "teaser"] = ""
    """How much of it a newsletter shows; empty: what the newsletter does by default."""
    dose: str = ""
    """In a programme: how often, in place of what the exercise says."""
    dose_by: str = ""
    """Who set it; empty: whoever set the doses of the programme."""


@dataclass(frozen=True, slots=True)
class EditionContents:
    articles: tuple[ListedArticle, ...] = ()
    parts: tuple[EditionPart, ...] = ()
    """The parts that some of them stand in."""


# ---- front matter

ValueForm = Literal[
    "prose", "points", "word", "name", "names", "language", "date", "flag", "address", "picture", "tags", "formats",
    "related", "contents", "series", "events", "hours", "accept",
]  # fmt: skip
"""The form of a value: what may be written, how it is read, and whether it is typeset."""
Default = TypeVar("Default")


@dataclass(frozen=True, slots=True)
class FrontMatterKey:
    name: str
    field: str
    """The field of `Metadata` that holds its value."""
    form: ValueForm
    meaning: str
    """For people who write articles, in Markdown."""
    aliases: tuple[str, ...]
    """Names that sites give it, the likeliest first. Capitals, hyphens and underscores make no difference.

    Each language has further names in its own words.
    """


def key_field(default: Default, form: ValueForm, meaning: str, aliases: str = "", name: str = "") -> Default:
    """Return a field of `Metadata` that an author can write.

    Args:
        default: What it holds where the source says nothing.
        aliases: Separated by spaces.
        name: The name of the key, where the field has another.
    """
    about = {"form": form, "meaning": meaning, "aliases": tuple(aliases.split()), "name": name}
    return field(default=default, metadata=about)


PROGRAMME_KINDS = ("programme", "program")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an article says of itself: its front matter.

    This is the one definition of every key. How a key is read, the JSON Schema of front matter and the table in
    `docs/articles.md` follow from it. Reading gives each value as it is written; the `Metadata` of an `Article` is
    typeset, its addresses are absolute, and title, description and language are filled in.
    """

    title: str = key_field(
        "",
        "prose",
        "heading; else the first heading of the text, or the file name",
        "h1 headline heading",
    )
    meta_title: str = key_field(
        "",
        "name",
        "title for search engines: a subject line may be taken from it, and a title where there is none",
        "seo_title page_title og_title social_title",
    )
    lead: str = key_field("", "prose", "opening lines", "ingress manchet standfirst intro introduction")
    description: str = key_field(
        "",
        "prose",
        "90–150 characters for the mail's preheader and the book's metadata; else from the first paragraph",
        "meta_description seo_description og_description excerpt summary teaser",
    )
    language: str = key_field("", "language", "`da`, `en` …; else the publisher's", "lang locale")
    published: date | None = key_field(
        None,
        "date",
        "date: `2025-04-30`, `30-04-2025`, `30. april 2025`",
        "date_published published_at published_on publish_date published_date publication_date pub_date date",
    )
    updated: date | None = key_field(
        None,
        "date",
        "date of the last change",
        "last_updated updated_at updated_on update_date updated_date date_updated lastmod last_modified "
        "date_modified modified",
    )
    reviewed: date | None = key_field(
        None,
        "date",
        "date of the last medical review",
        "last_reviewed reviewed_at reviewed_on review_date date_reviewed",
    )
    reviewed_by: str = key_field(
        "",
        "name",
        "who reviewed it",
        "reviewer medically_reviewed_by medical_reviewer",
    )
    approved_by: str = key_field("", "name", "who approved it", "approver")
    review_after: date | None = key_field(
        None, "date", "date from which it is due for review", "next_review review_due"
    )
    authors: tuple[str, ...] = key_field((), "names", "who wrote it", "author byline written_by writer")
    picture: str = key_field(
        "",
        "picture",
        "the picture at the top",
        "preview_image image featured_image feature_image cover_image cover hero_image hero header_image og_image "
        "social_image thumbnail",
    )
    picture_alt: str = key_field(
        "",
        "name",
        "what that picture tells",
        "preview_image_alt image_alt featured_image_alt feature_image_alt cover_image_alt cover_alt hero_image_alt "
        "hero_alt header_image_alt thumbnail_alt alt alt_text",
    )
    key_points: tuple[str, ...] = key_field(
        (), "points", "a list: the box “Det vigtigste”", "key_takeaways takeaways highlights"
    )
    kind: str = key_field("article", "word", "what it is: `article`, `exercise`, `term` …", "type")
    tags: tuple[str, ...] = key_field((), "tags", "what it is about", "tag keywords")
    related: tuple[Related, ...] = key_field(
        (),
        "related",
        "what to read next: ids or addresses, or mappings with `title` and `slug`",
        "related_articles related_posts see_also",
    )
    address: str = key_field(
        "",
        "address",
        "its web address, where it differs from the project's pattern",
        "permalink canonical canonical_url link",
        name="url",
    )
    """Where the article lies on the web; empty where no one said."""
    slug: str = key_field("", "word", "the last part of its web address, where it differs from the name of its file")
    is_draft: bool = key_field(
        default=False,
        form="flag",
        meaning="`true`: left out of `publish all`, and its files are removed",
        aliases="is_draft",
        name="draft",
    )
    is_unlisted: bool = key_field(
        default=False,
        form="flag",
        meaning="`true`: left out of `publish all`",
        aliases="is_unlisted hidden noindex",
        name="unlisted",
    )
    help_boxes: bool = key_field(
        default=True,
        form="flag",
        meaning="`false`: no passage on when to get help, or on what to beware of, is put into a box for its words",
    )
    formats: tuple[str, ...] = key_field((), "formats", "a list: only these formats", "format")
    """Empty: every format."""
    contents: EditionContents | None = key_field(
        None,
        "contents",
        "a list of ids: makes it an edition that binds those articles; its own body is their introduction. "
        "`blog/soevn: full` or `: teaser` says how much a newsletter shows of one; some may stand in parts",
        "chapters",
        name="articles",
    )
    """None: it is no edition."""
    weeks: str = key_field(
        "", "name", "of a programme (`kind: programme`): how many weeks there are to tick, at most 12"
    )
    dose_by: str = key_field(
        "", "name", "who set the doses of a programme, where they differ from those of its exercises; else the authors"
    )
    has_page_breaks: bool = key_field(
        default=False,
        form="flag",
        meaning="`true`: each article of a printed edition begins on a new page",
        aliases="break page_breaks",
        name="page_break",
    )
    series: tuple[Collection, ...] = key_field(
        (),
        "series",
        "what its e-book is one of: `Rygskole`, or `{title: Rygskole, position: 2}`, or a list of such; "
        "`type: set` for a set that is complete",
    )
    events: tuple[Event, ...] = key_field(
        (),
        "events",
        "what a newsletter announces behind its articles: a list of mappings with `title`, `date`, `time`, "
        "`place`, `url`",
    )
    opening_hours: tuple[tuple[str, str], ...] = key_field((), "hours", "days and hours, announced by a newsletter too")
    accept: tuple[str, ...] = key_field((), "accept", "findings that are meant, each with a reason", "accepted")
    lines: tuple[tuple[str, int], ...] = ()
    subject: str = ""
    """Title cleaned for a subject line."""
    has_description: bool = True
    """False: its description was made of its first sentences."""
    empty_title_line: int = 0
    """Line of a `title:` without words; 0: there is none."""

    def line_of(self, name: str) -> int:
        """Return the line of a key; 0 where the source has it not."""
        return dict(self.lines).get(name, 0)

    @property
    def is_edition(self) -> bool:
        return self.contents is not None

    @property
    def is_programme(self) -> bool:
        """An edition that lists exercises for a patient to do at home."""
        return self.kind in PROGRAMME_KINDS

    @property
    def listed(self) -> tuple[ListedArticle, ...]:
        return self.contents.articles if self.contents else ()

    @property
    def articles(self) -> tuple[str, ...]:
        return tuple(article.id for article in self.listed)

    @property
    def parts(self) -> tuple[EditionPart, ...]:
        return self.contents.parts if self.contents else ()

    @property
    def changed(self) -> date | None:
        return max((day for day in (self.published, self.updated, self.reviewed) if day), default=None)


FRONT_MATTER_KEYS: Mapping[str, FrontMatterKey] = MappingProxyType(
    {
        key.name: key
        for key in (
            FrontMatterKey(**{"field": each.name, **each.metadata, "name": each.metadata["name"] or each.name})
            for each in fields(Metadata)
            if each.metadata
        )
    }
)
"""Every key of front matter that has a meaning, by name; `[sources] aliases` may point at these."""


# ---- articles and editions


@dataclass(frozen=True, slots=True)
class Article:
    id: str
    """Path below the fixed part of its glob, without suffix: `blog/soevn-1`."""
    source: str
    """Path from the project folder, with forward slashes."""
    meta: Metadata
    blocks: tuple[Block, ...]
    hero: Figure | None = None
    """The picture at the top; it does not stand in `blocks` again."""

    @property
    def title(self) -> str:
        return self.meta.title

    @property
    def language(self) -> str:
        return self.meta.language

    @property
    def lead(self) -> str:
        return self.meta.lead

    @property
    def description(self) -> str:
        """90 to 150 characters: preheader of a mail, description of a book."""
        return self.meta.description

    @property
    def address(self) -> str:
        return self.meta.address


@dataclass(frozen=True, slots=True)
class ArticleMeta:
    """What is known of an article while its body lies elsewhere: its metadata, and what was counted in it."""

    id: str
    source: str
    meta: Metadata
    key: str = ""
    """The digest of all that the article says, and where: a finding names lines, so a moved line is a change."""
    blocks: int = 0
    """How many there are: a measure of the work it makes."""
    lix: int | None = None
    words: int = 0
    pictures: tuple[str, ...] = ()
    """Paths from the project folder."""

    @property
    def title(self) -> str:
        return self.meta.title

    @property
    def lead(self) -> str:
        return self.meta.lead or self.meta.description


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
        return self.front.meta.is_edition

    @property
    def chapters(self) -> tuple[Article, ...]:
        """All that is to be read, in order: the introduction, where there is one, then the articles."""
        return (self.front, *self.articles) if self.is_bound and self.front.blocks else self.articles

    @property
    def groups(self) -> tuple[tuple[EditionPart | None, tuple[Article, ...]], ...]:
        """Its articles in order, by the part they stand in; None for those in no part."""
        part_of = {id_: part for part in self.front.meta.parts for id_ in part.articles}
        grouped = groupby(self.articles, key=lambda article: part_of.get(article.id))
        return tuple((part, tuple(articles)) for part, articles in grouped)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.front.source, *(article.source for article in self.articles))))

    @property
    def changed(self) -> date | None:
        return max(filter(None, (each.meta.changed for each in (self.front, *self.articles))), default=None)


# ---- walking


def children(node: Block | Inline | Cell) -> tuple[Block | Inline | Cell, ...]:
    match node:
        case (
            Para(content) | Plain(content) | Emph(content) | Strong(content) | Strikeout(content)
            | Superscript(content) | Subscript(content) | Span(content) | Link(content) | Header(_, content)
        ):  # fmt: skip
            return content
        case BlockQuote(blocks) | Div(blocks) | Note(blocks) | Cell(blocks):
            return blocks
        case Callout(_, blocks, title) | References(title, blocks):
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


def help_boxes(blocks: tuple[Block, ...], medium: str = "") -> tuple[Callout, ...]:
    """Return the boxes that no reduction may leave out, the most urgent first, else in reading order.

    Args:
        medium: Boxes for other media only are not returned; empty: those for some media are neither.
    """
    found: list[Callout] = []
    waiting: list[Block | Inline | Cell] = list(reversed(blocks))
    while waiting:
        node = waiting.pop()
        if isinstance(node, Callout) and node.kind in HELP_KINDS:
            found.append(node)
        elif not isinstance(node, Div) or not node.media or medium in node.media:
            waiting.extend(reversed(children(node)))
    return tuple(sorted(found, key=lambda box: HELP_KINDS.index(box.kind)))


def opened(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Yield the blocks of an article as its author wrote them: out of the boxes that were found by their words."""
    for block in blocks:
        if isinstance(block, Callout) and block.is_found:
            yield from block.blocks
        else:
            yield block


def images(article: Article) -> tuple[Image, ...]:
    hero = (article.hero.image,) if article.hero else ()
    return hero + tuple(node for node in walk(article.blocks) if isinstance(node, Image))


def words_as_inlines(words: str) -> tuple[Inline, ...]:
    first, *others = words.split(" ")
    return (Str(first), *(inline for word in others for inline in (Space(), Str(word))))


def text(nodes: tuple[Inline | Block | Cell, ...]) -> str:
    """Return the bare words of nodes, one space between words; footnotes are left out."""
    pieces: list[str] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        # Nearly all nodes are words and spaces.
        if isinstance(node, (Str, Code, CodeBlock)):
            pieces.append(node.text)
        elif isinstance(node, (Space, SoftBreak, LineBreak)):
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
