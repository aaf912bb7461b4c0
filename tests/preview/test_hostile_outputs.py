"""The preview shows files that its own runs have published, and nothing that a link leads to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.requests import Request

from pipeline.config import load_config
from pipeline.engine.reading_task import compact_json
from pipeline.engine.rendering_task import FILE, rendered_from_json
from pipeline.engine.seal import unseal
from pipeline.errors import ConfigError
from pipeline.preview.file_responses import FileResponses
from pipeline.preview.page_images import find_variant_pdf
from pipeline.preview.preview_state import PreviewState
from pipeline.report import OutputFile
from pipeline.writers import installed_writers
from tests.conftest import run_publish
from tests.engine.test_cache import insert, rows
from tests.makers import write

MAIL = "newsletter/blog/ryg.html"


def state_of(project: Path) -> PreviewState:
    return PreviewState(load_config(project, installed_writers()), project / "outputs", 1)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    for name in ("blog/ryg.html", "ryg.pdf", "cache.db"):
        write(tmp_path / "outside" / name, "mine")
    return tmp_path / "outside"


def test_a_linked_file_is_not_shown(copy_of_published: Path, outside: Path) -> None:
    state = state_of(copy_of_published)
    assert state.published_file(MAIL)
    (copy_of_published / "outputs" / MAIL).unlink()
    (copy_of_published / "outputs" / MAIL).symlink_to(outside / "blog/ryg.html")

    assert state.published_file(MAIL) is None


@pytest.mark.parametrize("place", ["outputs/newsletter", "outputs/.publish", "outputs"])
def test_a_linked_folder_is_said(copy_of_published: Path, outside: Path, place: str) -> None:
    state = state_of(copy_of_published)
    (copy_of_published / place).rename(outside.parent / "moved")
    (copy_of_published / place).symlink_to(outside)

    with pytest.raises(ConfigError, match=f"{place} is a link"):
        state.published_file(MAIL) if place != "outputs/.publish" else state_of(copy_of_published)


def test_a_linked_build_of_the_preview_is_not_shown(copy_of_published: Path, outside: Path) -> None:
    built = copy_of_published / "outputs/.publish/variants/a5/handout/blog"
    built.mkdir(parents=True)
    (built / "ryg.a5.pdf").symlink_to(outside / "ryg.pdf")

    assert find_variant_pdf(state_of(copy_of_published), "blog/ryg", "a5") is None


def test_a_drawing_that_a_forged_cache_publishes_runs_no_script(copy_of_published: Path) -> None:
    outputs, data = copy_of_published / "outputs", b'<svg xmlns="http://www.w3.org/2000/svg"><script href="x"/></svg>'
    cache, file = outputs / ".publish/cache.db", OutputFile("newsletter/x.svg", len(data), sha256(data).hexdigest())
    for kind, key, value in rows(cache):
        if kind == "render" and (rendered := rendered_from_json(value, "newsletter")):
            insert(cache, kind, key, compact_json(replace(rendered, artifacts=(*rendered.artifacts, file))))
    insert(cache, FILE, file.sha256, data)
    (outputs / ".publish/manifest").unlink()
    run_publish(copy_of_published, "newsletter")

    files = FileResponses(state_of(copy_of_published))
    scope = {"type": "http", "query_string": b"", "path_params": {"path": file.path}}
    mail = {"path": "x.svg", "scheme": "light", "pictures": "on"}
    shown = (files.output(Request(scope)), files.mail(Request({**scope, "path_params": mail})))

    assert (outputs / file.path).read_bytes() == data
    assert all("default-src 'none'" in each.headers["content-security-policy"] for each in shown)
    assert not any("script-src" in each.headers["content-security-policy"] for each in shown)


def test_a_forged_manifest_shows_nothing(copy_of_published: Path) -> None:
    manifest = copy_of_published / "outputs/.publish/manifest"
    data = unseal(manifest.read_bytes(), "manifest")
    assert json.loads(data)["entries"]
    manifest.write_bytes(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)

    assert state_of(copy_of_published).published_file(MAIL) is None
