"""The command as people and CI meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import Config, load_config
from pipeline.rendering.styles import packaged_styles
from tests.conftest import run_publish
from tests.makers import write

RENDERERS = ("weasyprint", "PIL", "ebooklib", "css_inline", "pikepdf", "lxml", "pypandoc", "babel", "jinja2", "rich")


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_import_no_renderer(argument: str, tmp_path: Path) -> None:
    script = (
        "import sys; from pipeline.cli import main\n"
        f"sys.argv = ['publish', {argument!r}]\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)

    loaded = done.stdout.splitlines()[-1].split()
    assert loaded[0] == "LOADED"
    assert not set(loaded) & set(RENDERERS)


def test_an_unknown_key_is_refused_with_the_nearest(project: Path) -> None:
    write(project / "publish.toml", '[publisher]\nnmae = "K"\n[hadnout]\n')

    done = run_publish(project, "all")

    assert done.code == 2
    assert "publish.toml:2: unknown key 'nmae', did you mean 'name'?" in done.err
    assert "publish.toml:3: unknown table 'hadnout', did you mean 'handout'?" in done.err


def test_a_wrong_value_is_refused_with_what_was_expected(project: Path) -> None:
    write(project / "publish.toml", '[sources]\ndates = "som man vil"\n')

    done = run_publish(project, "all")

    assert done.code == 2
    assert "publish.toml:2: [sources] dates is 'som man vil'" in done.err


def test_a_key_that_has_no_effect_any_more_is_still_read(tmp_path: Path) -> None:
    write(tmp_path / "publish.toml", '[preview]\neditor = ["code", "--goto", "{file}:{line}"]\n')

    assert load_config(tmp_path, ()) == Config(tmp_path)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('[publisher]\nwebsite = "klinik.example"\n', "publish.toml:2: [publisher] website is 'klinik.example'"),
        ('[sources]\naddress = "{website}/{slug}"\n', "publish.toml:2: [sources] address holds '{slug}'"),
        ('[sources]\naliases = {overskrift = "titel"}\n', "publish.toml:2: [sources] aliases: 'overskrift' stands for"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(project: Path, toml: str, told: str) -> None:
    write(project / "publish.toml", toml)

    done = run_publish(project, "newsletter")

    assert done.code == 2
    assert told in done.err


@pytest.mark.parametrize(
    "arguments", [("--outputs", "publish.toml"), ("--outputs", "/dev/null/x"), ("--report", "sources")]
)
def test_a_place_that_cannot_be_written_is_said_so_before_anything_is_done(
    project: Path, arguments: tuple[str, ...]
) -> None:
    done = run_publish(project, "newsletter", *arguments)

    assert done.code == 2
    assert "error:" in done.err


def test_a_damaged_journal_does_not_stop_the_next_run(project: Path) -> None:
    write(project / "outputs/.publish/journal.json", "{half")

    assert run_publish(project, "newsletter").code == 0


def test_a_nonconforming_handout_is_published_only_where_it_is_allowed(project: Path) -> None:
    template = (packaged_styles() / "handout/handout.html.j2").read_text("utf-8")
    write(
        project / "styles/handout/handout.html.j2",
        template.replace("{{ chapter.body }}", "{{ chapter.body.replace('h2', 'h4') }}"),
    )

    refused = run_publish(project, "handout")
    assert (refused.code, refused.status("blog/ryg", "handout")) == (1, "failed")
    assert refused.findings("pdf-nonconforming")[0]["line"] == 10

    allowed = run_publish(project, "all", "--only", "handout", "--allow-nonconforming")
    assert (allowed.code, allowed.status("blog/ryg", "handout")) == (0, "written")
    assert allowed.findings("pdf-allowed")

    # What is not meant to stand is made anew by the next run, and refused.
    assert run_publish(project, "handout").status("blog/ryg", "handout") == "stale"


def test_an_unknown_article_is_answered_with_the_nearest(project: Path) -> None:
    done = run_publish(project, "handout", "blog/rgy")

    assert done.code == 2
    assert "did you mean 'blog/ryg'?" in done.err


def test_an_unknown_format_is_answered_with_those_there_are(project: Path) -> None:
    done = run_publish(project, "all", "--only", "pdf")

    assert done.code == 2
    assert "handout, epub, newsletter" in done.err


def test_a_folder_without_a_project_is_said_so(tmp_path: Path) -> None:
    done = run_publish(tmp_path, "all")

    assert done.code == 2
    assert "no publish.toml found" in done.err


def test_another_run_in_the_project_gives_75(project: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pipeline.engine.output_dir import OutputDir\n"
        "with OutputDir(Path(sys.argv[1])).lock(0): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(project / "outputs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()

        done = run_publish(project, "all")

        other.kill()
    assert done.code == 75
    assert "another run holds" in done.err


def test_init_makes_a_project_that_publishes(tmp_path: Path) -> None:
    made = run_publish(tmp_path, "init", "klinik")
    done = run_publish(tmp_path / "klinik", "all", "--strict")

    assert made.code == 0
    assert (tmp_path / "klinik/.github/workflows/publish.yml").is_file()
    assert (tmp_path / "klinik/.gitignore").is_file()
    assert done.code == 0, done.out
    assert done.report["summary"]["written"] == 3


def test_init_touches_nothing_that_exists(project: Path) -> None:
    before = (project / "publish.toml").read_bytes()

    done = run_publish(project, "init", ".")

    assert done.code == 2
    assert "already holds publish.toml" in done.err
    assert (project / "publish.toml").read_bytes() == before


def test_new_makes_a_draft_named_after_its_title(project: Path) -> None:
    done = run_publish(project, "new", "Får du nok søvn?")

    assert done.code == 0
    text = (project / "sources/faar-du-nok-soevn.md").read_text("utf-8")
    assert 'title: "Får du nok søvn?"' in text
    assert "draft: true" in text


def test_doctor_names_every_part(tmp_path: Path) -> None:
    done = run_publish(tmp_path, "doctor")

    assert done.code == 0, done.out
    for part in ("Pango", "HarfBuzz subset", "pandoc", "Fonts", "Java", "Chromium"):
        assert part in done.out


def test_doctor_says_what_a_language_of_the_project_lacks(project: Path) -> None:
    write(project / "styles/words/sv.toml", 'back = "Tillbaka"\n')
    write(project / "sources/somn.md", "---\ntitle: Sömn\nlanguage: sv-SE\n---\nDu sover.\n")

    done = run_publish(project, "doctor")

    assert done.code == 1
    assert "found    words of da: all labels" in done.out
    assert "found    rules of da: all entries" in done.out
    words, rules = (next(row for row in done.out.splitlines() if f" {of} of sv:" in row) for of in ("words", "rules"))
    assert "labels are missing: notes, references" in words
    assert "their rules are skipped: " in rules
    assert "quotes" in rules
    assert "dictionaries" not in rules


def test_schema_describes_configuration_and_front_matter(tmp_path: Path) -> None:
    document = json.loads(run_publish(tmp_path, "schema").out)

    assert {"publisher", "sources", "handout", "epub", "newsletter"} <= set(document["config"]["properties"])
    assert document["config"]["additionalProperties"] is False
    assert {"title", "published", "key_points", "articles"} <= set(document["front-matter"]["properties"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_each_shell(shell: str, tmp_path: Path) -> None:
    done = run_publish(tmp_path, "completion", shell)

    assert done.code == 0
    assert "_PUBLISH_COMPLETE" in done.out
