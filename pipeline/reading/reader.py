"""Reads source files into normalised articles, with findings.

The steps, in order: bytes → clean text → front matter → repaired lines → pandoc → blocks → outline → typography →
title, hero and the rest → `Article`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from pipeline.config import Config, SourceSettings
from pipeline.errors import PublishError, SourceError
from pipeline.findings import Finding, make_finding, sort_findings
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
from pipeline.reading.alt_text import check_alt_texts
from pipeline.reading.block_builder import build_blocks
from pipeline.reading.frontmatter import SourceText, read_front_matter
from pipeline.reading.links import LinkResolver, check_links
from pipeline.reading.outline import build_outline
from pipeline.reading.pandoc import PandocDocument, PandocFailure, parse_many
from pipeline.reading.picture_finder import PictureFinder, ResolvedPicture
from pipeline.reading.repairs import repair_lines
from pipeline.reading.size_limits import TooLargeError, check_size_limits
from pipeline.reading.source_files import LargeFileError, Source, SourceRoots, read_inside, source_id
from pipeline.reading.source_text import SourceLine, body_lines, decode_source
from pipeline.reading.titles import description_of, subject_of, title_of
from pipeline.reading.typography import apply_typography, apply_typography_to_text
from pipeline.registry import error_rule, note_rule, repair_rule, warning_rule
from pipeline.timing import timed_phase

PANDOC_TIMEOUT_S = 6  # a batch takes half a second; only a runaway ever waits
PICTURE_OMITTED_CODES = {"picture-missing", "picture-broken", "picture-outside"}
"""Errors that cost a part of the article; any other error found while reading costs the article."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading one source gave."""

    source: Source
    article: Article | None
    """None: refused, and a finding of severity error says why."""
    findings: tuple[Finding, ...]
    resolved_pictures: tuple[ResolvedPicture, ...] = ()
    """Every picture that it names."""
    sha256: str = ""
    """Of the file; empty where the same file may come to something else another time, or cannot be read."""


@dataclass(frozen=True, slots=True)
class _PreparedSource:
    """A source as far as it can be read without pandoc."""

    source: Source
    text: SourceText
    lines: tuple[SourceLine, ...]
    findings: tuple[Finding, ...]
    sha256: str


@dataclass(slots=True)
class _ArticleTargets:
    """Finds pictures and addresses for one article, and keeps what was found on the way."""

    finder: PictureFinder
    links: LinkResolver
    source: str
    findings: list[Finding] = field(default_factory=list)
    targets: dict[str, None] = field(default_factory=dict)
    """Of pictures, as written."""

    @property
    def resolved_pictures(self) -> tuple[ResolvedPicture, ...]:
        return tuple(self.finder.resolve_picture(target, self.source) for target in self.targets)

    def picture(self, target: str, line: int) -> Picture | None:
        self.targets[target] = None
        picture, findings = self.finder.find(target, self.source, line)
        self.findings += findings
        return picture

    def link(self, target: str, line: int) -> str:
        address, findings = self.links.resolve(target, self.source, line)
        self.findings += findings
        return address


@timed_phase("read")
def read_articles(
    sources: Sequence[Source], config: Config, roots: SourceRoots, ids: Mapping[str, str]
) -> tuple[ReadResult, ...]:
    """Read sources into articles, several per pandoc process; one bad source never stops the others.

    Args:
        ids: The id of every source of the project, by path, so that links between files can be followed.
    """
    prepared = [_prepare_source(source, config, roots) for source in sources]
    ready = [item for item in prepared if isinstance(item, _PreparedSource)]
    documents = iter(
        parse_many(["\n".join(line.text for line in item.lines) + "\n" for item in ready], PANDOC_TIMEOUT_S)
    )
    finder = PictureFinder(roots, config.limits)
    links = LinkResolver(config, ids)
    return tuple(
        item if isinstance(item, ReadResult) else _normalise_document(item, next(documents), config, finder, links)
        for item in prepared
    )


def _prepare_source(source: Source, config: Config, roots: SourceRoots) -> _PreparedSource | ReadResult:
    """Return a source ready for pandoc, or why it is refused."""
    findings: list[Finding] = []
    sha256 = ""
    try:
        data = read_inside(roots.project / source.path, roots, config.limits.source_bytes)
        sha256 = hashlib.sha256(data).hexdigest()
        cleaned, more = decode_source(data, source.path)
        findings += more
        parts, more = read_front_matter(cleaned, source.path, config.sources)
        findings += more
        if parts is None:
            return ReadResult(source, None, sort_findings(findings), (), sha256)
        if parts.body.count("\n") > config.limits.lines:
            raise LargeFileError(f"the text has more than {config.limits.lines:,} lines", line=1)
        if len(parts.body) > 2 * config.limits.characters:  # markup and all: of words there may be as many as the limit
            message = (
                f"{len(parts.body):,} characters with all marks, expected at most {2 * config.limits.characters:,}"
            )
            raise TooLargeError(message, line=1, hint="divide it, and list its parts in an edition; or raise the limit")
        lines, more = repair_lines(body_lines(parts.body, parts.body_line), source.path, config.limits)
        return _PreparedSource(source, parts, lines, (*findings, *more), sha256)
    except SourceError as error:
        return ReadResult(source, None, sort_findings((*findings, _error_finding(error, source))), (), sha256)


@repair_rule(
    "title-derived",
    "The front matter has no title; one was taken from elsewhere.",
    "`ondt-i-ryggen.md` became “Ondt i ryggen”",
    "Write `title:`.",
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
    item: _PreparedSource,
    document: PandocDocument | PandocFailure,
    config: Config,
    finder: PictureFinder,
    links: LinkResolver,
) -> ReadResult:
    """Return the article of a source that pandoc has read."""
    source, meta = item.source, item.text.meta
    findings = list(item.findings)
    if isinstance(document, PandocFailure):
        unreadable = make_finding("markdown-unreadable", source.path, item.text.body_line, document.message)
        return ReadResult(source, None, sort_findings((*findings, unreadable)))
    resolver = _ArticleTargets(finder, links, source.path)
    try:
        blocks, more = build_blocks(document, item.lines, source.path, resolver, config.limits)
        findings += more
        arranged, more = build_outline(blocks, source.path, meta.title)
        findings += more
        language = meta.language or config.publisher.language
        blocks, more = apply_typography(arranged.blocks, language, config.sources, source.path)
        findings += more
        hero, blocks = _extract_hero(meta, blocks, resolver)
        title, way = title_of(meta, arranged.h1, PurePosixPath(source.path).stem, text(blocks))
        if way != "front matter":
            findings.append(
                make_finding("title-derived", source.path, 1, f"no title; {title!r} was taken from the {way}")
            )
        meta, more = _resolved(replace(meta, title=title, language=language), source, links)
        findings += more
        article = Article(source.id, source.path, _completed(meta, blocks, config.sources), blocks, hero)
    except SourceError as error:
        refusal = sort_findings((*findings, *resolver.findings, _error_finding(error, source)))
        return ReadResult(source, None, refusal, resolver.resolved_pictures, item.sha256)
    findings += resolver.findings
    findings += check_links(article.blocks, source.path)
    findings += _check_media(article)
    if not article.blocks and not meta.is_edition:
        line = item.text.body_line
        findings.append(make_finding("body-empty", source.path, line, "there is no text below the front matter"))
    findings += check_alt_texts(article)
    findings += check_size_limits(article, config.limits)
    # What an author means, with a reason, is no finding; an error is not the author's to accept.
    findings = [finding for finding in findings if finding.severity == "error" or finding.code not in meta.accept]
    is_refused = any(finding.severity == "error" and finding.code not in PICTURE_OMITTED_CODES for finding in findings)
    kept = None if is_refused else article
    return ReadResult(source, kept, sort_findings(findings), resolver.resolved_pictures, item.sha256)


def _resolved(meta: Metadata, source: Source, links: LinkResolver) -> tuple[Metadata, tuple[Finding, ...]]:
    """Return front matter whose targets are absolute addresses, and what was found about related articles."""

    def address(target: str, line: int) -> str:
        return links.resolve(target, source.path, line)[0] if target else ""

    related = tuple(_resolve_related(entry, source, links) for entry in meta.related)
    return replace(
        meta,
        address=address(meta.address, 0) if meta.address else links.address_of(source.id),
        related=tuple(entry for entry, _ in related if entry.address or entry.id),
        events=tuple(replace(event, address=address(event.address, event.line)) for event in meta.events),
    ), tuple(finding for _, findings in related for finding in findings)


def _resolve_related(entry: Related, source: Source, links: LinkResolver) -> tuple[Related, tuple[Finding, ...]]:
    """Return a related article, by its id where it is one of this project, and what was found about it."""
    id_ = source_id(PurePosixPath(f"{entry.address.strip('/')}.md"))
    if id_ in links.known_ids:
        return replace(entry, address=links.address_of(id_), id=id_), ()
    path = entry.address if entry.address.startswith(("/", "http")) else f"/{entry.address}"
    address, findings = links.resolve(path, source.path, entry.line)
    return replace(entry, address=address), findings


def _completed(meta: Metadata, blocks: tuple[Block, ...], settings: SourceSettings) -> Metadata:
    """Return front matter with typeset words, a description and a subject line."""

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
"""What is typeset of a value, by its form; values of other forms stay as they are written."""


@repair_rule(
    "hero-twice",
    "The preview picture stands first in the text too; it is shown once.",
    "`picture: /a.png` and `![…](/a.png)` as first line",
    "Remove one of them.",
)
def _extract_hero(
    meta: Metadata, blocks: tuple[Block, ...], resolver: _ArticleTargets
) -> tuple[Figure | None, tuple[Block, ...]]:
    """Return the picture at the top, once, and the blocks without it.

    Sites name a preview picture, begin the text with it, or both. One further down stays where the text needs it.
    """
    first = blocks[0] if blocks and isinstance(blocks[0], Figure) else None
    line = meta.line_of("picture")
    named = resolver.picture(meta.picture, line) if meta.picture else None
    if first is not None and (named is None or first.image.picture.sha256 == named.sha256):
        if named is not None:
            resolver.findings.append(
                make_finding(
                    "hero-twice", resolver.source, first.line, "the preview picture stands first in the text too"
                )
            )
            first = replace(first, image=replace(first.image, alt=first.image.alt or meta.picture_alt))
        return first, blocks[1:]
    if named is None or any(image.picture.sha256 == named.sha256 for image in _images_in(blocks)):
        return None, blocks
    return Figure(Image(named, meta.picture_alt, line), (), line), blocks


def _images_in(blocks: tuple[Block, ...]) -> tuple[Image, ...]:
    return tuple(node for node in walk(blocks) if isinstance(node, Image))


@note_rule(
    "block-left-out",
    "A block that is meant for some media only; the other formats leave it out.",
    "`::: {.web-only}`",
    "Nothing, where that is meant.",
)
def _check_media(article: Article) -> Iterable[Finding]:
    for node in walk(article.blocks):
        if isinstance(node, Div) and node.media:
            media = ", ".join(node.media)
            yield make_finding(
                "block-left-out", article.source, node.line, f"a block for {media} only: other formats leave it out"
            )


def _error_finding(error: PublishError, source: Source) -> Finding:
    return make_finding(error.code, error.source or source.path, error.line, error.message, error.hint)
