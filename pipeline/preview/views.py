"""HTML pages of the preview: the index and the proof page of an article."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.errors import PublishError
from pipeline.findings import Finding
from pipeline.index_page import Item, facets_of
from pipeline.preview import frames
from pipeline.preview.page_images import Placed, placed
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.variant_previews import VariantPreview, preview_variant
from pipeline.preview.view_options import OPTION_CHOICES, ViewOptions, view_options_of
from pipeline.validation.mail import GMAIL_CLIP_BYTES

SORT_KEYS: Mapping[str, Any] = {
    "newest": lambda item: -(item.listing.meta.changed or date.min).toordinal(),
    "title": lambda item: item.listing.title.casefold(),
    "level": lambda item: item.listing.lix if item.listing.lix is not None else 999,
    "pages": lambda item: item.pages or 9999,
    "findings": lambda item: -item.weight,
}


class Views:
    """Answers that are pages."""

    def __init__(self, desk: PreviewState) -> None:
        self.desk = desk
        self.token = secrets.token_urlsafe(24)
        """What every form of this preview carries, and no other site can know."""
        self._leaves: dict[str, tuple[Item, Markup]] = {}
        """What the shelf shows of each article, by id. Of a thousand, a save changes one."""
        self._drawn_with = desk.style_version

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Return a page of the desk."""
        desk = self.desk
        html = desk.styles.render(
            f"preview/{template}",
            words=desk.words,
            publisher=desk.config.publisher,
            token=self.token,
            faults=tuple(desk.faults.values()),
            **values,
        )
        return HTMLResponse(html, status)

    def warm(self) -> None:
        """Draw the shelf before someone asks for it."""
        with suppress(PublishError):
            self._shelved(self.desk.items)

    def shelf(self, request: Request) -> Response:
        """Return all articles and editions, narrowed and sorted as the address asks."""
        query = request.query_params
        chosen = {name: query.get(name, "") for name in ("q", "tag", "finding", "format")}
        sort = query.get("sort", "") if query.get("sort", "") in SORT_KEYS else "newest"
        items = sorted(self.desk.items, key=SORT_KEYS[sort])
        # Those that do not fit are there, but not seen: a script can show them again without asking.
        fitting = frozenset(item.listing.id for item in items if _matches_filter(item, chosen))
        return self.page(
            "shelf.html.j2",
            leaves=self._shelved(items),
            fitting=fitting,
            facets=facets_of(items),
            chosen={**chosen, "sort": sort},
        )

    def _shelved(self, items: Iterable[Item]) -> list[tuple[Item, Markup]]:
        """Return each item with what follows `<li class="item"`, rendered once for as long as the item stays the same.

        Raises:
            StyleError: A template of the project is broken.
        """
        styles, words = self.desk.styles, self.desk.words
        if self._drawn_with != self.desk.style_version:
            self._leaves, self._drawn_with = {}, self.desk.style_version
        leaves = self._leaves  # two threads may draw at once, each into the one it began with
        for item in items:
            if leaves.get(item.listing.id, (None,))[0] != item:
                leaf = styles.render("preview/leaf.html.j2", item=item, words=words)
                leaves[item.listing.id] = item, Markup(leaf)  # noqa: S704  # escaped there
        return [(item, leaves[item.listing.id][1]) for item in items]

    def proof(self, request: Request) -> Response:
        """Return one article on paper, in a book and in a mail, with what was found in it."""
        item = self.item(request)
        return self.page(
            "proof.html.j2", proof=Proof(self.desk, item, view_options_of(request.query_params)), choices=OPTION_CHOICES
        )

    def item(self, request: Request) -> Item:
        """Return the article that an address names."""
        item = self.desk.item(request.path_params["id"])
        if item is None:
            raise HTTPException(404)
        return item

    def missing(self, _request: Request, error: Exception) -> Response:
        """Return the page for an address that names nothing."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self.message(self.desk.words["desk_missing"], status)

    def broken(self, _request: Request, error: Exception) -> Response:
        """Return the page for what went wrong, such as a template that someone is writing."""
        return self.message(str(error), 500)

    def message(self, text: str, status: int = 200) -> Response:
        """Return a page that holds nothing but a message."""
        return self.page("message.html.j2", status, text=text)


@dataclass(frozen=True)
class Proof:
    """What the page of one article shows."""

    desk: PreviewState
    item: Item
    look: ViewOptions

    @property
    def is_gone(self) -> bool:
        return not self.desk.has_source(self.item.listing.id)

    @cached_property
    def sheet(self) -> VariantPreview:
        return preview_variant(self.desk, self.item.listing.id, self.look["variant"])

    @cached_property
    def findings(self) -> tuple[Placed, ...]:
        return placed(self.item.findings, self.desk.source_text(self.item), self.sheet.pdf)

    @property
    def errors(self) -> tuple[Placed, ...]:
        return tuple(each for each in self.findings if each.finding.severity == "error")

    @property
    def elsewhere(self) -> tuple[Finding, ...]:
        """Errors that kept this article from being written and lie in no source, such as in a style."""
        report, named = self.desk.report, f" of {self.item.listing.id}: "
        return tuple(
            finding
            for finding in (*report.findings, *report.earlier_findings)
            if finding.severity == "error" and finding.source not in self.desk.ids and named in finding.message
        )

    @property
    def unplaced(self) -> tuple[Placed, ...]:
        """Findings that stand neither beside a page nor above them all."""
        return tuple(each for each in self.findings if each.position is None and each.finding.severity != "error")

    def marks(self, page: int) -> tuple[MarginMark, ...]:
        """Return the marks in the margin of a page; those at one height stand beside each other."""
        made: list[MarginMark] = []
        for each in self.findings:
            if each.position and each.position.page == page:
                beside = sum(abs(mark.top - each.position.top) < _MARK_HEIGHT for mark in made)
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
        """The chapter that is shown: the chosen one, or the first of the text."""
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
    def mail_limit(self) -> int:
        """Above this, Gmail hides the rest."""
        return GMAIL_CLIP_BYTES

    @property
    def mail_text(self) -> str:
        path = self._file("newsletter", ".txt" if self.look["part"] == "text" else ".html")
        return path.read_text("utf-8", "replace") if path else ""

    def version(self, name: str, suffix: str) -> str:
        """Return a name for the present bytes of a published file, for addresses."""
        return self.desk.digest(f"{name}/{self.item.listing.id}{suffix}")[:16]

    def _file(self, name: str, suffix: str) -> Path | None:
        path = self.desk.artifact(f"{name}/{self.item.listing.id}{suffix}")
        return path if path and path.is_file() else None


@dataclass(frozen=True, slots=True)
class MarginMark:
    """A finding in the margin of a page."""

    placed: Placed
    top: float
    beside: int
    """How many stand at this height already."""


_MARK_HEIGHT = 0.03


def _matches_filter(item: Item, chosen: Mapping[str, str]) -> bool:
    listing = item.listing
    text = " ".join((listing.title, listing.lead, listing.id, *listing.meta.tags)).casefold()
    return (
        all(word in text for word in chosen["q"].casefold().split())
        and (not chosen["tag"] or chosen["tag"] in listing.meta.tags)
        and (not chosen["finding"] or chosen["finding"] in item.codes)
        and (not chosen["format"] or chosen["format"] in item.formats)
    )
