"""What pages are made of: pictures of pages, chapters, mails, published files, the desk's own style and script."""

from __future__ import annotations

import mimetypes

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from pipeline.preview import frames, page_images
from pipeline.preview.frames import COLOUR_SCHEMES, ColourScheme
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.request_guard import frame_policy
from pipeline.preview.variant_previews import find_variant_pdf
from pipeline.preview.view_options import OPTION_CHOICES
from pipeline.rendering.fonts import FONT_STYLES, font_data

ASSETS = {
    "desk.css": "text/css",
    "fonts.css": "text/css",
    "shelf.js": "text/javascript",
    "desk.js": "text/javascript",
    "compose.js": "text/javascript",
}
_IMMUTABLE_HEADERS = {"cache-control": "private, max-age=31536000, immutable"}
"""Of what has its digest in its address."""


class FileResponses:
    """Answers that are files. Only what this project has published is ever opened, whatever an address says."""

    def __init__(self, desk: PreviewState) -> None:
        self.desk = desk

    def asset(self, request: Request) -> Response:
        """Return the desk's own style or script, or a cut of its font."""
        name = request.path_params["name"]
        if name in ASSETS:
            return Response(self.desk.styles.data(f"preview/{name}"), media_type=ASSETS[name])
        for cut in FONT_STYLES:
            if name == f"{cut}.ttf":
                return Response(font_data(cut), media_type="font/ttf", headers=_IMMUTABLE_HEADERS)
        raise HTTPException(404)

    def output(self, request: Request) -> Response:
        """Return a published file."""
        path = self.desk.artifact(request.path_params["path"])
        if path is None or not path.is_file():
            raise HTTPException(404)
        headers = dict(_IMMUTABLE_HEADERS) if request.query_params.get("v") else {}
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind == "text/html":
            headers["content-security-policy"] = frame_policy(with_pictures=True)
        return FileResponse(path, media_type=kind, headers=headers)

    def page(self, request: Request) -> Response:
        """Return a page of a handout as a picture."""
        variant, number = request.path_params["variant"], request.path_params["number"]
        pdf = (
            find_variant_pdf(self.desk, request.path_params["id"], variant)
            if variant in OPTION_CHOICES["variant"]
            else None
        )
        digest = request.query_params.get("v", "")
        try:
            drawn = page_images.page_png(pdf, number, digest) if pdf else None
        except OSError:
            drawn = None
        return _png_response(drawn)

    def book(self, request: Request) -> Response:
        """Return a file of a book, in a scheme."""
        scheme = _requested_scheme(request)
        path = self.desk.artifact(f"epub/{request.path_params['id']}.epub")
        try:
            found = frames.read_book_file(path, request.path_params["name"], scheme) if path else None
        except OSError:
            found = None
        if found is None:
            raise HTTPException(404)
        data, kind = found
        return Response(data, media_type=kind, headers={"content-security-policy": frame_policy(with_pictures=True)})

    def mail(self, request: Request) -> Response:
        """Return a mail or a picture of it, in a scheme; with pictures off, the browser shows what stands for them."""
        scheme, path = _requested_scheme(request), self.desk.artifact(f"newsletter/{request.path_params['path']}")
        if path is None or not path.is_file():
            raise HTTPException(404)
        if path.suffix != ".html":
            return FileResponse(path)
        policy = frame_policy(with_pictures=request.path_params["pictures"] == "on")
        html = frames.force_colour_scheme(path.read_text("utf-8", "replace"), scheme)
        return Response(html, media_type="text/html", headers={"content-security-policy": policy})


def _requested_scheme(request: Request) -> ColourScheme:
    for scheme in COLOUR_SCHEMES:
        if request.path_params["scheme"] == scheme:
            return scheme
    raise HTTPException(404)


def _png_response(drawn: bytes | None) -> Response:
    if drawn is None:
        raise HTTPException(404)
    return Response(drawn, media_type="image/png", headers=_IMMUTABLE_HEADERS)
