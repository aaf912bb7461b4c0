"""The check of repairs: a repair that would lose a table or a list item is undone, and said."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.model import Table, text, walk
from pipeline.reading.lines import FindingCollector, Lines
from pipeline.reading.pandoc import PandocFailure, parse_many
from pipeline.reading.repair_check import lost_part
from tests.reading.test_reader import codes, reading

TABLE = "| Middel | Dosis |\n|---|---|\n| Panodil | 4 g |\n"
AS_TEXT = "Middel | Dosis\n\nPanodil | 4 g\n"


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (TABLE, AS_TEXT, "middel | dosis | panodil | 4"),
        (TABLE, TABLE.replace("| 4 g ", "| | 4 g "), "middel | dosis | panodil | 4"),
        ("- Hvil\n- Gå en tur\n", "- Hvil\n\nGå en tur\n", "gå"),
        ("- Hvil\n- Hvil\n", "- Hvil\n", "hvil"),
        (AS_TEXT, TABLE, ""),
        ("1. maj er en dag\n", "1\\. maj er en dag\n", ""),
        ("- [Læs] (https://x.example)\n", "- [Læs](https://x.example)\n", ""),
        ("- Punkt\n  <b>A</b>\n", "- Punkt\n\n  A\n", ""),
        ("1. Stå\n2. Gå\n", "1\\. Stå 2. Gå\n", "gå"),
        ("- Hvil\n- Gå\n", "1. Hvil\n\n<!-- -->\n\n- Gå\n", ""),
        ("Hvil\n- Gå\n", "Hvil\n\n- **Gå**\n", ""),
    ],
)
def test_the_first_lost_part_is_named(before: str, after: str, lost: str) -> None:
    assert lost_part(*parse_many([before, after], 30)) == lost


def test_a_text_that_pandoc_cannot_read_tells_nothing() -> None:
    (document,) = parse_many([AS_TEXT], 30)

    assert not lost_part(PandocFailure("reading took longer than 6 s"), document)


def test_a_repair_that_loses_a_table_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def harmful(lines: Lines, findings: FindingCollector) -> Lines:
        findings.add("table-shape", lines[0].number, "a table made text")
        return tuple(line.with_text(line.text.replace("|", "").replace("---", "")) for line in lines)

    monkeypatch.setattr("pipeline.reading.reader.repair_lines", harmful)

    result = reading(tmp_path, "ryg", f"---\ntitle: Ryg\n---\n\n{TABLE}")

    assert "repair-undone" in codes(result)
    assert "table-shape" not in codes(result)
    assert result.article is not None
    (table,) = (node for node in walk(result.article.blocks) if isinstance(node, Table))
    assert [[text((cell,)) for cell in row] for row in table.rows] == [["Panodil", "4\N{NO-BREAK SPACE}g"]]
