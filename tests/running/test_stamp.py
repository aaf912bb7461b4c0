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
from pipeline.running.depending import sources_of_change
from pipeline.running.stamp import leave, standing, tells_of_work
from pipeline.writers import installed_writers
from tests.conftest import ARTICLE
from tests.makers import PUBLISH_TOML, picture_file, write

REPOSITORY = Path(__file__).parents[2]
_LOADED = (
    "import sys; from pipeline.__main__ import main\n"
    "try: main()\n"
    "finally: print('LOADED', *(m for m in ('click', 'pipeline.publish', 'weasyprint', 'PIL') if m in sys.modules))"
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


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a published project whose last run had nothing to do."""
    folder = tmp_path_factory.mktemp("stamped") / "project"
    write(folder / "publish.toml", PUBLISH_TOML)
    write(folder / "sources/blog/ryg.md", ARTICLE)
    write(folder / "sources/images/ryg.png", picture_file())
    command(folder, "newsletter")
    # Only what has not just been changed is trusted: see stamp.leave.
    time.sleep(2.5)
    command(folder, "newsletter")
    assert (folder / "outputs/.publish/stamp").is_file()
    return folder


def test_a_run_with_nothing_to_do_loads_nothing(stamped: Path) -> None:
    text, loaded = command(stamped, "newsletter")

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
def test_a_change_breaks_the_stamp(project: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    write(project / "outputs/newsletter/blog/ryg.html", "<html>")
    (project / "outputs/.publish").mkdir()
    monkeypatch.chdir(project)
    others = sources_of_change(Config(project), project / "outputs")
    later = time.time_ns() + 10_000_000_000
    leave(["all"], [str(project / "outputs/newsletter/blog/ryg.html")], others, ("said", 0), later)
    assert standing(["all"]) == ("said", 0)

    CHANGES[change](project)

    assert standing(["all"]) is None


def test_a_file_younger_than_the_record_tells_of_work(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so does a project that was never published: then all who will work start to load at once."""
    monkeypatch.chdir(project)
    assert tells_of_work(["all"])
    later = time.time() + 60
    write(project / "outputs/.publish/record", "{}")
    os.utime(project / "outputs/.publish/record", (later, later))
    write(project / "outputs/newsletter/blog/ryg.html", "<html>")
    assert not tells_of_work(["all"])

    os.utime(project / "sources/blog/ryg.md", (later + 1, later + 1))

    assert tells_of_work(["all"])
    assert tells_of_work(["all", "--project", str(project)])


def test_what_changed_while_the_run_went_on_leaves_no_stamp(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "outputs/.publish").mkdir(parents=True)
    monkeypatch.chdir(project)

    leave(["all"], [], sources_of_change(Config(project), project / "outputs"), ("said", 0), time.time_ns())

    assert standing(["all"]) is None


def test_other_arguments_have_no_stamp(stamped: Path) -> None:
    _, loaded = command(stamped, "newsletter", "--strict")

    assert "pipeline.publish" in loaded


def test_what_a_run_depends_on_is_there_wherever_the_articles_lie(tmp_path: Path) -> None:
    """A path that is nowhere would leave no stamp, ever: a list of words that no one has begun, for one."""
    write(tmp_path / "publish.toml", '[sources]\narticles = ["content/*.md"]\nroot = "content"\n')
    write(tmp_path / "content/ryg.md", ARTICLE)

    paths = list(sources_of_change(load_config(tmp_path, installed_writers()), tmp_path / "outputs"))

    assert [path for path in paths if not Path(path).exists()] == []
    assert str(tmp_path) in paths
