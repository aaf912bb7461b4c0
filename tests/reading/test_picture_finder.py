"""Pictures are found where an author means them, and never outside the project."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from pipeline.config import Config
from pipeline.findings import Finding
from pipeline.model import Picture
from pipeline.reading.lines import FindingCollector
from pipeline.reading.picture_finder import PictureFinder
from pipeline.reading.source_files import find_roots
from tests.makers import write

ARTICLE = "sources/blog/ryg.md"


def png(width: int = 4, height: int = 3, form: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(data, form)
    return data.getvalue()


@pytest.fixture
def finder(tmp_path: Path) -> PictureFinder:
    write(tmp_path / "publish.toml", "")
    write(tmp_path / "sources/images/Ryg.png", png())
    write(tmp_path / "sources/images/lænd og ryg.png", png())
    write(tmp_path / "sources/blog/nær.png", png())
    write(tmp_path / "secret.png", png())
    return PictureFinder(find_roots(Config(tmp_path)))


def found(finder: PictureFinder, target: str) -> tuple[Picture | None, tuple[Finding, ...]]:
    """Return the picture of a target, and what was found about it."""
    findings = FindingCollector(ARTICLE)
    return finder.find(target, 7, findings), tuple(findings)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/images/Ryg.png", "sources/images/Ryg.png"),
        ("../images/Ryg.png", "sources/images/Ryg.png"),
        ("nær.png", "sources/blog/nær.png"),
        ("n%C3%A6r.png", "sources/blog/nær.png"),
        (unicodedata.normalize("NFD", "nær.png"), "sources/blog/nær.png"),
        ("/images/l%C3%A6nd%20og%20ryg.png", "sources/images/lænd og ryg.png"),
        ("/images/Ryg.png?v=2", "sources/images/Ryg.png"),
    ],
)
def test_a_picture_is_found_as_it_is_meant(finder: PictureFinder, target: str, path: str) -> None:
    picture, findings = found(finder, target)

    assert picture is not None
    assert (picture.path, picture.width_px, picture.height_px, findings) == (path, 4, 3, ())


def test_a_wrong_case_is_found_and_warned(finder: PictureFinder) -> None:
    picture, findings = found(finder, "/images/ryg.png")

    assert picture is not None
    assert [(finding.code, finding.line) for finding in findings] == [("picture-case", 7)]


def test_a_missing_picture_names_the_nearest(finder: PictureFinder) -> None:
    picture, findings = found(finder, "/images/Rygg.png")

    assert picture is None
    assert findings[0].code == "picture-missing"
    assert findings[0].hint == "did you mean 'sources/images/Ryg.png'?"


@pytest.mark.parametrize(
    "target",
    [
        "../../secret.png",
        "/../secret.png",
        "..%2F..%2Fsecret.png",
        "/etc/passwd",
        "file:///etc/passwd",
        "https://a.example/x.png",
        "//a.example/x.png",
        r"..\..\secret.png",
        "data:image/png;base64,AAAA",
    ],
)
def test_nothing_outside_the_sources_is_a_picture(finder: PictureFinder, target: str) -> None:
    picture, findings = found(finder, target)

    assert picture is None
    assert [finding.code for finding in findings] in (["picture-outside"], ["picture-missing"], ["picture-remote"])


def test_a_link_to_a_file_outside_is_not_followed(finder: PictureFinder, tmp_path: Path) -> None:
    (tmp_path / "sources/images/x.png").symlink_to(tmp_path / "secret.png")

    picture, findings = found(finder, "/images/x.png")

    assert picture is None
    assert [finding.code for finding in findings] == ["picture-outside"]


def test_a_placeholder_is_no_picture(finder: PictureFinder) -> None:
    picture, findings = found(finder, "/images/placeholder-4.png")

    assert picture is None
    assert [finding.code for finding in findings] == ["picture-placeholder"]


@pytest.mark.parametrize("data", [b"", b"no picture", png()[:20]])
def test_a_broken_picture_is_named_with_its_line(finder: PictureFinder, tmp_path: Path, data: bytes) -> None:
    write(tmp_path / "sources/images/x.png", data)

    picture, findings = found(finder, "/images/x.png")

    assert picture is None
    assert [(finding.code, finding.source, finding.line) for finding in findings] == [("picture-broken", ARTICLE, 7)]


def test_a_picture_is_taken_by_its_content_not_its_suffix(finder: PictureFinder, tmp_path: Path) -> None:
    write(tmp_path / "sources/images/x.png", png(form="JPEG"))

    picture, findings = found(finder, "/images/x.png")

    assert picture is not None
    assert picture.media_type == "image/jpeg"
    assert [finding.code for finding in findings] == ["picture-suffix"]


def test_a_drawing_names_the_parts_that_are_not_shown(finder: PictureFinder) -> None:
    labels = "".join(f"<foreignObject><p>Trin {number}</p></foreignObject>" for number in range(9))
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/>{labels}</svg>'
    write(finder.roots.project / "sources/images/flow.svg", drawing)

    picture, findings = found(finder, "/images/flow.svg")

    assert picture is not None
    (finding,) = findings
    assert (finding.code, finding.line) == ("picture-part-lost", 7)
    assert "'Trin 0'; HTML text <foreignObject>: 'Trin 1'" in finding.message
    assert finding.message.endswith("'Trin 5'; and 3 more")
