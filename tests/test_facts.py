"""Dates and names of an article are the same on paper, in the mail and in the mail's text part."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
from lxml import html

ID = "blog/ondt-i-laenden"


def words_in(path: Path) -> str:
    """Return the words of a published file, with single spaces."""
    match path.suffix:
        case ".pdf":
            paper = pypdfium2.PdfDocument(path)
            words = "\n".join(page.get_textpage().get_text_range().replace("\x02", "-") for page in paper)
            paper.close()
        case ".html":
            words = html.fromstring(path.read_bytes()).text_content()
        case _:
            words = path.read_text("utf-8")
    return re.sub(r"\s+", " ", words)


@pytest.mark.parametrize("name", [f"handout/{ID}.pdf", f"newsletter/{ID}.html", f"newsletter/{ID}.txt"])
def test_each_output_states_the_same_dates(samples: Path, name: str) -> None:
    shown = words_in(samples / name)

    assert "26. oktober 2026" in shown
    assert "Mads Eksempelsen" in shown
