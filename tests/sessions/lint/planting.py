"""Faults planted in real articles, for rules that a tidy corpus gives nothing to find: 30 of each, by chance.

Every fault stands on a line of its own or changes one line of running text, so that a finding can be told from what the
article had before.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.findings import Finding
from tests.makers import write

COUNT = 30
_PROSE = re.compile(r"[A-ZÆØÅ][^|`\[\]<>#*_]{80,}\.$")
_WORD = re.compile(r"(?<=[a-zæøå] )[a-zæøå]{5,}(?= [a-zæøå])")


@dataclass(slots=True)
class Sheet:
    """An article's lines, and what was planted on which."""

    path: Path
    lines: list[str]
    planted: dict[str, list[int]] = field(default_factory=dict)
    """By code, indexes of lines."""

    def mark(self, code: str, index: int) -> None:
        self.planted.setdefault(code, []).append(index)


Change = Callable[[str, random.Random, int], str]


def _doubled(line: str, chance: random.Random, _number: int) -> str:
    at = chance.choice(list(_WORD.finditer(line)))
    return f"{line[: at.end()]} {at[0]}{line[at.end() :]}"


def _spaced(line: str, chance: random.Random, _number: int) -> str:
    at = chance.choice([*re.finditer(r"(?<=[a-zæøå]),(?= )", line), *re.finditer(r"(?<=[a-zæøå])\.$", line)])
    return f"{line[: at.start()]} {line[at.start() :]}"


def _unclosed(line: str, chance: random.Random, number: int) -> str:
    at = chance.choice(list(_WORD.finditer(line)))
    return line[: at.start()] + "„»“"[number % 3] + line[at.start() :]


def _misspelt(line: str, chance: random.Random, _number: int) -> str:
    words = [at for at in _WORD.finditer(line) if len(at[0]) > 6]
    at = chance.choice(words)
    place = chance.randrange(1, len(at[0]) - 2)
    one, two = at[0][place], at[0][place + 1]
    wrong = at[0][:place] + (two + one if one != two else one) + at[0][place + 2 :]
    return line[: at.start()] + wrong + line[at.end() :]


_CHANGES: dict[str, Change] = {
    "word-doubled": _doubled,
    "space-before-mark": _spaced,
    "quotes-mixed": _unclosed,
    "spelling": _misspelt,
}
_DOSES = (",5 mg", "5,0 mg", "10 µg", "20000 IE", "2.0 ml", "250 ug")
_NUMBERS = ("2.5 kg", "1.5 liter", "0.5 procent", "3.75 km", "12.5 %")
_PEOPLE = ("Parkinson", "Crohn", "Baker", "Morton", "Scheuermann")
_CLAIMS = (
    "Du bliver garanteret rask.", "Behandlingen helbreder slidgigt.", "Vi er landets bedste klinik.",
    "Metoden er klinisk bevist.", "Øvelserne virker for alle.", "Du slipper helt uden risiko.",
)  # fmt: skip
_SHORT = ("VNRS", "ROM", "PRP", "KNX", "MTT")
_ADDED: dict[str, Callable[[int], str]] = {
    "dose-format": lambda number: f"Tag {_DOSES[number % len(_DOSES)]} morgen og aften.",
    "number-format": lambda number: f"Løft {_NUMBERS[number % len(_NUMBERS)]} i hver hånd.",
    "genitive-english": lambda number: f"Det kaldes {_PEOPLE[number % len(_PEOPLE)]}'s sygdom.",
    "claim-doubtful": lambda number: _CLAIMS[number % len(_CLAIMS)],
    "abbreviation-unexplained": lambda number: f"Vi måler med {_SHORT[number % len(_SHORT)]} hver gang.",
    "nominal-style": lambda number: f"Vi vil foretage en vurdering af benet på dag {number}.",
    "address-long": lambda number: f"Se <https://klinik.example/{'lang-' * 16}{number}> for mere.",
    "article-link-unknown": lambda number: f"[Læs mere her](https://klinik.example/ordbog/findes-ikke-{number}).",
    "article-anchor-unknown": lambda number: f"[Om angst](https://klinik.example/ordbog/angst#findes-ikke-{number}).",
    "table-headless": lambda number: f"|  |  |\n|---|---|\n| uge {number} | 10 gange |",
    "alt-long": lambda number: f"![{'En person løfter armen. ' * 12}{number}](/plantet.svg)",
    "lettering-unsaid": lambda number: f"![En tegning af kroppen, nummer {number}](/plantet.svg)",
}
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text y="20">Hornhindetransplantat</text></svg>'
TOGETHER = ("title-twice",)
DATED = ("review-overdue", "reviewer-missing")


def plant(project: Path, seed: int = 10) -> tuple[Sheet, ...]:
    """Plant faults in a project's articles, and return them; whole articles are added for rules on several."""
    chance = random.Random(seed)  # noqa: S311  # which lines are taken must be the same each time
    write(project / "public/plantet.svg", _SVG)
    paths = sorted(path for path in project.glob("content/**/*.md") if path.read_text("utf-8-sig").startswith("---"))
    chance.shuffle(paths)
    sheets = [Sheet(path, path.read_text("utf-8-sig").splitlines()) for path in paths]
    fit = [sheet for sheet in sheets if _is_fit(sheet)][:COUNT]
    for number, sheet in enumerate(fit):
        _date(sheet, number)
        _change(sheet, chance, number)
        for code, words in _ADDED.items():
            sheet.lines += ["", *words(number).split("\n")]
            sheet.mark(code, len(sheet.lines) - 1)
        write(sheet.path, "\n".join(sheet.lines) + "\n")
    return (*fit, *_twins(fit))


def _is_fit(sheet: Sheet) -> bool:
    return len(_places(sheet)) > len(_CHANGES) and any(line.startswith("title:") for line in sheet.lines)


def _places(sheet: Sheet) -> list[int]:
    """Return the lines that can be changed."""
    return [
        at
        for at, line in enumerate(sheet.lines)
        if _PROSE.match(line) and sum(len(each[0]) > 6 for each in _WORD.finditer(line)) > 3
    ]


def _date(sheet: Sheet, number: int) -> None:
    """Say that an article was reviewed, long ago and by no one."""
    code = DATED[number % 2]
    key = "reviewed: 2020-01-01\nreviewed_by: Anna Prøve" if code == "review-overdue" else "reviewed: 2026-01-01"
    sheet.lines[1:1] = key.split("\n")
    sheet.mark(code, -1)


def _change(sheet: Sheet, chance: random.Random, number: int) -> None:
    for code, at in zip(_CHANGES, chance.sample(_places(sheet), len(_CHANGES)), strict=True):
        before = sheet.lines[at]
        sheet.lines[at] = _CHANGES[code](before, chance, number)
        if sheet.lines[at] != before:
            sheet.mark(code, at)


def _twins(sheets: Iterable[Sheet]) -> Iterable[Sheet]:
    """Add an article beside each that has its title."""
    for sheet in tuple(sheets):
        lines = [line for line in sheet.lines if "planet" not in line]
        lines[-1:] = ["Et enkelt afsnit er lagt til, som det andet ikke har."]
        twin = Sheet(sheet.path.with_name(f"{sheet.path.stem}-tvilling.md"), lines)
        for code in TOGETHER:
            twin.mark(code, -1)
        write(twin.path, "\n".join(lines) + "\n")
        yield twin


def noticed(sheets: Iterable[Sheet], findings: Iterable[Finding], project: Path) -> dict[str, tuple[int, int]]:
    """Return by code how many faults were planted, and how many of them a finding names by article and line."""
    places = {(f.code, f.source, f.line) for f in findings} | {(f.code, f.source, 0) for f in findings}
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for sheet in sheets:
        source = sheet.path.relative_to(project).as_posix()
        for code, indexes in sheet.planted.items():
            for index in indexes:
                planted[code] += 1
                lines = range(index - 1, index + 3) if index >= 0 else (0,)  # a table is named by its first line
                found[code] += any((code, source, line) in places for line in lines)
    return {code: (planted[code], found[code]) for code in planted}
