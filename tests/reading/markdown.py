"""Small Markdown texts through the steps of reading, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from textwrap import dedent

from pipeline.findings import Finding
from pipeline.model import Block, Picture
from pipeline.reading.block_builder import build_blocks
from pipeline.reading.lines import FindingCollector, Lines, SourceLine
from pipeline.reading.outline import OutlinedBlocks, build_outline
from pipeline.reading.pandoc import PandocDocument, parse_many
from pipeline.reading.repairs import repair_lines

SOURCE = "sources/blog/ryg.md"
Step = Callable[[Lines, FindingCollector], Iterable[SourceLine]]


@dataclass
class Resolver:
    """Knows every picture but those called `mangler`, and every address but those called `ukendt`."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    def picture(self, target: str, line: int) -> Picture | None:
        self.asked.append((target, line))
        return None if "mangler" in target else Picture(target, "a" * 64, 800, 600, "image/png")

    def link(self, target: str, line: int) -> str:
        self.asked.append((target, line))
        return "" if "ukendt" in target else target

    def title(self, target: str) -> str:
        return ""


def lines(markdown: str) -> Lines:
    return tuple(SourceLine(row, number) for number, row in enumerate(dedent(markdown).strip("\n").split("\n"), 1))


def markdown(changed: Iterable[SourceLine]) -> str:
    return "\n".join(line.text for line in changed)


def stepped(step: Step, text: str) -> tuple[str, list[str]]:
    """Return what one repair made of a text, and the codes of what it found."""
    findings = FindingCollector(SOURCE)
    return markdown(step(lines(text), findings)), [finding.code for finding in findings]


def built(text: str, resolver: Resolver | None = None) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
    """Return the blocks of a text, repaired first, and what building found."""
    repaired, _ = all_repaired(lines(text))
    document = parse_many([markdown(repaired) + "\n"], 30)[0]
    assert isinstance(document, PandocDocument), document
    findings = FindingCollector(SOURCE)
    return build_blocks(document, repaired, findings, resolver or Resolver()), tuple(findings)


def arranged(text: str) -> tuple[OutlinedBlocks, tuple[Finding, ...]]:
    """Return the arranged blocks of a text, and what arranging found."""
    blocks, _ = built(text)
    findings = FindingCollector(SOURCE)
    return build_outline(blocks, findings), tuple(findings)


def all_repaired(changed: Lines) -> tuple[Lines, tuple[Finding, ...]]:
    """Return lines after all line repairs, and what these found."""
    findings = FindingCollector(SOURCE)
    return repair_lines(changed, findings), tuple(findings)


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in findings]
