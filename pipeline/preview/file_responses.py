"""File responses of the preview: page images, EPUB chapters, mails, published files, and its own style and script."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from pipeline.preview import frames, page_images
from pipeline.preview.frames import COLOUR_SCHEMES, ColourScheme, frame_policy
from pipeline.preview.page_images import find_variant_pdf
from pipeline.preview.preview_state import PreviewState
from pipeline.preview.views import OPTION_CHOICES, found_or_404
from pipeline.rendering.fonts import FONT_STYLES, font_data

ASSETS = {
    "desk.css": "text/css", "fonts.css": "text/css", "shelf.js": "text/javascript", "desk.js": "text/javascript",
    "compose.js": "text/javascript",
}  # fmt: skip
_IMMUTABLE_HEADERS = {"cache-control": "private, max-age=31536000, immutable"}
"""For addresses that contain the digest of the file."""


@dataclass(frozen=True)
class FileResponses:
    """Endpoints that return files: only those that this project has published, and the preview's own.

    A file that disappears meanwhile raises `FileNotFoundError`, which the app answers with 404.
    """

    state: PreviewState

    def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name in ASSETS:
            return Response(self.state.styles.data(f"preview/{name}"), media_type=ASSETS[name])
        for style in FONT_STYLES:
            if name == f"{style}.ttf":
                return Response(font_data(style), media_type="font/ttf", headers=_IMMUTABLE_HEADERS)
        raise HTTPException(404)

    def output(self, request: Request) -> Response:
        path = found_or_404(self.state.published_file(request.path_params["path"]))
        headers = dict(_IMMUTABLE_HEADERS) if request.query_params.get("v") else {}
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind != "application/pdf":  # browsers show none in a sandbox; an SVG runs scripts without one
            headers["content-security-policy"] = frame_policy(with_pictures=True)
        return FileResponse(path, media_type=kind, headers=headers)

    def page(self, request: Request) -> Response:
        variant, number = request.path_params["variant"], request.path_params["number"]
        is_known = variant in OPTION_CHOICES["variant"]
        pdf = find_variant_pdf(self.state, request.path_params["id"], variant) if is_known else None
        png = page_images.page_png(pdf, number, request.query_params.get("v", "")) if pdf else None
        return Response(found_or_404(png), media_type="image/png", headers=_IMMUTABLE_HEADERS)

    def book(self, request: Request) -> Response:
        scheme = _requested_scheme(request)
        path = self.state.published_file(f"epub/{request.path_params['id']}.epub")
        data, kind = found_or_404(frames.read_book_file(path, request.path_params["name"], scheme) if path else None)
        return Response(data, media_type=kind, headers={"content-security-policy": frame_policy(with_pictures=True)})

    def mail(self, request: Request) -> Response:
        """Return a mail, or a picture of it, in a colour scheme; the policy can block its pictures."""
        scheme = _requested_scheme(request)
        path = found_or_404(self.state.published_file(f"newsletter/{request.path_params['path']}"))
        policy = frame_policy(with_pictures=request.path_params["pictures"] == "on")
        if path.suffix != ".html":
            return FileResponse(path, headers={"content-security-policy": policy})
        html = frames.force_colour_scheme(path.read_text("utf-8", "replace"), scheme)
        return Response(html, media_type="text/html", headers={"content-security-policy": policy})


def _requested_scheme(request: Request) -> ColourScheme:
    for scheme in COLOUR_SCHEMES:
        if request.path_params["scheme"] == scheme:
            return scheme
    raise HTTPException(404)
