"""OpenDocument and HTML files become articles; hostile files cost an error; the command overwrites nothing."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline import cli
from pipeline.config import Config, load_config
from pipeline.errors import ConfigError
from pipeline.importing import importer
from pipeline.importing.document_words import GridCell, compare_words, read_document_words, table_words, words_of
from pipeline.importing.office_files import open_office_file
from pipeline.reading.pandoc import convert
from tests.importing.word_files import external, para, picture, png, word_file

TOML = '[publisher]\nname = "Klinik Eksempel"\nwebsite = "https://klinik.example"\n'
SAMPLE = """# Søvn

Ro **hjælper**.[^1]

- Gå
- Løb

| Dag    | Antal |
|--------|-------|
| Mandag | 10    |

![En ryg](ryg.png)

[^1]: Se side 4.
"""


@pytest.fixture
def project(tmp_path: Path) -> Config:
    folder = tmp_path / "projekt"
    (folder / "sources").mkdir(parents=True)
    (folder / "publish.toml").write_text(TOML, "utf-8")
    return load_config(folder, ())


def bring(project: Config, name: str, data: bytes, *, is_check: bool = False) -> importer.ImportResult:
    path = project.folder.parent / name
    path.write_bytes(data)
    (result,) = importer.import_documents(project, [path], "", is_check=is_check)
    return result


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def from_markdown(text: str, form: str) -> bytes:
    data = convert(text.encode(), ("--from", "markdown", "--to", form, "--standalone"), 10)
    assert isinstance(data, bytes)
    return data


# ---- other kinds


def test_an_opendocument_file_becomes_an_article(project: Config) -> None:
    sample = SAMPLE.replace("![En ryg](ryg.png)\n\n", "")

    result = bring(project, "Søvn.odt", from_markdown(sample, "odt"))

    assert (project.folder / "sources/soevn.md").read_text("utf-8").split("---\n", 2)[2] == (
        "\nRo **hjælper**.[^1]\n\n- Gå\n- Løb\n\n| Dag    | Antal |\n|--------|-------|\n| Mandag | 10    |\n\n"
        "[^1]: Se side 4.\n"
    )
    assert result.is_whole
    assert result.findings == ()


def test_comments_and_changes_of_an_opendocument_file_are_named(project: Config) -> None:
    office, text = "urn:oasis:names:tc:opendocument:xmlns:office:1.0", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    content = (
        f'<o:document-content xmlns:o="{office}" xmlns:t="{text}" xmlns:dc="http://purl.org/dc/elements/1.1/"><o:body>'
        '<o:text><t:tracked-changes><t:changed-region t:id="c1"><t:deletion><t:p>aldrig</t:p></t:deletion>'
        "</t:changed-region></t:tracked-changes><t:p>Først.</t:p><t:p>Sov <o:annotation><dc:creator>Ida</dc:creator>"
        '<t:p>Er det rigtigt?</t:p></o:annotation>otte <t:change t:change-id="c1"/>timer.</t:p></o:text></o:body>'
        "</o:document-content>"
    )

    styles = f'<o:document-styles xmlns:o="{office}"><o:styles/></o:document-styles>'

    result = bring(project, "a.odt", zipped(**{"content.xml": content.encode(), "styles.xml": styles.encode()}))

    written = (project.folder / "sources/a.md").read_text("utf-8")
    assert written.endswith("\nFørst.\n\nSov otte timer.\n")
    assert result.is_whole
    assert [(finding.code, finding.message) for finding in result.findings] == [
        ("import-change", "deleted: “aldrig”"),
        ("import-comment", "a comment (Ida): “Er det rigtigt?”"),
    ]
    assert written.split("\n")[result.findings[1].line - 1] == "Sov otte timer."


def test_a_page_of_html_becomes_an_article(project: Config) -> None:
    page = (
        "<html><head><title>Fanen</title><style>p {}</style></head><body><h1>Søvn</h1><p>Ro &amp; <b>orden</b>.</p>"
        "<script>alert(1)</script><ul><li>Gå</li><li>Løb</li></ul><table><tr><th>Dag</th><th colspan=2>Antal</th></tr>"
        '<tr><td>Mandag</td><td>10</td><td>12</td></tr></table><img src="ryg.png" alt="En ryg">'
        '<div class="advarsel"><p>Pas på.</p></div></body></html>'
    )
    (project.folder.parent / "ryg.png").write_bytes(png())

    result = bring(project, "side.html", page.encode())

    written = (project.folder / "sources/side.md").read_text("utf-8")
    assert written.startswith('---\ntitle: "Søvn"\n')
    assert "Ro & **orden**.\n\n- Gå\n- Løb\n" in written
    assert '<th colspan="2">Antal</th>' in written
    assert "![En ryg](side/billede-1.png)" in written
    assert "::: {.warning}\nPas på.\n:::" in written
    assert "alert" not in written
    assert result.is_whole


def test_a_page_opens_no_file_outside_of_its_folder(project: Config) -> None:
    (project.folder / "hemmelig.png").write_bytes(png())
    page = '<p>Tekst.</p><p><img src="projekt/../../hemmelig.png"><img src="file:///etc/passwd"><img src="http://x.example/a.png"></p>'

    result = bring(project, "side.html", page.encode())

    assert result.pictures == 0
    assert [finding.code for finding in result.findings] == ["import-picture"] * 3


def test_a_page_that_word_saved_keeps_its_danish_letters(project: Config) -> None:
    page = '<html><head><meta http-equiv=Content-Type content="text/html; charset=windows-1252"></head><p>Øl – æble</p>'

    result = bring(project, "side.htm", page.encode("cp1252"))

    assert "Øl – æble" in (project.folder / "sources/side.md").read_text("utf-8")
    assert result.is_whole


@pytest.mark.parametrize("page", [b"", b"<!-- -->", b"<div>" * 3000 + b"Ro" + b"</div>" * 3000, b"<p>\xff\xfe</p>"])
def test_an_odd_page_is_imported_or_refused(page: bytes, project: Config) -> None:
    result = bring(project, "side.html", page)

    assert result.is_whole or [finding.code for finding in result.findings] == ["import-refused"]


@pytest.mark.parametrize("number", ["1000000000", "-3", "x", ""])
def test_a_cell_of_odd_width_costs_no_time(number: str, project: Config) -> None:
    from tests.importing.word_files import cell, sign, table

    wide = table((cell("a", span=2), "b"), heads=0).replace('w:val="2"', f'w:val="{number}"')
    started = time.process_time()

    bring(project, "a.docx", word_file(wide, para(sign(f'sym w:font="Symbol" w:char="{number}"'), " slut")))

    assert time.process_time() - started < 5


# ---- hostile files


def zipped(**parts: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/"), part)
    return data.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    return word_file(para("Tekst."), parts={name: data})


def lying_about_its_size() -> bytes:
    """Return a file whose directory says that its text is a hundredth of what it is."""
    data = bytearray(word_file(*[para("Tekst.")] * 5000))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        size = archive.getinfo("word/document.xml").file_size
    return bytes(data.replace(struct.pack("<L", size), struct.pack("<L", size // 100)))


ENTITIES = b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><w:document xmlns:w="x">&b;</w:document>'
HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a zip bomb": ("a.docx", lambda: with_part("word/x.xml", b"\0" * 50_000_000), "a bomb"),
    "many parts": (
        "a.docx",
        lambda: word_file(para("a"), parts={f"word/media/{n}.png": b"" for n in range(2100)}),
        "parts of",
    ),
    "nested entities": ("a.docx", lambda: with_part("word/document.xml", ENTITIES), "declares entities"),
    "a picture from the web as an object": (
        "a.docx",
        lambda: word_file(para("a"), relations=external("rIdX", "oleObject", "http://x.example/a")),
        "from outside",
    ),
    "a template from the web": (
        "a.docx",
        lambda: word_file(para("a"), relations=external("rIdX", "attachedTemplate", "https://x.example/a.dotm")),
        "from outside",
    ),
    "macros": ("a.docx", lambda: with_part("word/vbaProject.bin", b"x"), "with macros"),
    "no zip at all": ("a.docx", lambda: b"Hej med dig", "no zip archive"),
    "locked by a password": ("a.docx", lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "a password locks"),
    "a PDF with another name": ("a.docx", lambda: b"%PDF-1.7\n", "a PDF"),
    "a Word file with the name of another kind": ("a.odt", lambda: word_file(para("a")), "with the suffix .odt"),
    "a Word file called HTML": ("a.html", lambda: word_file(para("a")), "expected HTML"),
    "a kind that is not known": ("a.pages", lambda: b"x", "expected .docx, .odt or .html"),
    "a name that leads out": ("a.docx", lambda: with_part("../../a.xml", b"x"), "leads out of the file"),
    "XML that is damaged": ("a.docx", lambda: with_part("word/document.xml", b"<w:document"), "is damaged"),
    "a file that was cut": ("a.docx", lambda: word_file(para("a"))[:700], "a damaged file"),
    "an archive without text": ("a.docx", lambda: zipped(a__b=b"x"), "without a document"),
    "a text larger than the directory says": ("a.docx", lying_about_its_size, "damaged"),
    "a locked OpenDocument file": (
        "a.odt",
        lambda: zipped(**{"content.xml": b"<a/>", "META-INF__manifest.xml": b"<a><encryption-data/></a>"}),
        "a password locks",
    ),
    "elements nested too deep": (
        "a.docx",
        lambda: with_part("word/document.xml", b"<a>" * 5000 + b"</a>" * 5000),
        "is damaged",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_an_error_with_a_hint(name: str, project: Config) -> None:
    file_name, make, message = HOSTILE[name]
    before = tree(project.folder)
    data = make()
    started = time.process_time()

    result = bring(project, file_name, data)

    (finding,) = result.findings
    assert (finding.severity, finding.code) == ("error", "import-refused")
    assert message in finding.message
    assert finding.hint
    assert tree(project.folder) == before
    assert time.process_time() - started < 5


def test_absurd_pictures_are_left_out_and_named(project: Config) -> None:
    """A picture of 60,000 times 60,000 pixels is never decoded."""
    huge = bytearray(png())
    huge[16:24] = struct.pack(">LL", 60_000, 60_000)

    result = bring(
        project,
        "a.docx",
        word_file(para("Tekst."), para(picture("En ryg")), parts={"word/media/image1.png": bytes(huge)}),
    )

    assert [finding.code for finding in result.findings] == ["import-picture"]
    assert result.pictures == 0
    assert result.is_whole


def test_a_link_is_not_followed(project: Config) -> None:
    (project.folder.parent / "rigtig.docx").write_bytes(word_file(para("a")))
    path = project.folder.parent / "a.docx"
    path.symlink_to("rigtig.docx")

    (result,) = importer.import_documents(project, [path], "", is_check=False)

    assert [finding.code for finding in result.findings] == ["import-refused"]


# ---- the command


def run_import(project: Config, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        cli.commands, ["import", *arguments, "--project", str(project.folder)], standalone_mode=False
    )
    assert done.exception is None, done.exception
    return done.return_value, done.output


def save(project: Config, name: str, data: bytes) -> str:
    path = project.folder.parent / name
    path.write_bytes(data)
    return str(path)


def test_checking_writes_nothing_and_says_what_would_change(project: Config) -> None:
    path = save(project, "Ondt i ryggen.docx", word_file(para("• Gå"), para("• Løb")))
    before = tree(project.folder)

    code, output = run_import(project, "--check", path)

    assert code == 0
    assert tree(project.folder) == before
    assert "Ondt i ryggen.docx: would become sources/ondt-i-ryggen.md" in output
    assert "import-list: 2 paragraphs with typed marks" in output
    assert "word for word: 4 words in the document, each is in the article, in order" in output


def test_several_files_are_each_reported(project: Config) -> None:
    good, bad = save(project, "a.docx", word_file(para("Tekst."))), save(project, "b.docx", b"nej")

    code, output = run_import(project, bad, good, "--folder", "blog")

    assert code == 1
    assert "b.docx: error: not a .docx file" in output
    assert "a.docx: wrote sources/blog/a.md" in output
    assert (project.folder / "sources/blog/a.md").is_file()


def test_nothing_is_overwritten(project: Config) -> None:
    (project.folder / "sources/a.md").write_text("Min tekst.\n", "utf-8")
    path = save(project, "a.docx", word_file(para("Tekst.")))

    code, output = run_import(project, path)

    assert code == 1
    assert "sources/a.md exists already" in output
    assert (project.folder / "sources/a.md").read_text("utf-8") == "Min tekst.\n"


def test_two_documents_of_one_name_do_not_meet(project: Config) -> None:
    """`Søvn.docx` and `søvn.docx` would be one article: the second is refused, when checking too."""
    first, second = save(project, "Søvn.docx", word_file(para("A."))), save(project, "søvn.docx", word_file(para("B.")))

    assert run_import(project, "--check", first, second)[0] == 1
    assert run_import(project, first, second)[0] == 1
    assert (project.folder / "sources/soevn.md").read_text("utf-8").endswith("A.\n")


@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("Ondt i ryggen (ENDELIG).docx", "ondt-i-ryggen-endelig"),
        ("2026 råd.docx", "2026-raad"),
        ("Æ_ø.å.docx", "ae-oe-aa"),
    ],
)
def test_names_of_documents_make_clean_ids(name: str, article: str, project: Config) -> None:
    assert bring(project, name, word_file(para("Tekst."))).article == f"sources/{article}.md"


def test_a_failure_while_writing_leaves_nothing(project: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = word_file(para("Tekst."), para(picture("En ryg")))
    real = importer._write_article
    before = tree(project.folder)

    def write(home: Path, folder: Path, draft: importer._Draft) -> None:
        if home == project.folder:
            monkeypatch.setattr(importer, "write_whole", full)
        real(home, folder, draft)

    monkeypatch.setattr(importer, "_write_article", write)
    result = bring(project, "a.docx", file)

    assert [finding.code for finding in result.findings] == ["import-refused"]
    assert tree(project.folder) == before


def test_a_folder_outside_of_the_project_is_refused(project: Config) -> None:
    (project.folder / "sources/ud").symlink_to(project.folder.parent)

    with pytest.raises(ConfigError, match="outside the project"):
        importer.import_documents(project, [Path("a.docx")], "ud", is_check=False)


def test_an_unknown_kind_of_box_is_refused(project: Config) -> None:
    project.file.write_text(TOML + '[import]\nstyles = {"Fed" = "waning"}\n', "utf-8")

    with pytest.raises(
        ConfigError, match=r"publish.toml:5: \[import\] styles names an unknown box 'waning'.*'warning'"
    ):
        load_config(project.folder, ())


# ---- the proof itself


def test_the_proof_sees_a_word_that_is_missing_and_a_cell_that_moved(tmp_path: Path) -> None:
    from tests.importing.word_files import table

    def words(*blocks: str):  # type: ignore[no-untyped-def]  # DocumentWords
        (tmp_path / "a.docx").write_bytes(word_file(*blocks))
        return read_document_words(open_office_file(tmp_path / "a.docx"))

    whole = words(para("Tag 2 piller."), table(("a", "b"), ("1", "2")))

    assert compare_words(whole, words(para("Tag 2 piller."), table(("a", "b"), ("1", "2")))) == []
    assert compare_words(whole, words(para("Tag piller."), table(("a", "b"), ("1", "2")))) == [("2", "")]
    assert compare_words(whole, words(para("Tag 2 piller."), table(("a", "b"), ("2", "1")))) != []
    assert compare_words(whole, words(para("Tag 2 piller."), table(("a", "b"), ("", "1", "2")))) != []


def test_a_merged_cell_stands_at_each_of_its_places() -> None:
    rows = [[GridCell(["a"], 2), GridCell(["b"])], [GridCell(["c"])]]

    assert table_words(rows) == ["a", "¦", "b", "¦", "a", "¦", "c", "¦"]


def test_typed_bullets_are_marks_of_lists_and_figures_keep_their_number() -> None:
    assert words_of("• Gå en tur") == ["\x01•", "Gå", "en", "tur"]
    assert words_of("3) Hvil") == ["\x013", "Hvil"]
    assert words_of("3 piller") == ["3", "piller"]
