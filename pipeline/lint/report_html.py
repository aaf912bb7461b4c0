"""HTML report of findings by article, with the LIX of each; opens from disk, prints, and needs no script."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markupsafe import Markup, escape

from pipeline.config import Config
from pipeline.findings import Finding, by_code
from pipeline.lint.source_positions import SourcePosition, locate_finding
from pipeline.model import ArticleMeta
from pipeline.registry import GROUPS, described
from pipeline.rendering.readability import LIX_LEVELS, lix_level
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import load_words
from pipeline.report import Report

_LOWEST, _HIGHEST = 15, 75  # The LIX at the ends of the drawn scale: almost all texts lie between
_LEVELS = (*(name for _, name in LIX_LEVELS), "very_hard")
_MARGIN = 55  # Characters of a source line that are shown on each side of the words


@dataclass(frozen=True, slots=True)
class FindingView:
    finding: Finding
    line: int
    message: Markup
    hint: Markup
    before: str = ""  # Words of the source before those that it is about
    words: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    group: str
    remarks: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class ArticleReport:
    anchor: str
    source: str
    title: str
    language: str
    lix: int | None
    level: str
    words: int
    sections: tuple[FindingGroup, ...]  # Errors and warnings
    notes: tuple[FindingView, ...]
    counts: Mapping[str, int]

    @property
    def place(self) -> float:
        """Where its LIX lies on the scale, in percent."""
        return lix_position(self.lix or 0)


def lix_position(lix: float) -> float:
    """Return where a LIX lies on the drawn scale, in percent from the left."""
    return round(100 * (min(max(lix, _LOWEST), _HIGHEST) - _LOWEST) / (_HIGHEST - _LOWEST), 1)


@dataclass(frozen=True, slots=True)
class LixBand:
    """A level of reading as part of the scale, in percent from the left."""

    level: str
    start: float
    width: float


def lix_bands() -> tuple[LixBand, ...]:
    ends = [_LOWEST, *(limit for limit, _ in LIX_LEVELS), _HIGHEST]
    steps = pairwise(lix_position(end) for end in ends)
    return tuple(LixBand(name, start, round(end - start, 1)) for name, (start, end) in zip(_LEVELS, steps, strict=True))


def render_html_report(report: Report, sources: Sequence[str], config: Config, styles: Styles) -> bytes:
    """Return the page.

    Args:
        sources: All that were checked.

    Raises:
        StyleError: A template of the project is broken, or a word is missing.
    """
    words = load_words(styles, config.publisher.language)
    sheets = _article_reports(report, sources, config.folder)
    counts = Counter(sheet.level for sheet in sheets)
    page = styles.render(
        "check/page.html.j2",
        words=words,
        publisher=config.publisher,
        sheets=sheets,
        clear=[sheet for sheet in sheets if not sheet.sections and not sheet.notes],
        summary=report.summary,
        bands=lix_bands(),
        aim=config.check.lix,
        aim_place=lix_position(config.check.lix),
        levels=[(name, words[f"shelf_level_{name}"], counts[name]) for name in _LEVELS],
        codes=[
            (tally.severity, tally.code, markup_with_code(tally.meaning), tally.count, tally.sources)
            for tally in by_code(report.findings)
        ],
        style=styles.style_sheet("check/page.css"),
    )
    return page.encode("utf-8", "replace")


def _article_reports(report: Report, sources: Iterable[str], project: Path) -> tuple[ArticleReport, ...]:
    """Return what is shown of each source: the most severe first."""
    by_source: dict[str, list[Finding]] = defaultdict(list, {source: [] for source in sources})
    for finding in report.findings:
        by_source[finding.source].append(finding)
    listings = {listing.source: listing for listing in report.listings}

    def order(source: str) -> tuple[object, ...]:
        article = listings.get(source)
        return (_severity_order(by_source[source]), -(article.lix or 0) if article else 0, source)

    return tuple(
        _article_report(f"a{number}", source, by_source[source], listings.get(source), project)
        for number, source in enumerate(sorted(by_source, key=order), 1)
    )


def _severity_order(findings: Iterable[Finding]) -> tuple[int, ...]:
    """Return what sorts an article: its errors, then its warnings group by group; more come first."""
    counts = Counter(described(f.code).group for f in findings if f.severity == "warning")
    return (-sum(finding.severity == "error" for finding in findings), *(-counts[group] for group in GROUPS))


def _article_report(
    anchor: str, source: str, findings: list[Finding], listing: ArticleMeta | None, project: Path
) -> ArticleReport:
    remarks = [_finding_view(finding, locate_finding(finding, project)) for finding in findings]
    weighty = [remark for remark in remarks if remark.finding.severity != "note"]
    sections = (
        FindingGroup(group, tuple(remark for remark in weighty if described(remark.finding.code).group == group))
        for group in GROUPS
    )
    lix = listing.lix if listing else None
    return ArticleReport(
        anchor,
        source,
        listing.title if listing else source,
        listing.meta.language if listing else "",
        lix,
        lix_level(lix) if lix is not None else "",
        listing.words if listing else 0,
        tuple(section for section in sections if section.remarks),
        tuple(remark for remark in remarks if remark.finding.severity == "note"),
        Counter(finding.severity for finding in findings),
    )


def _finding_view(finding: Finding, place: SourcePosition) -> FindingView:
    message, hint = markup_with_code(finding.message), markup_with_code(finding.hint)
    if place.end <= place.start:
        return FindingView(finding, place.line, message, hint)
    before, after = place.text[: place.start], place.text[place.end :]
    if len(before) > _MARGIN:
        before = "…" + before[-_MARGIN:].partition(" ")[2]
    if len(after) > _MARGIN:
        after = after[:_MARGIN].rpartition(" ")[0] + "…"
    return FindingView(finding, place.line, message, hint, before, place.text[place.start : place.end], after)


def markup_with_code(words: str) -> Markup:
    """Return words of a finding as markup: text between backticks is code."""
    parts = words.split("`")
    if len(parts) % 2 == 0:
        return escape(words)
    pieces = (Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts))
    return Markup("").join(pieces)
