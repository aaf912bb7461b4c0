"""HTML pages of the preview: the index, and the page of an article with handout, EPUB and mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.errors import PublishError
from pipeline.findings import Finding
from pipeline.index_page import Item, facets_of
from pipeline.preview import frames
from pipeline.preview.page_images import PlacedFinding, VariantPreview, place_findings, preview_variant
from pipeline.preview.preview_state import PreviewState
from pipeline.validation.mail import GMAIL_CLIP_BYTES
from pipeline.writers.handout.variants import STANDARD_VARIANT, VariantName

Thing = TypeVar("Thing")
OPTION_CHOICES: Mapping[str, tuple[str, ...]] = {
    "variant": (STANDARD_VARIANT, *(name for name in get_args(VariantName) if name != STANDARD_VARIANT)),
    "device": ("phone", "tablet"),
    "book": ("light", "dark"),
    "width": ("390", "320", "640"),
    "mail": ("light", "dark"),
    "pictures": ("on", "off"),
    "part": ("html", "text", "source"),
}
"""Choices of each option, the default first."""
SORT_KEYS: Mapping[str, Any] = {
    "newest": lambda item: -(item.listing.meta.changed or date.min).toordinal(),
    "title": lambda item: item.listing.title.casefold(),
    "level": lambda item: item.listing.lix if item.listing.lix is not None else 999,
    "pages": lambda item: item.pages or 9999,
    "findings": lambda item: -item.weight,
}


def found_or_404(thing: Thing | None) -> Thing:
    if thing is None:
        raise HTTPException(404)
    return thing


class Views:
    def __init__(self, state: PreviewState) -> None:
        self.state = state
        self._index_cache: dict[str, tuple[Item, Markup]] = {}
        """Rendered index entries by id: of a thousand articles, a save changes one."""
        self._cached_style_version = state.style_version

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        html = self.state.styles.render(
            f"preview/{template}",
            words=self.state.words,
            publisher=self.state.config.publisher,
            faults=tuple(self.state.faults.values()),
            **values,
        )
        return HTMLResponse(html, status)

    def warm(self) -> None:
        with suppress(PublishError):
            self._index_entries(self.state.items)

    def shelf(self, request: Request) -> Response:
        query = request.query_params
        chosen = {name: query.get(name, "") for name in ("q", "tag", "finding", "format")}
        sort = query.get("sort", "") if query.get("sort", "") in SORT_KEYS else "newest"
        items = sorted(self.state.items, key=SORT_KEYS[sort])
        # Hidden entries stay in the page, so that the script can show them without a request.
        return self.page(
            "shelf.html.j2",
            leaves=self._index_entries(items),
            fitting=frozenset(item.listing.id for item in items if _matches_filter(item, chosen)),
            facets=facets_of(items),
            chosen={**chosen, "sort": sort},
        )

    def _index_entries(self, items: Iterable[Item]) -> list[tuple[Item, Markup]]:
        """Return each item with its rendered index entry, from the cache where the item has not changed.

        Raises:
            StyleError: A template of the project is broken.
        """
        styles, words = self.state.styles, self.state.words
        if self._cached_style_version != self.state.style_version:
            self._index_cache, self._cached_style_version = {}, self.state.style_version
        cache = self._index_cache  # two threads may render at once, each into the cache it began with
        for item in items:
            if cache.get(item.listing.id, (None,))[0] != item:
                entry = styles.render("preview/leaf.html.j2", item=item, words=words)
                cache[item.listing.id] = item, Markup(entry)  # noqa: S704  # the template escapes
        return [(item, cache[item.listing.id][1]) for item in items]

    def proof(self, request: Request) -> Response:
        item = found_or_404(self.state.item(request.path_params["id"]))
        return self.page(
            "proof.html.j2",
            proof=Proof(self.state, item, view_options_of(request.query_params)),
            choices=OPTION_CHOICES,
        )

    def missing(self, _request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self.message(self.state.words["desk_missing"], status)

    def broken(self, _request: Request, error: Exception) -> Response:
        return self.message(str(error), 500)

    def message(self, text: str, status: int = 200) -> Response:
        return self.page("message.html.j2", status, text=text)


@dataclass(frozen=True, slots=True)
class ViewOptions:
    chosen: Mapping[str, str]
    chapter: str = ""
    """Path of a chapter in the EPUB; empty: the first of the text."""

    def __getitem__(self, name: str) -> str:
        return self.chosen[name]

    def address(self, **changes: str) -> str:
        """Return the query of these options with changes; defaults are left out."""
        values = {**self.chosen, "chapter": self.chapter, **changes}
        query = {name: value for name, value in values.items() if value and value != OPTION_CHOICES.get(name, ("",))[0]}
        return "?" + urlencode(query)


def view_options_of(query: Mapping[str, str]) -> ViewOptions:
    """Return the view options of a query; unknown values become defaults."""
    chosen = {name: query[name] if query.get(name) in values else values[0] for name, values in OPTION_CHOICES.items()}
    return ViewOptions(chosen, query.get("chapter", ""))


@dataclass(frozen=True)
class Proof:
    state: PreviewState
    item: Item
    look: ViewOptions
    mail_limit = GMAIL_CLIP_BYTES

    @property
    def is_gone(self) -> bool:
        return not self.state.has_source(self.item.listing.id)

    @cached_property
    def sheet(self) -> VariantPreview:
        return preview_variant(self.state, self.item.listing.id, self.look["variant"])

    @cached_property
    def findings(self) -> tuple[PlacedFinding, ...]:
        return place_findings(self.item.findings, self.state.source_text(self.item), self.sheet.pdf)

    @property
    def errors(self) -> tuple[PlacedFinding, ...]:
        return tuple(each for each in self.findings if each.finding.severity == "error")

    @property
    def elsewhere(self) -> tuple[Finding, ...]:
        """Errors that are in no source but prevented writing this article, such as in a style."""
        report, named = self.state.report, f" of {self.item.listing.id}: "
        return tuple(
            finding
            for finding in (*report.findings, *report.earlier_findings)
            if finding.severity == "error" and finding.source not in self.state.ids and named in finding.message
        )

    @property
    def unplaced(self) -> tuple[PlacedFinding, ...]:
        """Warnings and notes without a position on a page."""
        return tuple(each for each in self.findings if each.position is None and each.finding.severity != "error")

    def marks(self, page: int) -> tuple[MarginMark, ...]:
        """Return the margin marks of a page; marks at the same height are placed side by side."""
        made: list[MarginMark] = []
        for each in self.findings:
            if each.position and each.position.page == page:
                beside = sum(abs(mark.top - each.position.top) < 0.03 for mark in made)
                made.append(MarginMark(each, each.position.top, beside))
        return tuple(made)

    @cached_property
    def book(self) -> Path | None:
        return self._file("epub", ".epub")

    @cached_property
    def chapters(self) -> tuple[frames.SpineItem, ...]:
        return frames.reading_order(self.book) if self.book else ()

    @property
    def chapter(self) -> str:
        names = [chapter.name for chapter in self.chapters]
        if self.look.chapter in names:
            return self.look.chapter
        return next((name for name in names if "chapter" in name), names[0] if names else "")

    @cached_property
    def mail(self) -> Path | None:
        return self._file("newsletter", ".html")

    @property
    def mail_bytes(self) -> int:
        return self.mail.stat().st_size if self.mail else 0

    @property
    def mail_text(self) -> str:
        path = self._file("newsletter", ".txt" if self.look["part"] == "text" else ".html")
        return path.read_text("utf-8", "replace") if path else ""

    def version(self, name: str, suffix: str) -> str:
        return self.state.digest(f"{name}/{self.item.listing.id}{suffix}")[:16]

    def _file(self, name: str, suffix: str) -> Path | None:
        return self.state.published_file(f"{name}/{self.item.listing.id}{suffix}")


@dataclass(frozen=True, slots=True)
class MarginMark:
    placed: PlacedFinding
    top: float
    beside: int
    """Number of marks at this height before it."""


def _matches_filter(item: Item, chosen: Mapping[str, str]) -> bool:
    listing = item.listing
    text = " ".join((listing.title, listing.lead, listing.id, *listing.meta.tags)).casefold()
    return (
        all(word in text for word in chosen["q"].casefold().split())
        and (not chosen["tag"] or chosen["tag"] in listing.meta.tags)
        and (not chosen["finding"] or chosen["finding"] in item.codes)
        and (not chosen["format"] or chosen["format"] in item.formats)
    )
