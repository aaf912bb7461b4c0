"""The main flow, run as a person runs it: all formats, again, with faults, in part."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdfium2
import pytest

from tests import published_words
from tests.conftest import ARTICLE, Ran, healthy, once, run_publish
from tests.makers import PUBLISH_TOML, picture_file, write


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every published file; report and shelf say what became of a run as well."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".publish" not in path.parts and path.name not in ("report.json", "index.html")
    }


def test_an_article_becomes_all_three_formats(published: Ran) -> None:
    outputs = published.folder / "outputs"

    assert published.code == 0, published.out
    assert (outputs / "handout/blog/ryg.pdf").read_bytes().startswith(b"%PDF-")
    assert zipfile.is_zipfile(outputs / "epub/blog/ryg.epub")
    for suffix in ("html", "txt", "eml"):
        assert (outputs / f"newsletter/blog/ryg.{suffix}").stat().st_size > 0
    assert list((outputs / "newsletter/pictures").iterdir())


def test_the_report_says_what_was_written(published: Ran) -> None:
    report = published.report

    assert report["version"] == 1
    assert report["summary"]["written"] == 3
    handout = next(entry for entry in report["editions"] if entry["format"] == "handout")
    assert handout["id"] == "blog/ryg"
    assert handout["sources"] == ["sources/blog/ryg.md"]
    assert handout["title"] == "Ondt i ryggen"
    artifact, thumbnail = handout["artifacts"]
    data = (published.folder / "outputs" / artifact["path"]).read_bytes()
    assert artifact["bytes"] == len(data)
    assert artifact["sha256"] == hashlib.sha256(data).hexdigest()
    assert artifact["pages"] == 1
    assert thumbnail["path"] == "handout/blog/ryg.png"
    assert "pages" not in thumbnail


def test_a_second_run_finds_nothing_to_do(copy_of_published: Path) -> None:
    before = digests(copy_of_published / "outputs")

    again = run_publish(copy_of_published, "all")

    assert again.code == 0
    assert again.report["summary"]["unchanged"] == 3
    assert again.report["summary"]["written"] == 0
    assert digests(copy_of_published / "outputs") == before


def test_the_same_bytes_come_out_elsewhere(published: Ran, tmp_path: Path) -> None:
    """Another folder, working folder, time zone, hash seed, locale and number of jobs."""
    folder = tmp_path / "et helt andet sted"
    for path in (published.folder / "sources").rglob("*.*"):
        write(folder / path.relative_to(published.folder), path.read_bytes())
    write(folder / "publish.toml", (published.folder / "publish.toml").read_bytes())

    run_publish(
        folder, "all", "--project", str(folder), "--jobs", "3", cwd=tmp_path,
        TZ="Pacific/Auckland", PYTHONHASHSEED="7", LC_ALL="C", SOURCE_DATE_EPOCH="0",
    )  # fmt: skip

    assert digests(folder / "outputs") == digests(published.folder / "outputs")


def test_a_changed_style_rebuilds_only_its_format(copy_of_published: Path) -> None:
    write(copy_of_published / "styles/newsletter/extra.css", "/* changed */")

    again = run_publish(copy_of_published, "all")

    assert [again.status("blog/ryg", name) for name in ("handout", "epub", "newsletter")] == [
        "unchanged", "unchanged", "written",
    ]  # fmt: skip


def test_an_output_that_someone_changed_is_made_anew(copy_of_published: Path) -> None:
    pdf = copy_of_published / "outputs/handout/blog/ryg.pdf"
    good = pdf.read_bytes()
    pdf.write_bytes(b"%PDF-1.7 something else")

    again = run_publish(copy_of_published, "all")

    assert again.status("blog/ryg", "handout") == "written"
    assert pdf.read_bytes() == good


BAD = {
    "ikke-kort.md": (b"---\n- a\n- b\n---\n\nTekst.\n", 2),
    "krav.md": (b"---\ntitle: [a\n---\n\nTekst.\n", 2),
    "dato.md": (b"---\ntitle: A\npublished: 31-02-2025\n---\n\nTekst.\n", 3),
    "latin.md": ("---\ntitle: Søvn\n---\n\nTekst om søvn.\n".encode("latin-1"), 2),
    "tom.md": (b"", 1),
    "uden-billede.md": (b"---\ntitle: A\n---\n\nTekst.\n\n![Ryg](/images/findes-ikke.png)\n", 7),
    "halvt-billede.md": (b"---\ntitle: A\n---\n\nTekst.\n\n![Ryg](/images/halvt.png)\n", 7),
    "abent.md": (b"---\ntitle: A\n\nTekst.\n", 1),
    "dobbelt.md": (b"---\ntitle: A\ntitle: B\n---\n\nTekst.\n", 3),
    "en_id.md": (b"---\ntitle: A\n---\n\nTekst.\n", 0),
    "en-id.md": (b"---\ntitle: B\n---\n\nTekst.\n", 0),
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return one run over a healthy article among many bad ones."""

    def publish(folder: Path) -> Ran:
        healthy(folder)
        write(folder / "sources/images/halvt.png", picture_file()[:900])
        for name, (data, _) in BAD.items():
            write(folder / "sources" / name, data)
        return run_publish(folder, "all")

    return once(tmp_path_factory, "bad", publish)


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_by_file_and_line_with_a_hint(bad: Ran, name: str) -> None:
    errors = [
        finding
        for finding in bad.report["findings"]
        if finding["severity"] == "error" and finding["source"] == f"sources/{name}"
    ]

    assert errors
    assert BAD[name][1] in {finding["line"] for finding in errors}, errors
    assert all(finding["message"] and finding["hint"] for finding in errors)


def test_the_healthy_article_beside_them_is_published(bad: Ran) -> None:
    assert bad.code == 1
    assert {bad.status("blog/ryg", name) for name in ("handout", "epub", "newsletter")} == {"written"}


def test_an_article_without_title_is_called_after_its_file(project: Path) -> None:
    write(project / "sources/hold-i-nakken.md", "Et hold i nakken gør ondt.\n")

    done = run_publish(project, "newsletter")

    titles = {entry["id"]: entry["title"] for entry in done.report["editions"]}
    assert titles["hold-i-nakken"] == "Hold i nakken"


def test_a_failed_article_leaves_its_last_good_files(copy_of_published: Path) -> None:
    before = digests(copy_of_published / "outputs")
    write(copy_of_published / "sources/blog/ryg.md", ARTICLE.replace("2026-03-02", "31-02-2025"))

    broken = run_publish(copy_of_published, "all")
    mended = None
    if broken.code == 1:
        write(copy_of_published / "sources/blog/ryg.md", ARTICLE)
        mended = run_publish(copy_of_published, "all")

    assert broken.code == 1
    assert {entry["status"] for entry in broken.report["editions"]} <= {"stale", "written"}
    assert mended is not None
    assert mended.code == 0
    assert digests(copy_of_published / "outputs") == before


def test_outputs_of_a_source_that_is_gone_are_removed_and_nothing_else(copy_of_published: Path) -> None:
    write(copy_of_published / "outputs/handout/notat.pdf", "someone's own")
    (copy_of_published / "sources/blog/ryg.md").unlink()
    write(copy_of_published / "sources/ny.md", "# Ny\n\nTekst.\n")

    done = run_publish(copy_of_published, "all", "--only", "newsletter")

    assert done.code == 0, done.out
    left = set(digests(copy_of_published / "outputs"))
    assert left == {"handout/notat.pdf", "newsletter/ny.html", "newsletter/ny.txt", "newsletter/ny.eml"}


def test_a_run_over_one_article_keeps_the_other_entries(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/ny.md", "# Ny\n\nTekst.\n")

    done = run_publish(copy_of_published, "newsletter", "sources/ny.md")

    assert done.status("ny", "newsletter") == "written"
    assert done.status("blog/ryg", "handout") == "skipped"
    assert (copy_of_published / "outputs/handout/blog/ryg.pdf").is_file()


def test_drafts_and_unlisted_articles_are_left_out_unless_named(project: Path) -> None:
    write(project / "sources/kladde.md", "---\ntitle: Kladde\ndraft: true\n---\n\nTekst.\n")

    everything = run_publish(project, "all", "--only", "newsletter")
    by_name = run_publish(project, "newsletter", "kladde")

    assert everything.status("kladde", "newsletter") == "skipped"
    assert by_name.status("kladde", "newsletter") == "written"


def test_an_edition_says_what_its_newsletter_shows_and_announces(project: Path) -> None:
    front = (
        "title: Hefte\narticles:\n  - blog/ryg: full\nevents:\n  - title: Åben træning\n    date: 01-12-2026\n"
        "    url: /traening\nopening_hours:\n  Fredag: 8-14\n"
    )
    write(project / "sources/hefte.md", f"---\n{front}---\n\nVelkommen.\n")

    done = run_publish(project, "newsletter", "hefte")
    letter = (project / "outputs/newsletter/hefte.txt").read_text("utf-8")

    assert done.code == 0, done.out
    for words in ("Hold dig i gang", "1. december 2026", "https://klinik.example/traening", "Fredag  8–14"):
        assert words in letter


def test_an_edition_binds_its_articles(project: Path) -> None:
    write(project / "sources/soevn.md", "---\ntitle: Søvn\n---\n\nSov godt.\n")
    write(project / "sources/hefte.md", "---\ntitle: Hefte\narticles: [blog/ryg, soevn]\n---\n\nVelkommen.\n")

    done = run_publish(project, "all")

    assert done.code == 0, done.out
    entry = next(e for e in done.report["editions"] if (e["id"], e["format"]) == ("hefte", "epub"))
    assert entry["sources"] == ["sources/hefte.md", "sources/blog/ryg.md", "sources/soevn.md"]


def test_an_edition_that_lists_an_unknown_article_names_the_nearest(project: Path) -> None:
    write(project / "sources/hefte.md", "---\ntitle: Hefte\narticles:\n  - blog/rygg\n---\n")

    done = run_publish(project, "newsletter")

    (finding,) = done.findings("article-unknown")
    assert (finding["source"], finding["line"]) == ("sources/hefte.md", 4)
    assert "blog/ryg" in finding["hint"]
    assert done.status("hefte", "newsletter") == "failed"


def test_an_edition_that_lists_a_draft_is_refused(project: Path) -> None:
    """A draft must not slip out between other covers."""
    write(project / "sources/kladde.md", "---\ntitle: Kladde\ndraft: true\n---\n\nHemmelig tekst.\n")
    write(project / "sources/hefte.md", "---\ntitle: Hefte\narticles: [blog/ryg, kladde]\n---\n\nVelkommen.\n")

    done = run_publish(project, "newsletter")

    assert done.status("hefte", "newsletter") == "failed"
    assert [finding["line"] for finding in done.findings("article-draft")] == [3]


def test_articles_that_share_a_picture_are_left_in_peace_by_the_next_run(project: Path) -> None:
    write(project / "sources/blog/nakke.md", ARTICLE.replace("Ondt i ryggen", "Ondt i nakken"))
    run_publish(project, "newsletter")

    again = run_publish(project, "newsletter")

    assert again.report["summary"]["unchanged"] == 2


def test_a_copied_project_is_not_made_anew(published: Ran, tmp_path: Path) -> None:
    """As a cache in CI brings outputs back: same bytes, other times."""
    folder = tmp_path / "project"
    shutil.copytree(published.folder, folder, copy_function=shutil.copyfile)

    assert run_publish(folder, "all").report["summary"]["unchanged"] == 3


def test_a_source_whose_id_clashes_keeps_its_last_good_files(copy_of_published: Path) -> None:
    before = digests(copy_of_published / "outputs")
    write(copy_of_published / "sources/blog/RYG.md", "---\ntitle: En anden\n---\n\nTekst.\n")

    done = run_publish(copy_of_published, "all")

    assert done.code == 1
    assert {entry["status"] for entry in done.report["editions"]} == {"stale"}
    assert digests(copy_of_published / "outputs") == before


def test_a_pattern_that_matches_nothing_removes_nothing(copy_of_published: Path) -> None:
    before = digests(copy_of_published / "outputs")
    toml = copy_of_published / "publish.toml"
    write(toml, toml.read_text("utf-8") + '\n[sources]\narticles = ["source/**/*.md"]\n')

    done = run_publish(copy_of_published, "all")

    assert done.code == 2
    assert "no file matches source/**/*.md" in done.err
    assert digests(copy_of_published / "outputs") == before


def test_an_article_that_becomes_a_draft_is_withdrawn(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/blog/ryg.md", ARTICLE.replace("---\ntitle", "---\ndraft: true\ntitle"))

    done = run_publish(copy_of_published, "all")

    assert done.status("blog/ryg", "handout") == "skipped"
    assert digests(copy_of_published / "outputs") == {}


def test_a_format_that_an_article_no_longer_wants_is_withdrawn(copy_of_published: Path) -> None:
    write(copy_of_published / "sources/blog/ryg.md", ARTICLE.replace("---\ntitle", "---\nformats: [epub]\ntitle"))

    run_publish(copy_of_published, "newsletter", "blog/ryg")
    run_publish(copy_of_published, "all")

    assert {name.partition("/")[0] for name in digests(copy_of_published / "outputs")} == {"epub"}


def test_a_failed_article_stays_in_the_report_of_a_part_run(project: Path) -> None:
    write(project / "sources/dato.md", "---\npublished: 31-02-2025\n---\n\nTekst.\n")
    run_publish(project, "newsletter")

    part = run_publish(project, "newsletter", "blog/ryg")

    assert part.code == 0
    assert part.status("dato", "newsletter") == "skipped"
    assert [finding["kept"] for finding in part.findings("date-unreadable")] == [True]


def test_a_file_and_a_folder_of_one_name_are_told_apart(project: Path) -> None:
    write(project / "sources/x.md", "# X\n\nTekst.\n")
    write(project / "sources/x.html/y.md", "# Y\n\nTekst.\n")

    first = run_publish(project, "newsletter")
    second = run_publish(project, "newsletter")

    assert (first.code, second.code) == (1, 1)
    assert {first.status("x", "newsletter"), first.status("x.html/y", "newsletter")} == {"written", "failed"}
    assert any("folder" in finding["message"] for finding in first.findings("write-failed"))


def test_related_articles_are_found_wherever_they_lie_on_the_web(project: Path) -> None:
    write(project / "publish.toml", PUBLISH_TOML + '\n[sources]\naddress = "{website}/da/{id}"\n')
    write(project / "sources/blog/soevn.md", "---\ntitle: Sov godt\nurl: https://klinik.example/s\n---\n\nTekst.\n")
    write(project / "sources/blog/ryg.md", ARTICLE.replace("---\ntitle", "---\nrelated: [blog/soevn]\ntitle"))

    run_publish(project, "newsletter", "blog/ryg")

    page = (project / "outputs/newsletter/blog/ryg.html").read_text("utf-8")
    assert 'href="https://klinik.example/s"' in page
    assert "Sov godt" in page


def test_strict_turns_warnings_into_failure(project: Path) -> None:
    write(project / "sources/blog/ryg.md", ARTICLE.replace("picture_alt: En ryg", "picture_alt: Illustration af ryg"))

    assert run_publish(project, "newsletter").code == 0
    assert run_publish(project, "newsletter", "--strict").code == 1


def test_github_sees_annotations(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project / "sources/dato.md", "---\npublished: 31-02-2025\n---\n\nTekst.\n")

    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    done = run_publish(project, "newsletter")

    assert any(line.startswith("::error file=sources/dato.md,line=2,") for line in done.out.splitlines())


def test_a_fourth_writer_installed_beside_joins_in(project: Path, tmp_path: Path) -> None:
    """A stranger's package adds a format without a change here."""
    package = Path(__file__).parent / "fourth_writer"
    site = tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", str(site))
    subprocess.run([*pip, str(package)], check=True, capture_output=True)
    path = os.pathsep.join((str(site), str(Path(__file__).parent.parent)))

    told = run_publish(project, "--help", PYTHONPATH=path)
    done = run_publish(project, "all", "--only", "webpage", PYTHONPATH=path)

    assert "webpage" in told.out
    assert "Write web pages" in told.out
    assert done.code == 0, done.out
    page = (project / "outputs/webpage/blog/ryg.html").read_text("utf-8")
    assert "<h1>Ondt i ryggen</h1>" in page
    assert (project / "outputs/webpage/pictures").is_dir()


def test_two_formats_of_one_package_are_told_apart(project: Path, tmp_path: Path) -> None:
    """Though package, options and styles are the same, what one has made is never taken for the other's."""
    site = tmp_path / "site"
    writer = (Path(__file__).parent / "fourth_writer/webpage.py").read_text("utf-8")
    # As a package would that was written for the version before.
    write(site / "one.py", writer.replace("pipeline.model", "pipeline.article"))
    write(site / "two.py", writer.replace("<h1>", "<h1 class=two>"))
    write(site / "pages-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: pages\nVersion: 1\n")
    write(site / "pages-1.dist-info/entry_points.txt", "[publish.writers]\none = one\ntwo = two\n")
    path = os.pathsep.join((str(site), str(Path(__file__).parent.parent)))
    both = ("all", "--only", "one", "--only", "two")

    run_publish(project, *both, PYTHONPATH=path)
    done = run_publish(project, *both, PYTHONPATH=path)

    assert "0 written, 2 unchanged" in done.out
    assert "<h1>Ondt i ryggen</h1>" in (project / "outputs/one/blog/ryg.html").read_text("utf-8")
    assert "<h1 class=two>Ondt i ryggen</h1>" in (project / "outputs/two/blog/ryg.html").read_text("utf-8")


def test_the_fourth_writer_is_in_the_readme_and_under_forty_lines() -> None:
    here = Path(__file__).parent
    writer = (here / "fourth_writer/webpage.py").read_text("utf-8")

    assert len(writer.splitlines()) < 40
    assert writer in (here.parent / "README.md").read_text("utf-8")


def test_the_sample_articles_are_published_word_for_word(samples: Path) -> None:
    """Mail, text twin, e-book and handout of every article in `sources/` say what the source says, and nothing else."""
    assert list(published_words.check(Path(__file__).parent.parent, samples)) == []


def test_the_words_check_sees_what_is_missing_and_what_is_added(published: Ran, tmp_path: Path) -> None:
    """A check that cannot fail proves nothing."""
    outputs = tmp_path / "outputs"
    shutil.copytree(published.folder / "outputs", outputs)
    page = outputs / "newsletter/blog/ryg.html"
    page.write_text(page.read_text("utf-8").replace("hjælper mere", "hjælper meget mere"), "utf-8")
    text = outputs / "newsletter/blog/ryg.txt"
    text.write_text(text.read_text("utf-8").replace("øvelser", ""), "utf-8")

    faults = list(published_words.check(published.folder, outputs))

    assert [fault.split(": ", 2)[2] for fault in faults if ".html" in fault] == ["added: meget"]
    assert any("blog/ryg.txt" in fault and "missing" in fault for fault in faults)


def test_an_article_that_is_silent_on_when_to_see_a_doctor_gets_the_standard_box(project: Path) -> None:
    """One that says so itself keeps its own: both come from the real flow, in which articles are read from disk."""
    write(project / "sources/silent.md", "---\ntitle: Stille\npublished: 2026-03-02\n---\n\nTekst.\n")
    write(project / "publish.toml", PUBLISH_TOML + '\n[handout]\nsee_doctor = ["smerten vækker dig om natten"]\n')

    run_publish(project, "handout")

    silent, own = (
        pypdfium2.PdfDocument(project / f"outputs/handout/{id_}.pdf")[0].get_textpage().get_text_range()
        for id_ in ("silent", "blog/ryg")
    )
    assert "vækker dig om natten" in silent
    assert "vækker dig om natten" not in own


def test_the_standard_box_is_that_of_the_topic_in_every_format(project: Path) -> None:
    for name, tags in (("ben", "[Kredsløb]"), ("nat", "[søvn]"), ("ellers", "[andet]")):
        write(project / f"sources/{name}.md", f"---\ntitle: Om {name}\ntags: {tags}\n---\n\nTekst.\n")
    lines = 'see_doctor = {"kredsløb" = ["benet hæver"], "søvn" = [], other = ["det bliver værre"]}'
    write(project / "publish.toml", PUBLISH_TOML.replace("[newsletter]", f"{lines}\n\n[newsletter]", 1))

    run_publish(project, "all")

    for id_, own in (("ben", "benet hæver"), ("nat", ""), ("ellers", "det bliver værre")):
        document = pypdfium2.PdfDocument(project / f"outputs/handout/{id_}.pdf")
        with zipfile.ZipFile(project / f"outputs/epub/{id_}.epub") as book:
            chapter = book.read(
                "OEBPS/chapter-001.xhtml"
                if "OEBPS/chapter-001.xhtml" in book.namelist()
                else next(name for name in book.namelist() if "chapter-001" in name)
            ).decode()
        mail = (project / f"outputs/newsletter/{id_}.txt").read_text("utf-8")
        html = (project / f"outputs/newsletter/{id_}.html").read_text("utf-8")
        for shown in (document[0].get_textpage().get_text_range(), chapter, mail, html):
            assert [line for line in ("benet hæver", "det bliver værre") if line in shown] == [own] * bool(own)
            assert ("Søg læge, hvis" in shown) == bool(own)
