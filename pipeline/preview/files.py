"""What pages are made of: pictures of pages, chapters, mails, published files, the desk's own style and script."""

from __future__ import annotations

import mimetypes

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from pipeline.preview import pages, shown
from pipeline.preview.desk import Desk
from pipeline.preview.guard import shown_policy
from pipeline.preview.looks import CHOICES
from pipeline.preview.shown import SCHEMES, Scheme
from pipeline.preview.variants import find
from pipeline.rendering.fonts import FONT_STYLES, font_data

ASSETS = {
    "desk.css": "text/css",
    "fonts.css": "text/css",
    "shelf.js": "text/javascript",
    "desk.js": "text/javascript",
    "compose.js": "text/javascript",
}
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
"""Of what has its digest in its address."""


class Files:
    """Answers that are files. Only what this project has published is ever opened, whatever an address says."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def asset(self, request: Request) -> Response:
        """Return the desk's own style or script, or a cut of its font."""
        name = request.path_params["name"]
        if name in ASSETS:
            return Response(self.desk.styles.data(f"preview/{name}"), media_type=ASSETS[name])
        for cut in FONT_STYLES:
            if name == f"{cut}.ttf":
                return Response(font_data(cut), media_type="font/ttf", headers=_FOR_EVER)
        raise HTTPException(404)

    def output(self, request: Request) -> Response:
        """Return a published file."""
        path = self.desk.artifact(request.path_params["path"])
        if path is None or not path.is_file():
            raise HTTPException(404)
        headers = dict(_FOR_EVER) if request.query_params.get("v") else {}
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind == "text/html":
            headers["content-security-policy"] = shown_policy(with_pictures=True)
        return FileResponse(path, media_type=kind, headers=headers)

    def page(self, request: Request) -> Response:
        """Return a page of a handout as a picture."""
        variant, number = request.path_params["variant"], request.path_params["number"]
        pdf = find(self.desk, request.path_params["id"], variant) if variant in CHOICES["variant"] else None
        digest = request.query_params.get("v", "")
        try:
            drawn = pages.page_png(pdf, number, digest) if pdf else None
        except OSError:
            drawn = None
        return _picture(drawn)

    def book(self, request: Request) -> Response:
        """Return a file of a book, in a scheme."""
        scheme = _scheme(request)
        path = self.desk.artifact(f"epub/{request.path_params['id']}.epub")
        try:
            found = shown.entry(path, request.path_params["name"], scheme) if path else None
        except OSError:
            found = None
        if found is None:
            raise HTTPException(404)
        data, kind = found
        return Response(data, media_type=kind, headers={"content-security-policy": shown_policy(with_pictures=True)})

    def mail(self, request: Request) -> Response:
        """Return a mail or a picture of it, in a scheme; with pictures off, the browser shows what stands for them."""
        scheme, path = _scheme(request), self.desk.artifact(f"newsletter/{request.path_params['path']}")
        if path is None or not path.is_file():
            raise HTTPException(404)
        if path.suffix != ".html":
            return FileResponse(path)
        policy = shown_policy(with_pictures=request.path_params["pictures"] == "on")
        html = shown.in_scheme(path.read_text("utf-8", "replace"), scheme)
        return Response(html, media_type="text/html", headers={"content-security-policy": policy})


def _scheme(request: Request) -> Scheme:
    for scheme in SCHEMES:
        if request.path_params["scheme"] == scheme:
            return scheme
    raise HTTPException(404)


def _picture(drawn: bytes | None) -> Response:
    if drawn is None:
        raise HTTPException(404)
    return Response(drawn, media_type="image/png", headers=_FOR_EVER)
