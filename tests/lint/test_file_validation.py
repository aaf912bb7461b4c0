"""Finished files of other makers, and files that are broken: each is told for what it is, and none stops the rest."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pypandoc
import pytest

from pipeline.lint import file_validation
from pipeline.lint.file_validation import find_published_files, validate_file
from tests.makers import write

UA, A_PART, A_LEVEL = "pdfuaid:part", "pdfaid:part", "pdfaid:conformance"


def told(path: Path) -> list[tuple[str, str]]:
    """Return the codes and messages of a file."""
    return [(finding.code, finding.message) for finding in validate_file(path, path.name)]


def codes(path: Path) -> set[str]:
    return {code for code, _ in told(path)}


def pdf(path: Path, claims: dict[str, str], **how: Any) -> Path:
    """Write a PDF of one empty page that makes claims in its metadata."""
    with pikepdf.new() as document:
        document.add_blank_page()
        with document.open_metadata() as metadata:
            for key, value in claims.items():
                metadata[key] = value
        document.save(path, **how)
    return path


@pytest.mark.parametrize(
    ("claims", "profile", "others"),
    [
        ({UA: "1"}, "UA1", "PDFA"),
        ({A_PART: "2", A_LEVEL: "B"}, "", "PDF"),
        ({A_PART: "3", A_LEVEL: "A"}, "PDFA3A", "PDFUA"),
    ],
)
def test_a_pdf_is_held_to_what_it_claims_and_to_nothing_else(
    tmp_path: Path, claims: dict[str, str], profile: str, others: str
) -> None:
    messages = [message for code, message in told(pdf(tmp_path / "a.pdf", claims)) if code == "file-nonconforming"]

    assert any(profile in message for message in messages) or not profile  # an empty page keeps PDF/A-2b
    assert not any(message.startswith(others) for message in messages)


def test_a_claim_that_stands_compressed_is_read(tmp_path: Path) -> None:
    packed = pdf(
        tmp_path / "a.pdf", {UA: "1"}, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.generate
    )

    assert "file-unclaimed" not in codes(packed)


def test_a_pdf_without_claims_is_held_to_none(tmp_path: Path) -> None:
    assert codes(pdf(tmp_path / "a.pdf", {})) == {"file-unclaimed"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b""), "it is empty"),
        (lambda path: path.write_bytes(b"no pdf"), "it is no PDF"),
        (lambda path: path.write_bytes(pdf(path, {UA: "1"}).read_bytes()[:300]), "it cannot be opened: "),
        (
            lambda path: pdf(path, {}, encryption=pikepdf.Encryption(owner="o", user="u")),
            "it is locked by a password",
        ),
    ],
)
def test_a_pdf_that_cannot_be_read_says_why(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    make(tmp_path / "a.pdf")

    ((code, words),) = told(tmp_path / "a.pdf")
    assert code == "file-nonconforming"
    assert words.startswith(message)


def test_a_book_of_another_maker_is_valid(tmp_path: Path) -> None:
    pypandoc.convert_text(
        "---\ntitle: Ryg\nlang: da\n---\n\n# Ondt\n\nHej.\n", "epub", "md", outputfile=str(tmp_path / "a.epub")
    )

    assert codes(tmp_path / "a.epub") <= {"file-unusual"}


@pytest.mark.parametrize("entries", [{}, {"META-INF/container.xml": "<a"}, {"META-INF/container.xml": "<container/>"}])
def test_a_container_that_holds_no_book_is_told(tmp_path: Path, entries: dict[str, str]) -> None:
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as container:
        for name, words in {"mimetype": "application/epub+zip", **entries}.items():
            container.writestr(name, words)

    assert codes(tmp_path / "a.epub") == {"file-nonconforming"}


def test_what_would_fill_the_memory_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_validation, "MAX_FILE_MB", 1)
    with zipfile.ZipFile(tmp_path / "a.epub", "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("mimetype", b" " * 2_000_000)
    (tmp_path / "b.eml").write_bytes(b"a" * 2_000_000)

    assert told(tmp_path / "a.epub") == [("file-nonconforming", "unpacked it has more than 1 MB")]
    assert told(tmp_path / "b.eml") == [("file-nonconforming", "it has more than 1 MB")]


def mail(path: Path, **headers: str) -> Path:
    message = EmailMessage()
    for name, value in {"From": "a@klinik.example", "Subject": "Hej", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hej med dig.")
    path.write_bytes(bytes(message))
    return path


def test_a_plain_mail_of_another_maker_is_no_error(tmp_path: Path) -> None:
    assert codes(mail(tmp_path / "a.eml")) == {"file-unusual"}


def test_a_mail_that_breaks_its_standard_is_one(tmp_path: Path) -> None:
    write(tmp_path / "a.eml", "no header at all")

    assert "file-nonconforming" in codes(tmp_path / "a.eml")


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")  # which root, who runs some tests, never meets

    mail(tmp_path / "a.eml")
    monkeypatch.setattr(Path, "read_bytes", refuse)

    assert told(tmp_path / "a.eml") == [("file-nonconforming", "it cannot be read: Permission denied")]


def test_a_link_in_a_folder_of_files_is_not_read(tmp_path: Path) -> None:
    mine = tmp_path / "mine.pdf"
    mine.write_bytes(b"%PDF-1.7")
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    (outputs / "a.pdf").write_bytes(b"%PDF-1.7")
    (outputs / "b.pdf").symlink_to(mine)

    assert find_published_files([outputs]) == (outputs / "a.pdf",)
    assert find_published_files([outputs / "b.pdf"]) == (outputs / "b.pdf",)
