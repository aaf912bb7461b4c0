"""Reads source files into normalised articles, with findings.

The steps, in order: bytes → clean text → front matter → repaired lines → pandoc → blocks → outline → typography →
hero → boxes of help → title and the rest → `Article`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from pipeline.config import Config, SourceSettings
from pipeline.errors import PublishError, SourceError
from pipeline.findings import Finding, sort_findings
from pipeline.limits import Limits
from pipeline.model import (
    FRONT_MATTER_KEYS,
    Article,
    Block,
    Div,
    Figure,
    Image,
    Metadata,
    Para,
    Picture,
    Related,
    ValueForm,
    text,
    walk,
)
from pipeline.reading.article_checks import check_alt_texts, check_links, check_size_limits, find_other_sites
from pipeline.reading.block_builder import build_blocks
from pipeline.reading.dialects import named, read_constructs
from pipeline.reading.frontmatter import SourceText, read_front_matter
from pipeline.reading.frontmatter_values import UNCONFIRMED
from pipeline.reading.help_passages import box_help
from pipeline.reading.lines import FindingCollector, Lines, TooLargeError, body_lines
from pipeline.reading.links import LinkResolver
from pipeline.reading.outline import build_outline
from pipeline.reading.pandoc import PandocDocument, PandocFailure, parse_many
from pipeline.reading.picture_finder import PictureFinder, ResolvedPicture
from pipeline.reading.programmes import check_person_numbers
from pipeline.reading.repair_check import lost_part
from pipeline.reading.repairs import repair_lines
from pipeline.reading.site import Site
from pipeline.reading.source_files import LargeFileError, Source, SourceRoots, read_inside, source_id
from pipeline.reading.source_text import decode_source
from pipeline.reading.titles import description_of, subject_of, title_of
from pipeline.reading.typography import apply_typography, apply_typography_to_text
from pipeline.registry import error_rule, note_rule, repair_rule, warning_rule
from pipeline.timing import timed_phase

_PLAIN_SITE = Site()
PANDOC_TIMEOUT_S = 6  # a batch takes half a second; only a runaway ever waits
# Errors that cost a part of the article; any other error found while reading costs the article.
PICTURE_OMITTED_CODES = {"picture-missing", "picture-broken", "picture-outside"}


@dataclass(frozen=True, slots=True)
class ReadResult:
    source: Source
    article: Article | None  # None: refused, and a finding of severity error says why
    findings: tuple[Finding, ...]
    resolved_pictures: tuple[ResolvedPicture, ...] = ()  # Every picture that it names
    # Of the file; empty where the same file may come to something else another time, or cannot be read.
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class _PreparedSource:
    source: Source
    text: SourceText
    untouched: Lines
    """The lines before the repairs, with the constructs of other tools as Markdown."""
    lines: Lines
    """The repaired lines."""
    findings: FindingCollector
    sha256: str
    read: int
    """How many of the findings were there before the repairs."""


@dataclass(slots=True)
class _ArticleTargets:
    """Finds pictures and addresses for one article, and keeps the targets of its pictures."""

    finder: PictureFinder
    links: LinkResolver
    findings: FindingCollector
    targets: dict[str, None] = field(default_factory=dict)  # Of pictures, as written

    @property
    def resolved_pictures(self) -> tuple[ResolvedPicture, ...]:
        return tuple(self.finder.resolve_picture(target, self.findings.source) for target in self.targets)

    def picture(self, target: str, line: int) -> Picture | None:
        self.targets[target] = None
        return self.finder.find(target, line, self.findings)

    def link(self, target: str, line: int) -> str:
        return self.links.resolve(target, line, self.findings)

    def title(self, target: str) -> str:
        return self.links.title_of(target, self.findings.source)


@timed_phase("read")
def read_articles(
    sources: Sequence[Source], config: Config, roots: SourceRoots, ids: Mapping[str, str], site: Site = _PLAIN_SITE
) -> tuple[ReadResult, ...]:
    """Read sources into articles, several per pandoc process; one bad source never stops the others.

    Args:
        ids: The id of every source of the project, by path, so that links between files can be followed.
        site: The site that they come from.
    """
    prepared = [_prepare_source(source, config, roots, site) for source in sources]
    ready = [item for item in prepared if isinstance(item, _PreparedSource)]
    parsed = parse_many([_as_text(item.lines) for item in ready], PANDOC_TIMEOUT_S)
    checked = iter(_undo_harmful_repairs(tuple(zip(ready, parsed, strict=True))))
    finder = PictureFinder(roots, config.limits)
    links = LinkResolver(config, ids, site)
    return tuple(
        item
        if isinstance(item, ReadResult)
        else _normalise_document(*next(checked), config, _ArticleTargets(finder, links, item.findings))
        for item in prepared
    )


def _prepare_source(source: Source, config: Config, roots: SourceRoots, site: Site) -> _PreparedSource | ReadResult:
    findings = FindingCollector(source.path, config.limits)
    sha256 = ""
    try:
        data = read_inside(roots.project / source.path, roots, config.limits.source_bytes)
        sha256 = hashlib.sha256(data).hexdigest()
        text_ = decode_source(data, findings)
        parts = read_front_matter(text_, config.sources, findings, config.publisher.language)
        if parts is not None:
            _check_length(parts.body, config.limits)
            if parts.meta.is_programme:
                check_person_numbers(text_)
            parts = replace(parts, meta=_with_path(parts.meta, source, site))
            written = read_constructs(body_lines(parts.body, parts.body_line), findings, site.dialect)
            read = len(findings)
            lines = repair_lines(written, findings)
            return _PreparedSource(source, parts, written, lines, findings, sha256, read)
    except SourceError as error:
        _add_error(error, findings)
    return ReadResult(source, None, sort_findings(findings), (), sha256)


def _as_text(lines: Lines) -> str:
    return "\n".join(line.text for line in lines) + "\n"


@warning_rule(
    "repair-undone",
    "The repairs would have taken a table or a list item away, so the text is read as it stands.",
    "A table that pandoc reads, and that a repair makes a paragraph",
    "Compare the page with the text; report it, since a repair should not do this.",
)
def _undo_harmful_repairs(
    documents: Sequence[tuple[_PreparedSource, PandocDocument | PandocFailure]],
) -> Iterator[tuple[_PreparedSource, PandocDocument | PandocFailure]]:
    """Yield each text with pandoc's document of it: without its repairs where these would lose a part of it."""
    changed = [item for item, _ in documents if item.lines != item.untouched]
    untouched_documents = parse_many([_as_text(item.untouched) for item in changed], PANDOC_TIMEOUT_S)
    before = {item.source: document for item, document in zip(changed, untouched_documents, strict=True)}
    for item, document in documents:
        untouched = before.get(item.source, document)
        if lost := lost_part(untouched, document):
            item.findings[item.read :] = [each for each in item.findings[item.read :] if each.severity == "error"]
            item.findings.add("repair-undone", item.text.body_line, f"the repairs would have lost {lost[:60]!r}")
            yield replace(item, lines=item.untouched), untouched
        else:
            yield item, document


def _check_length(body: str, limits: Limits) -> None:
    """Make sure that a text is not too long to be repaired and read.

    Raises:
        SourceError: It is.
    """
    if body.count("\n") > limits.lines:
        raise LargeFileError(f"the text has more than {limits.lines:,} lines", line=1)
    if len(body) > 2 * limits.characters:  # markup and all: of words there may be as many as the limit
        message = f"{len(body):,} characters with all marks, expected at most {2 * limits.characters:,}"
        raise TooLargeError(message, line=1, hint="divide it, and list its parts in an edition; or raise the limit")


@repair_rule(
    "title-derived",
    "The front matter has no title; it was derived.",
    "`ondt-i-ryggen.md` became “Ondt i ryggen”",
    "Write `title:`.",
)
@note_rule(
    "article-fragment",
    "A file with an empty title, and without lead and heading of level 1, is a piece of a page, not an article.",
    '`title: ""` in the foot of a site',
    "Write a title where it is an article; else leave it.",
)
@warning_rule(
    "body-empty",
    "An article without text.",
    "A file that ends with its front matter",
    "Write the text, or `draft: true` until it is there.",
)
@error_rule(
    "markdown-unreadable",
    "pandoc could not read the text in the time and memory it is given.",
    "Thousands of brackets within brackets",
    "Simplify the part of the text that is unusual; halve the article to find it.",
)
def _normalise_document(
    item: _PreparedSource, document: PandocDocument | PandocFailure, config: Config, targets: _ArticleTargets
) -> ReadResult:
    source, findings = item.source, item.findings
    if isinstance(document, PandocFailure):
        # The same text may be read in time on another day: the result is not kept.
        findings.add("markdown-unreadable", item.text.body_line, document.message)
        return ReadResult(source, None, sort_findings(findings))
    article: Article | None = None
    try:
        article = _build_article(item, document, config, targets)
        _check_article(article, item, config)
    except SourceError as error:
        _add_error(error, findings)
    # Authors accept findings, with a reason; an error cannot be accepted.
    accepted = item.text.meta.accept if article else ()
    kept = [finding for finding in findings if finding.severity == "error" or finding.code not in accepted]
    if any(finding.severity == "error" and finding.code not in PICTURE_OMITTED_CODES for finding in kept):
        article = None
    return ReadResult(source, article, sort_findings(kept), targets.resolved_pictures, item.sha256)


def _build_article(
    item: _PreparedSource, document: PandocDocument, config: Config, targets: _ArticleTargets
) -> Article:
    """Return the article that pandoc's document and the front matter give.

    Raises:
        SourceError: It cannot be published.
    """
    source, findings, meta = item.source, item.findings, item.text.meta
    built = build_blocks(document, item.lines, findings, targets)
    outlined = build_outline(built, findings, meta.title)
    language = meta.language or config.publisher.language
    hero, blocks = _extract_hero(meta, apply_typography(outlined.blocks, language, config.sources, findings), targets)
    blocks = box_help(blocks, meta, language, findings)
    title, way = title_of(meta, outlined.h1, PurePosixPath(source.path).stem, text(blocks))
    if way != "front matter" and not meta.title:
        findings.add("title-derived", 1, f"no title; {title!r} was derived from the {way}")
    if is_fragment := way == "file name" and not meta.lead and meta.empty_title_line > 0:
        message = "its title is empty, and it has neither a lead nor a heading of level 1; not published by itself"
        findings.add("article-fragment", meta.empty_title_line, message)
    is_unlisted = meta.is_unlisted or is_fragment
    meta = replace(meta, title=title, language=language, is_unlisted=is_unlisted)
    meta = _resolved(meta, source, targets)
    return Article(source.id, source.path, _completed(meta, blocks, config.sources), blocks, hero)


@note_rule(
    "block-left-out",
    "A block for some media only; the other formats leave it out.",
    "`::: {.web-only}`",
    "Nothing, where that is intended.",
)
def _check_article(article: Article, item: _PreparedSource, config: Config) -> None:
    findings = item.findings
    check_links(article.blocks, findings)
    find_other_sites(article, config.publisher, findings)
    for node in walk(article.blocks):
        if isinstance(node, Div) and node.media:
            media = ", ".join(node.media)
            findings.add("block-left-out", node.line, f"a block for {media} only: other formats leave it out")
    if not article.blocks and not article.meta.is_edition:
        findings.add("body-empty", item.text.body_line, "there is no text below the front matter")
    check_alt_texts(article, findings)
    check_size_limits(article, config.limits, findings)


def _resolved(meta: Metadata, source: Source, targets: _ArticleTargets) -> Metadata:
    """Return front matter whose targets are absolute addresses; of these, only related articles give findings."""

    def address(target: str, line: int) -> str:
        return targets.links.resolve(target, line, FindingCollector(source.path)) if target else ""

    related = tuple(_resolve_related(entry, targets) for entry in meta.related)
    return replace(
        meta,
        address=_own_address(meta, source, targets),
        related=tuple(entry for entry in related if entry.address or entry.id),
        events=tuple(replace(event, address=address(event.address, event.line)) for event in meta.events),
    )


@note_rule(
    "address-unconfirmed",
    "No rule says where the site shows this page, so no address or QR code of it is printed.",
    "`permalink: /:year/:title/`, which the site computes",
    "Write `url: /where/it/is/`, or the pattern of all pages: `[sources] address`.",
)
def _own_address(meta: Metadata, source: Source, targets: _ArticleTargets) -> str:
    """Return where the web has the article; empty where no one knows."""
    links, findings = targets.links, targets.findings
    if meta.address == UNCONFIRMED:
        line = meta.line_of("url")
        findings.add("address-unconfirmed", line, "its web address is computed by the site, so none is printed")
        return ""
    if meta.address:
        return links.resolve(meta.address, 0, FindingCollector(source.path))
    if not links.is_confirmed(source.id):
        dialect = named(links.site.dialect).title
        findings.add(
            "address-unconfirmed", 0, f"where {dialect} shows this page is not known, so no address is printed"
        )
        return ""
    return links.address_of(source.id, meta.slug)


_DATED_NAME = re.compile(r"(\d{4})-(\d{2})-(\d{2})-.")


def _with_path(meta: Metadata, source: Source, site: Site) -> Metadata:
    """Return front matter with what the folder and the name of its file say: draft, date and language."""
    path = PurePosixPath(source.path)
    if "_drafts" in path.parts:
        meta = replace(meta, is_draft=True)
    dated = _DATED_NAME.match(path.name) if not meta.published and not site.is_plain else None
    if dated:
        with suppress(ValueError):
            meta = replace(meta, published=date(*map(int, dated.groups())))
    return meta if meta.language else replace(meta, language=site.language_of(source.path))


def _resolve_related(entry: Related, targets: _ArticleTargets) -> Related:
    """Return a related article, by its id where it is one of this project."""
    id_ = source_id(PurePosixPath(f"{entry.address.strip('/')}.md"))
    if id_ in targets.links.known_ids:
        return replace(entry, address=targets.links.address_of(id_), id=id_)
    path = entry.address if entry.address.startswith(("/", "http")) else f"/{entry.address}"
    return replace(entry, address=targets.link(path, entry.line))


def _completed(meta: Metadata, blocks: tuple[Block, ...], settings: SourceSettings) -> Metadata:
    def typeset(words: str) -> str:
        return apply_typography_to_text(words, meta.language, settings)

    opening = " ".join(text((block,)) for block in blocks[:4] if isinstance(block, Para))
    has_description = bool(meta.description or meta.lead)
    meta = replace(meta, description=description_of(meta, meta.lead or opening), has_description=has_description)
    prose: dict[str, Any] = {
        key.field: _TYPESETTERS[key.form](getattr(meta, key.field), typeset)
        for key in FRONT_MATTER_KEYS.values()
        if key.form in _TYPESETTERS
    }
    meta = replace(meta, **prose)
    return replace(meta, subject=subject_of(meta.title, meta.meta_title))


def _titled(entries: tuple[Any, ...], typeset: Callable[[str], str]) -> tuple[Any, ...]:
    return tuple(replace(entry, title=typeset(entry.title)) for entry in entries)


# What is typeset of a value, by its form; values of other forms stay as they are written.
_TYPESETTERS: Mapping[ValueForm, Callable[[Any, Callable[[str], str]], object]] = MappingProxyType(
    {
        "prose": lambda words, typeset: typeset(words),
        "points": lambda points, typeset: tuple(map(typeset, points)),
        "contents": lambda contents, typeset: contents and replace(contents, parts=_titled(contents.parts, typeset)),
        "series": _titled,
        "events": lambda events, typeset: tuple(
            replace(event, title=typeset(event.title), time=typeset(event.time), place=typeset(event.place))
            for event in events
        ),
        "hours": lambda hours, typeset: tuple((typeset(days), typeset(times)) for days, times in hours),
    }
)


@repair_rule(
    "hero-twice",
    "The preview picture is the first in the text too; it is shown once.",
    "`picture: /a.png` and `![…](/a.png)` as first line",
    "Remove one of them.",
)
def _extract_hero(
    meta: Metadata, blocks: tuple[Block, ...], targets: _ArticleTargets
) -> tuple[Figure | None, tuple[Block, ...]]:
    """Return the picture at the top, once, and the blocks without it.

    Sites name a preview picture, begin the text with it, or both. One further down stays where the text needs it.
    """
    first = blocks[0] if blocks and isinstance(blocks[0], Figure) else None
    line = meta.line_of("picture")
    named = targets.picture(meta.picture, line) if meta.picture else None
    if first is not None and named is None:
        return first, blocks[1:]
    if first is not None and named is not None and first.image.picture.sha256 == named.sha256:
        targets.findings.add("hero-twice", first.line, "the preview picture is the first in the text too")
        return replace(first, image=replace(first.image, alt=first.image.alt or meta.picture_alt)), blocks[1:]
    shown = (node.picture.sha256 for node in walk(blocks) if isinstance(node, Image))
    if named is None or named.sha256 in shown:
        return None, blocks
    return Figure(Image(named, meta.picture_alt, line), (), line), blocks


def _add_error(error: PublishError, findings: FindingCollector) -> None:
    findings.add(error.code, error.line, error.message, error.hint)
