"""A run with nothing to do ends before it has loaded a thing; any change of what it depends on is seen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Config, load_config
from pipeline.engine.cache import Cache
from pipeline.noop import input_files, is_work_likely, keep_answer, last_answer
from pipeline.writers import installed_writers
from tests.conftest import ARTICLE
from tests.makers import PUBLISH_TOML, picture_file, write

REPOSITORY = Path(__file__).parents[1]
_LOADED = (
    "import sys; from pipeline.__main__ import main\n"
    "try: main()\n"
    "finally: print('LOADED', *(m for m in ('click', 'pipeline.build', 'weasyprint', 'PIL') if m in sys.modules))"
)


def command(project: Path, *arguments: str) -> tuple[str, list[str]]:
    """Run `publish` from its door, and return what it said and what it had to load."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments],
        cwd=project,
        env={**os.environ, "CI": "true", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    text, _, loaded = done.stdout.rpartition("LOADED")
    return text, loaded.split()


def begin_cache(project: Path) -> None:
    path = project / "outputs/.publish/cache.db"
    path.parent.mkdir(parents=True)
    Cache(path, is_owner=True).close()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a published project whose last run had nothing to do."""
    folder = tmp_path_factory.mktemp("answered") / "project"
    write(folder / "publish.toml", PUBLISH_TOML)
    write(folder / "sources/blog/ryg.md", ARTICLE)
    write(folder / "sources/images/ryg.png", picture_file())
    command(folder, "newsletter")
    # Only what has not just been changed is trusted: see noop.keep_answer.
    time.sleep(2.5)
    command(folder, "newsletter")
    return folder


def test_a_run_with_nothing_to_do_loads_nothing(answered: Path) -> None:
    text, loaded = command(answered, "newsletter")

    assert loaded == []
    assert "0 written, 1 unchanged" in text


CHANGES: dict[str, Callable[[Path], object]] = {
    "an article": lambda project: write(project / "sources/blog/ryg.md", ARTICLE.replace("tur", "Tur")),
    "a new article": lambda project: write(project / "sources/ny.md", ARTICLE),
    "a picture": lambda project: write(project / "sources/images/ryg.png", picture_file(300, 200)),
    "a first style": lambda project: write(project / "styles/newsletter/extra.css", "/* */"),
    "the configuration": lambda project: write(project / "publish.toml", PUBLISH_TOML + "\n"),
    "an output": lambda project: write(project / "outputs/newsletter/blog/ryg.html", "<p>"),
    "a lost output": lambda project: (project / "outputs/newsletter/blog/ryg.html").unlink(),
    "a renamed article": lambda project: (project / "sources/blog/ryg.md").rename(project / "sources/blog/ben.md"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_breaks_the_answer(project: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    write(project / "outputs/newsletter/blog/ryg.html", "<html>")
    begin_cache(project)
    monkeypatch.chdir(project)
    others = input_files(Config(project), project / "outputs")
    later = time.time_ns() + 10_000_000_000
    keep_answer(["all"], [str(project / "outputs/newsletter/blog/ryg.html")], others, ("said", 0), later)
    assert last_answer(["all"]) == ("said", 0)

    CHANGES[change](project)

    assert last_answer(["all"]) is None


def test_a_file_younger_than_the_manifest_is_work_likely(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so does a project that was never published: then all who will work start to load at once."""
    monkeypatch.chdir(project)
    assert is_work_likely(["all"])
    later = time.time() + 60
    write(project / "outputs/.publish/manifest", "{}")
    os.utime(project / "outputs/.publish/manifest", (later, later))
    write(project / "outputs/newsletter/blog/ryg.html", "<html>")
    assert not is_work_likely(["all"])

    os.utime(project / "sources/blog/ryg.md", (later + 1, later + 1))

    assert is_work_likely(["all"])
    assert is_work_likely(["all", "--project", str(project)])


def test_what_changed_while_the_run_went_on_keeps_no_answer(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_cache(project)
    monkeypatch.chdir(project)

    keep_answer(["all"], [], input_files(Config(project), project / "outputs"), ("said", 0), time.time_ns())

    assert last_answer(["all"]) is None


def test_what_a_linked_folder_leads_to_may_change_unseen(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_cache(project)
    write(project / "design/newsletter.css", "/* */")
    (project / "styles").mkdir()
    (project / "styles/newsletter").symlink_to(project / "design")
    monkeypatch.chdir(project)
    later = time.time_ns() + 10_000_000_000

    keep_answer(["all"], [], input_files(Config(project), project / "outputs"), ("said", 0), later)

    assert last_answer(["all"]) is None


def test_another_project_with_the_same_outputs_has_no_answer(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_cache(project)
    arguments = ["all", "--outputs", str(project / "outputs")]
    later = time.time_ns() + 10_000_000_000
    monkeypatch.chdir(project)
    keep_answer(arguments, [], input_files(Config(project), project / "outputs"), ("said", 0), later)
    assert last_answer(arguments) == ("said", 0)
    write(project.parent / "other/publish.toml", PUBLISH_TOML)

    monkeypatch.chdir(project.parent / "other")

    assert last_answer(arguments) is None


def test_other_arguments_have_no_answer(answered: Path) -> None:
    _, loaded = command(answered, "newsletter", "--strict")

    assert "pipeline.build" in loaded


def test_what_a_run_depends_on_is_there_wherever_the_articles_lie(tmp_path: Path) -> None:
    """A path that is nowhere would keep no answer, ever: a list of words that no one has begun, for one."""
    write(tmp_path / "publish.toml", '[sources]\narticles = ["content/*.md"]\nroot = "content"\n')
    write(tmp_path / "content/ryg.md", ARTICLE)

    paths = list(input_files(load_config(tmp_path, installed_writers()), tmp_path / "outputs"))

    assert [path for path in paths if not Path(path).exists()] == []
    assert str(tmp_path) in paths
