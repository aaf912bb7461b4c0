"""What leaves the house: the wheel, and the documents that are written from code."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline import SOURCE, __version__
from pipeline.model import FRONT_MATTER_KEYS
from pipeline.schema import with_keys
from tests.conftest import run_publish

HERE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel as a person would build it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=HERE, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_styles_words_and_the_starter(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    words = ("styles/words/da.toml", "styles/words/en.toml")
    for name in (*words, "styles/brand/logo.svg", "starter/publish.toml", "py.typed"):
        assert f"pipeline/{name}" in names
    for format_ in ("handout", "epub", "newsletter"):
        assert any(name.startswith(f"pipeline/styles/{format_}/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "sources/", "outputs/"))]


def test_the_installed_wheel_begins_and_publishes_a_project(wheel: Path, tmp_path: Path) -> None:
    """Away from this repository, where `styles/` lies inside the package."""
    site = tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(site))
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)

    made = run_publish(tmp_path, "init", "klinik", PYTHONPATH=str(site))
    done = run_publish(tmp_path / "klinik", "all", PYTHONPATH=str(site))

    assert made.code == 0, made.err
    assert done.code == 0, done.out
    assert done.report["summary"]["written"] == 3
    where = [sys.executable, "-c", "import pipeline; print(pipeline.__file__)"]
    told = subprocess.run(where, env={"PYTHONPATH": str(site)}, cwd=tmp_path, capture_output=True, check=True)
    assert told.stdout.decode().startswith(str(site))


def test_the_table_of_front_matter_keys_is_that_of_the_model() -> None:
    """`nox -s docs` writes it anew."""
    page = (HERE / "docs/articles.md").read_text("utf-8")

    assert with_keys(page) == page
    assert all(f"| `{key}` |" in page for key in FRONT_MATTER_KEYS)


@pytest.mark.parametrize("document", ["README.md", "docs/articles.md", "docs/report.md"])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    targets = re.findall(r"\]\(((?!https?:|/)[^)#\s]+)", (HERE / document).read_text("utf-8"))

    assert targets
    assert [target for target in targets if not ((HERE / document).parent / target).exists()] == []


def test_the_workflow_in_the_readme_is_the_one_that_init_writes() -> None:
    workflow = (HERE / "pipeline/starter/github/publish.yml").read_text("utf-8")

    assert workflow in (HERE / "README.md").read_text("utf-8")


def test_that_workflow_installs_this_version_and_no_branch() -> None:
    workflow = (HERE / "pipeline/starter/github/publish.yml").read_text("utf-8")

    assert re.findall(r"clinic-publish @ git\+(\S+?)\"", workflow) == [f"{SOURCE}@v{__version__}"]
