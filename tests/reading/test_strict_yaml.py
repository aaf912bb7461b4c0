"""YAML is text in mappings and lists, with lines, and nothing else."""

from __future__ import annotations

import time

import pytest

from pipeline.findings import Finding
from pipeline.reading.lines import FindingCollector
from pipeline.reading.strict_yaml import MAX_DEPTH, MAX_KEYS, YamlList, YamlMapping, YamlText, parse_yaml


def parsed(block: str, first: int) -> tuple[YamlMapping | None, tuple[Finding, ...]]:
    """Return what a block of YAML holds, and what was found in it."""
    findings = FindingCollector("sources/ryg.md")
    return parse_yaml(block, first, findings), tuple(findings)


def test_mappings_lists_and_text_carry_their_lines() -> None:
    table, faults = parsed("title: Søvn\ntags:\n  - ro\n  - {a: b}\n", 2)

    assert faults == ()
    assert table == YamlMapping(
        (
            (YamlText("title", 2), YamlText("Søvn", 2)),
            (
                YamlText("tags", 3),
                YamlList((YamlText("ro", 4), YamlMapping(((YamlText("a", 5), YamlText("b", 5)),), 5)), 4),
            ),
        ),
        2,
    )


@pytest.mark.parametrize("block", ["", "\n\n", "# kun en bemærkning\n", "null\n"])
def test_nothing_is_an_empty_mapping(block: str) -> None:
    assert parsed(block, 2) == (YamlMapping((), 2), ())


@pytest.mark.parametrize(
    ("block", "line"), [("%YAML 1.2\n---\na: b\n", 2), ("%TAG ! x:\n---\na: b\n", 2), ("a: b\n---\nc: d\n", 3)]
)
def test_directives_and_further_documents_are_refused(block: str, line: int) -> None:
    table, faults = parsed(block, 2)

    assert table is None
    assert [(fault.code, fault.line) for fault in faults] == [("yaml-refused", line)]


def test_every_forbidden_part_is_named() -> None:
    _, faults = parsed("a: &x 1\nb: *x\nc: !!int 3\na: 2\n", 2)

    assert [(fault.code, fault.line) for fault in faults] == [
        ("yaml-refused", 2), ("yaml-refused", 3), ("yaml-refused", 4), ("key-twice", 5),
    ]  # fmt: skip


def test_what_is_never_closed_is_named_where_it_begins() -> None:
    _, faults = parsed("a: b\ntitle: 'Søvn\nc: d\ne: f\n", 2)

    assert [(fault.code, fault.line) for fault in faults] == [("yaml-broken", 3)]
    assert "never closed" in faults[0].message


def test_depth_is_limited_at_once() -> None:
    begin = time.monotonic()

    table, faults = parsed("a: " + "[" * 60_000, 2)

    assert table is None
    assert [fault.code for fault in faults] == ["yaml-too-large"]
    assert str(MAX_DEPTH) in faults[0].message
    assert time.monotonic() - begin < 1


def test_keys_are_limited() -> None:
    table, faults = parsed("\n".join(f"k{number}: x" for number in range(MAX_KEYS + 1)), 2)

    assert table is None
    assert [(fault.code, fault.line) for fault in faults] == [("yaml-too-large", MAX_KEYS + 2)]
