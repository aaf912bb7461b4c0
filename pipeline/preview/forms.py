"""Forms of the preview: print handouts, and compose an edition."""

from __future__ import annotations

import asyncio
import secrets
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote

from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.errors import PublishError
from pipeline.index_page import Item
from pipeline.preview.edition_draft import EditionDraft, draft_source, save_source
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.views import OPTION_CHOICES, Views
from pipeline.printing import cups
from pipeline.printing.published_handouts import PrintBatch, make_print_pack, publish_for_printing
from pipeline.run.context import Request as Publishing

_MAX_COPIES = 1000
Form: TypeAlias = ImmutableMultiDict[str, str]


async def read_form(request: Request, token: str) -> Form:
    """Return the fields of a form of the preview.

    Raises:
        HTTPException: 403: the CSRF token is missing or wrong.
    """
    body = (await request.body()).decode("utf-8", "replace")
    form = Form(parse_qsl(body, keep_blank_values=True, max_num_fields=20_000))
    if not secrets.compare_digest(form.get("token", "").encode(), token.encode()):
        raise HTTPException(403)
    return form


class FormViews:
    def __init__(self, state: PreviewState, views: Views) -> None:
        self.state = state
        self.views = views

    # ---- printing

    def print_page(self, request: Request) -> Response:
        try:
            printers, trouble = cups.list_printers(), None
        except cups.PrinterError as error:
            printers, trouble = (), error
        chosen = set(request.query_params.getlist("id"))
        items = [item for item in self.state.items if "handout" in item.formats]
        variants = OPTION_CHOICES["variant"]
        return self.views.page(
            "print.html.j2", items=items, chosen=chosen, printers=printers, trouble=trouble, variants=variants
        )

    async def print(self, request: Request) -> Response:
        """Print the chosen handouts, or return the print pack."""
        return await asyncio.to_thread(self._print, await read_form(request, self.views.token))

    def _print(self, form: Form) -> Response:
        words = self.state.words
        ids = tuple(id_ for id_ in dict.fromkeys(form.getlist("id")) if self.state.has_source(id_))
        asked = form.get("variant", "")
        variant = asked if asked in OPTION_CHOICES["variant"] else OPTION_CHOICES["variant"][0]
        written = form.get("copies", "")
        copies = min(_MAX_COPIES, max(1, int(written))) if written.isdecimal() and len(written) < 9 else 1
        if not ids:
            return self.views.message(words["desk_print_nothing"], 400)
        try:
            batch = self._ready(ids, variant)
            if not batch.handouts:
                why = "; ".join(f"{each.id}: {each.why}" for each in batch.left_out)
                return self.views.message(why or words["desk_print_nothing"], 409)
            if form.get("how") == "pack":
                data = make_print_pack(batch.handouts, copies, self.state.config)
                headers = {"content-disposition": 'inline; filename="print-pack.pdf"'}
                return Response(data, media_type="application/pdf", headers=headers)
            printer = cups.choose_printer(form.get("printer", ""))
            is_greyscale = bool(form.get("greyscale"))
            jobs = [cups.make_print_job(each, copies, is_greyscale=is_greyscale) for each in batch.handouts]
            for job in jobs:
                cups.submit_job(job, printer)
        except PublishError as error:
            return self.views.message(str(error), 409)
        sheets = sum(job.sheets for job in jobs)
        return self.views.message(words.fill("desk_printed", sheets=sheets, printer=printer.name))

    def _ready(self, ids: tuple[str, ...], variant: str) -> PrintBatch:
        request = Publishing(("handout",), ids, outputs=self.state.outputs.folder, jobs=self.state.jobs, wait_s=60.0)
        return publish_for_printing(self.state.config, request, variant, lambda _step, _done, _of: None)

    # ---- editions

    def compose(self, request: Request) -> Response:
        existing = self._edition(request.path_params.get("id", ""))
        listing = existing.listing if existing else None
        return self._composer(
            existing,
            title=listing.title if listing else "",
            lead=listing.lead if listing else "",
            chosen=listing.meta.articles if listing else (),
        )

    async def compose_draft(self, request: Request) -> Response:
        """Show the change to the source file; write it once it was shown."""
        form = await read_form(request, self.views.token)
        existing = self._edition(form.get("edition", ""))
        ids = tuple(id_ for id_ in form.getlist("article") if self._is_article(id_))
        is_new = existing is None
        today = date.today()  # noqa: DTZ011  # the day on the author's wall
        draft = EditionDraft(form.get("title", ""), form.get("lead", ""), ids, today if is_new else None)
        try:
            made = draft_source(self.state.config, draft, existing.listing.source if existing else "")
            if seen := form.get("seen"):
                await asyncio.to_thread(save_source, self.state.config, made, seen)
                self.state.changed((self.state.config.folder.resolve() / made.path,))
                id_ = self.state.ids.get(made.path, "")
                return RedirectResponse(f"/proof/{quote(id_)}" if id_ else "/", 303)
        except PublishError as error:
            return self._composer(existing, title=draft.title, lead=draft.lead, chosen=ids, trouble=error, status=409)
        return self._composer(existing, title=draft.title, lead=draft.lead, chosen=ids, made=made)

    def _composer(self, existing: Item | None, *, status: int = 200, **values: Any) -> Response:
        articles = [
            item for item in self.state.items if not (item.listing.meta.is_edition or item.listing.meta.is_draft)
        ]
        by_id = {item.listing.id: item for item in articles}
        chosen = [by_id[id_] for id_ in values.pop("chosen") if id_ in by_id]
        values = {"made": None, "trouble": None, **values}
        return self.views.page("compose.html.j2", status, existing=existing, chosen=chosen, articles=articles, **values)

    def _edition(self, id_: str) -> Item | None:
        if not id_:
            return None
        item = self.state.item(id_)
        if item is None or not item.listing.meta.is_edition or not self.state.has_source(id_):
            raise HTTPException(404)
        return item

    def _is_article(self, id_: str) -> bool:
        item = self.state.item(id_)
        return item is not None and not item.listing.meta.is_edition and self.state.has_source(id_)
