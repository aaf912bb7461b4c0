"""Forms of the preview: print handouts, and compose an edition, whose source file they write."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.config import Config
from pipeline.errors import ConfigError, PublishError
from pipeline.files import check_inside, write_inside
from pipeline.index_page import Item
from pipeline.model import FRONT_MATTER_KEYS
from pipeline.preview.page_images import variant_build
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.views import OPTION_CHOICES, Views, found_or_404
from pipeline.printing import cups
from pipeline.printing.published_handouts import make_print_pack, publish_for_printing
from pipeline.reading.frontmatter import names_of
from pipeline.reading.outline import slugify
from pipeline.reading.source_files import glob_base
from pipeline.run.run_context import Request as Publishing

_ARTICLE_MODE = re.compile(r"\s*-\s*(['\"]?)(?P<id>[^:'\"]+)\1\s*:\s*(?P<mode>\w+)")
_PLAIN_SCALAR = re.compile(r"[^\W\d_][\w .,?!()–-]*[\w.?!)]")
"""Text that needs no quotation marks in YAML, except words such as `true`."""
_FRONT_MATTER_KEY = re.compile(r"^(?P<key>[\w-]+)\s*:")


@dataclass(frozen=True, slots=True)
class EditionDraft:
    title: str
    lead: str
    articles: tuple[str, ...]
    published: date | None = None


@dataclass(frozen=True, slots=True)
class SourceChange:
    path: str
    before: str
    """Present text; empty for a new file."""
    after: str

    @property
    def seen(self) -> str:
        """Digest of the present text, which the form sends back."""
        return hashlib.sha256(self.before.encode()).hexdigest()

    @property
    def difference(self) -> tuple[str, ...]:
        before, after = self.before.splitlines(), self.after.splitlines()
        return tuple(difflib.unified_diff(before, after, self.path, self.path, lineterm="", n=3))


def draft_source(config: Config, draft: EditionDraft, existing: str) -> SourceChange:
    """Return the source of an edition; in an existing one, only title, lead and list of articles change.

    Args:
        existing: Its path from the project folder; empty for a new one.

    Raises:
        ConfigError: There is no title or no article, or the file of a new edition exists.
    """
    if not draft.title.strip():
        raise ConfigError("the edition has no title", hint="give it one")
    if not draft.articles:
        raise ConfigError("the edition has no article", hint="choose at least one")
    if existing:
        check_inside(config.folder, config.folder / existing)
        before = (config.folder / existing).read_bytes().decode("utf-8")
        return SourceChange(existing, before, _updated_source(before, draft))
    name = slugify(draft.title)
    path = (glob_base(next(iter(config.sources.articles), "sources/*.md")) / "editions" / f"{name}.md").as_posix()
    if not any(sign.isalnum() for sign in draft.title):
        raise ConfigError(f"the title {draft.title!r} holds no letter or digit", hint="give it another")
    if (config.folder / path).exists():
        raise ConfigError(f"{path} exists", hint="choose another title, or change that edition")
    return SourceChange(path, "", _new_source(draft, config.publisher.language))


def save_source(config: Config, made: SourceChange, seen: str) -> None:
    """Save the source of an edition atomically.

    Args:
        seen: Digest of the text that the shown difference is based on.

    Raises:
        ConfigError: The file has changed since, cannot be written, or is outside the project.
    """
    if made.seen != seen:
        raise ConfigError(f"{made.path} has changed meanwhile", hint="check the difference again")
    write_inside(config.folder, config.folder / made.path, made.after.encode())


def _new_source(draft: EditionDraft, language: str) -> str:
    lines = ["---", f"title: {_quoted(draft.title)}"]
    lines += [f"lead: {_quoted(draft.lead)}"] if draft.lead.strip() else []
    lines += [f"published: {draft.published.isoformat()}"] if draft.published else []
    lines += [f"language: {language}", *_article_list_lines(draft.articles), "---", ""]
    return "\n".join(lines)


def _updated_source(before: str, draft: EditionDraft) -> str:
    end = "\r\n" if "\r\n" in before else "\n"
    lines = before.splitlines()
    close = next((at for at, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), 0)
    if not lines or lines[0].lstrip("\ufeff").strip() != "---" or not close:
        raise ConfigError("the edition has no front matter to change", hint="change it in your editor")
    front = lines[1:close]
    _replace_key(front, "title", [f"title: {_quoted(draft.title)}"])
    if draft.lead.strip() or _key_lines(front, "lead"):
        _replace_key(front, "lead", [f"lead: {_quoted(draft.lead)}"])
    _replace_key(front, "articles", _article_list_lines(draft.articles), _kept_modes(front))
    return end.join([lines[0], *front, *lines[close:]]) + (end if before.endswith(("\n", "\r\n")) else "")


def _replace_key(front: list[str], key: str, lines: list[str], modes: dict[str, str] | None = None) -> None:
    """Replace the lines of a key, or append them; an unchanged value keeps its spelling."""
    span = _key_lines(front, key)
    new_lines = [_with_mode(line, modes) for line in lines] if modes else lines
    if span is None:
        front += new_lines
        return
    own = _FRONT_MATTER_KEY.match(front[span[0]])
    new_lines = [new_lines[0].replace(key, own["key"], 1) if own else new_lines[0], *new_lines[1:]]
    if _parse_value(front[span[0] : span[1]]) != _parse_value(new_lines):
        front[span[0] : span[1]] = new_lines


def _key_lines(front: list[str], key: str) -> tuple[int, int] | None:
    """Return the range of lines of a key or its aliases, with its nested lines."""
    for at, line in enumerate(front):
        match = _FRONT_MATTER_KEY.match(line)
        if match and match["key"].lower() in names_of(FRONT_MATTER_KEYS[key]):
            stop = at + 1
            while stop < len(front) and not _FRONT_MATTER_KEY.match(front[stop]):
                stop += 1
            return at, stop
    return None


def _parse_value(lines: Iterable[str]) -> object:
    import yaml

    try:
        return yaml.safe_load("\n".join(lines))
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2026-13-45
        return None


def _kept_modes(front: list[str]) -> dict[str, str]:
    """Return the newsletter modes of listed articles, such as `- blog/soevn: full`, by id."""
    start, stop = _key_lines(front, "articles") or (0, 0)
    found = (_ARTICLE_MODE.match(line) for line in front[start:stop])
    return {match["id"].strip(): match["mode"] for match in found if match}


def _with_mode(line: str, modes: dict[str, str]) -> str:
    name = line.removeprefix("  - ")
    return f"{line}: {modes[name]}" if line != name and name in modes else line


def _article_list_lines(ids: Iterable[str]) -> list[str]:
    return ["articles:", *(f"  - {id_}" for id_ in ids)]


def _quoted(text: str) -> str:
    plain = " ".join(text.split())
    if _PLAIN_SCALAR.fullmatch(plain) and plain.lower() not in ("true", "false", "null", "yes", "no", "on", "off"):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


Form: TypeAlias = ImmutableMultiDict[str, str]


async def read_form(request: Request) -> Form:
    """Return the fields of a form of the preview."""
    body = (await request.body()).decode("utf-8", "replace")
    return Form(parse_qsl(body, keep_blank_values=True, max_num_fields=20_000))


@dataclass
class FormViews:
    """Endpoints of forms, and their pages: those write files and start programs, and these do neither."""

    state: PreviewState
    views: Views
    printers: tuple[cups.Printer, ...] = ()
    trouble: cups.PrinterError | None = None

    # ---- printing

    def look_for_printers(self) -> None:
        try:
            self.printers, self.trouble = cups.list_printers(), None
        except cups.PrinterError as error:
            self.printers, self.trouble = (), error

    def print_page(self, request: Request) -> Response:
        chosen = set(request.query_params.getlist("id"))
        items = [item for item in self.state.items if "handout" in item.formats]
        variants = OPTION_CHOICES["variant"]
        return self.views.page(
            "print.html.j2", items=items, chosen=chosen, printers=self.printers, trouble=self.trouble, variants=variants
        )

    async def print_variant(self, request: Request) -> Response:
        """Queue a variant of a handout for the preview only."""
        form = await read_form(request)
        id_, variant = form.get("id", ""), form.get("variant", "")
        build = variant_build(self.state, id_, variant) if variant in OPTION_CHOICES["variant"] else None
        self.state.start_build(found_or_404(build))
        return RedirectResponse(f"/proof/{quote(id_)}?variant={variant}", 303)

    async def print(self, request: Request) -> Response:
        return await asyncio.to_thread(self._print, await read_form(request))

    def _print(self, form: Form) -> Response:
        words = self.state.words
        ids = tuple(id_ for id_ in dict.fromkeys(form.getlist("id")) if self.state.has_source(id_))
        asked = form.get("variant", "")
        variant = asked if asked in OPTION_CHOICES["variant"] else OPTION_CHOICES["variant"][0]
        written = form.get("copies", "")
        copies = min(1000, max(1, int(written))) if written.isdecimal() and len(written) < 9 else 1
        if form.get("how") == "look":
            self.look_for_printers()
            return RedirectResponse("/print?" + urlencode({"id": ids}, doseq=True), 303)
        if not ids:
            return self.views.message(words["desk_print_nothing"], 400)
        try:
            request = Publishing(
                ("handout",), ids, outputs=self.state.outputs.folder, jobs=self.state.jobs, wait_s=60.0
            )
            batch = publish_for_printing(self.state.config, request, variant, lambda _step, _done, _of: None)
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
        form = await read_form(request)
        existing = self._edition(form.get("edition", ""))
        ids = tuple(id_ for id_ in form.getlist("article") if self._is_article(id_))
        published = None if existing else date.today()  # noqa: DTZ011  # the day on the author's wall
        draft = EditionDraft(form.get("title", ""), form.get("lead", ""), ids, published)
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
