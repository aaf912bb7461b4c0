"""Compares what an article says by the model with what a file holds, and counts what was compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from urllib.parse import unquote

from tests.oracle.facts import Address, Facts, Grid, Item, Words, bare, links_in, pattern, squeezed

Fact = TypeVar("Fact")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that a file holds otherwise, or not at all, with its line in the source."""

    line: int
    message: str


@dataclass(slots=True)
class Compared:
    """How many facts of each kind were compared, and what differs."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def say(self, line: int, message: str) -> None:
        self.differences.append(Difference(line, message))


@dataclass(frozen=True, slots=True)
class Kind(Generic[Fact]):
    """A kind of facts: how two are found to be the same, and how one is shown."""

    name: str
    same: Callable[[Fact, Fact], bool]
    show: Callable[[Fact], str]


def compare_whole(expected: Facts, found: Facts, kinds: Iterable[str] = ("headings", "addresses")) -> Compared:
    """Compare a file that holds the whole article.

    Args:
        kinds: `headings` and `addresses` where the file tells them by its structure.
    """
    compared = Compared()
    expected_named, found_named = expected.with_notes_named(), found.with_notes_named()
    items = Kind("list numbers", _same_item, _show_item)
    headings, addresses = Kind("headings", _same_words, _show_words), Kind("addresses", _same_address, _show_address)
    _sequence(compared, items, expected_named.items, found_named.items)
    _tables(compared, expected_named.tables, found_named.tables)
    _notes(compared, expected, found)
    if "headings" in kinds:
        _sequence(compared, headings, expected_named.headings, found_named.headings)
    if "addresses" in kinds:
        _sequence(compared, addresses, expected.addresses, _outside(expected, found.addresses))
    is_paper = any(grid.is_turned or grid.is_listed for grid in found.tables)
    _order(compared, [block for block in expected_named.blocks if not (is_paper and block.is_cell)], found_named.text)
    return compared


def compare_excerpt(expected: Facts, found: Facts, *, has_order: bool = True) -> Compared:
    """Compare a file that leaves parts out: what it holds must be the article's, in its order.

    Args:
        has_order: False: its headings are in another order, as those of a card, where the dose is above the steps.
    """
    compared = Compared()
    whole, part = expected.with_notes_named(), found.with_notes_named()
    steps = [*whole.items, *(_as_item(heading) for heading in whole.headings)]
    _part(compared, Kind("list numbers", _same_start, _show_item), steps, part.items)
    _part(compared, Kind("cells", _same_grid, lambda grid: f"the table {grid.rows[:1]}"), whole.tables, part.tables)
    compared.counts["cells"] = sum(len(row) for grid in part.tables for row in grid.rows)
    headings = Kind("headings", _same_words if has_order else _same_behind_the_name, _show_words)
    for group in [part.headings] if has_order else [[heading] for heading in part.headings]:
        _part(compared, headings, whole.headings, group)
    notes = Kind("notes", _same_words, _show_words)
    _part(compared, notes, list(whole.notes.values()), list(part.notes.values()))
    return compared


def compare_titles(kind: str, expected: Sequence[Words], found: Sequence[str]) -> Compared:
    """Compare the headings of an article, without footnote marks, with titles among which others may stand."""
    compared = Compared()
    titles = list(map(_without_marks, found)) if kind == "headings" else list(found)
    at = 0
    for heading in expected:
        words = re.compile(pattern(_without_marks(heading.text)))
        compared.counts[kind] += 1
        there = next((place for place in range(at, len(titles)) if words.fullmatch(titles[place])), None)
        if there is not None:
            at = there + 1
        else:
            compared.say(heading.line, f"{kind}: none is {_show_words(heading)}")
    return compared


def _without_marks(words: str) -> str:
    return re.sub("\u27e6.*?\u27e7", "", words)


# ---- sequences


def _sequence(compared: Compared, kind: Kind[Fact], expected: Sequence[Fact], found: Sequence[Fact]) -> None:
    """Compare facts one by one: each once, in order, and no others."""
    compared.counts[kind.name] += len(expected)
    at = 0
    for place, fact in enumerate(expected):
        line = getattr(fact, "line", 0)
        there = next((later for later in range(at, len(found)) if kind.same(fact, found[later])), None)
        if there is None:
            instead = kind.show(found[at]) if at < len(found) else "nothing"
            compared.say(line, f"{kind.name}: expected {kind.show(fact)}, found {instead}")
            # One in its place that is another: go on behind it.
            at += len(found) - at >= len(expected) - place
            continue
        for other in found[at:there]:
            compared.say(line, f"{kind.name}: {kind.show(other)} stands before {kind.show(fact)}")
        at = there + 1
    for other in found[at:]:
        compared.say(0, f"{kind.name}: {kind.show(other)} is not in the article there")


def _part(compared: Compared, kind: Kind[Fact], whole: Sequence[Fact], part: Sequence[Fact]) -> None:
    """Compare facts of an excerpt: each is in the article, in the same order."""
    compared.counts[kind.name] += len(part)
    at = 0
    for fact in part:
        there = next((place for place in range(at, len(whole)) if kind.same(whole[place], fact)), None)
        if there is None:
            compared.say(0, f"{kind.name}: {kind.show(fact)} is not in the article there")
        else:
            at = there + 1


def _same_item(expected: Item, found: Item) -> bool:
    return expected.number == found.number and bool(re.match(pattern(expected.text), found.text))


def _same_start(expected: Item, found: Item) -> bool:
    """Tell whether an item is that one, or its beginning: short variants print the first words of each step."""
    words, shown = (bare(item.text).replace("-", "") for item in (expected, found))
    return expected.number == found.number and bool(words) and (words.startswith(shown) or shown.startswith(words))


def _as_item(heading: Words) -> Item:
    """Return a heading as the step it may become: `1. Gå en tur`."""
    number, _, words = re.sub(r"^(\d+)[.)]?", r"\1 ", bare(heading.text)).partition(" ")
    return Item(number, words, heading.line)


def _same_behind_the_name(whole: Words, part: Words) -> bool:
    """Tell whether a heading of a card is the article's: of “Bird dog – Sådan gør du” the words behind the name."""
    return _same_words(whole, part) or whole.text.endswith(tuple(mark + part.text for mark in "-–—:,"))


def _same_words(expected: Words, found: Words) -> bool:
    return bool(re.fullmatch(pattern(expected.text), found.text))


def _same_address(expected: Address, found: Address) -> bool:
    is_inside = ".xhtml" in found.address or found.address.startswith("#")
    same = unquote(expected.address).rstrip("/") == unquote(found.address).rstrip("/")
    return (same or is_inside) and bool(re.fullmatch(pattern(expected.text), found.text))


def _same_grid(expected: Grid, found: Grid) -> bool:
    return not list(_other_cells(expected, found))


def _outside(expected: Facts, addresses: list[Address]) -> list[Address]:
    """Return the links of a file without those to its own places, unless an article's link has become one."""
    words = {bare(link.text) for link in expected.addresses}
    return [
        link
        for link in addresses
        if not (".xhtml" in link.address or link.address.startswith("#")) or link.text in words
    ]


def _show_item(item: Item) -> str:
    return f"{item.number}. {bare(item.text)[:_SHOWN]}"


def _show_words(words: Words) -> str:
    return repr(bare(words.text)[:_SHOWN])


def _show_address(link: Address) -> str:
    return f"{bare(link.text)[:_SHOWN]!r} ({link.address})"


# ---- tables


def _tables(compared: Compared, expected: Sequence[Grid], found: Sequence[Grid]) -> None:
    compared.counts["cells"] += sum(len(row) for grid in expected for row in grid.rows)
    if len(expected) != len(found):
        line = expected[0].line if expected else 0
        compared.say(line, f"cells: expected {len(expected)} tables, found {len(found)}")
    for grid, other in zip(expected, found, strict=False):
        for message in _other_cells(grid, other):
            compared.say(grid.line, f"cells: {message}")


def _other_cells(expected: Grid, found: Grid) -> Iterator[str]:
    """Yield the cells that stand elsewhere, with the heads of their row and column."""
    if found.is_listed:
        expected = _as_listed(expected)
    if expected.has_head != found.has_head:
        yield "a head that is none, or none where one is"
    if len(expected.rows) != len(found.rows):
        yield f"expected {len(expected.rows)} rows, found {len(found.rows)}"
    for row, other in zip(expected.rows, found.rows, strict=False):
        if len(row) != len(other):
            yield f"the row {bare(row[0])[:_SHOWN]!r} has {len(other)} cells, expected {len(row)}"
        for place, (cell, shown) in enumerate(zip(row, other, strict=False)):
            if not re.fullmatch(pattern(cell), shown):
                head = bare(expected.rows[0][place])[:_SHOWN] if place < len(expected.rows[0]) else ""
                where = f"row {bare(row[0])[:_SHOWN]!r}, column {head!r}"
                yield f"{where}: expected {bare(cell)[:_SHOWN]!r}, found {shown[:_SHOWN]!r}"


def _as_listed(grid: Grid) -> Grid:
    """Return a table as its rows are listed: the first head before the first cell of each."""
    (label, *heads), *rows = grid.rows
    names = ((f"{label}:{name}" if label else name, *cells) for name, *cells in rows)
    return replace(grid, rows=(("", *heads), *names))


# ---- footnotes, order, addresses on paper


def _notes(compared: Compared, expected: Facts, found: Facts) -> None:
    """Compare footnotes, each with its words and marked as often as in the article; their numbers may be others."""
    compared.counts["notes"] += len(expected.notes)
    notes = [sorted(facts.notes.values(), key=lambda note: bare(note.text)) for facts in (expected, found)]
    if len(notes[0]) != len(notes[1]) or not all(map(_same_words, *notes)):
        shown = [", ".join(map(_show_words, each)) for each in notes]
        compared.say(notes[0][0].line if notes[0] else 0, f"notes: expected {shown[0]}, found {shown[1]}")
    marks = [Counter(re.findall("\u27e6(.*?)\u27e7", facts.with_notes_named().text)) for facts in (expected, found)]
    compared.counts["marks"] += marks[0].total()
    # The head of a table may be repeated.
    if set(marks[0]) != set(marks[1]) or marks[0] - marks[1]:
        line = next(iter(expected.notes.values())).line if expected.notes else 0
        compared.say(line, f"marks: expected {dict(marks[0])}, found {dict(marks[1])}")


def _order(compared: Compared, blocks: Sequence[Words], text: str) -> None:
    """Find each paragraph in the text of a file, one behind the other."""
    compared.counts["paragraphs"] += len(blocks)
    at = section = 0
    captions: list[Words] = []
    for block in blocks:
        if block.is_caption:
            captions.append(block)
            continue
        there = re.compile(pattern(block.text)).search(text, at)
        if there is None:
            where = "elsewhere" if re.search(pattern(block.text), text) else "nowhere"
            compared.say(block.line, f"paragraphs: {bare(block.text)[:_SHOWN]!r} stands {where}")
            continue
        if block.is_heading:
            _captions(compared, captions, text[section : there.start()])
            captions, section = [], there.end()
        at = there.end()
    _captions(compared, captions, text[section:])


def _captions(compared: Compared, captions: Iterable[Words], section: str) -> None:
    """Find the captions of a section in its text, in any place: paper sets a picture beside or behind a paragraph."""
    for caption in captions:
        if not re.search(pattern(caption.text), section):
            compared.say(caption.line, f"paragraphs: {bare(caption.text)[:_SHOWN]!r} does not stand in its section")


def printed_addresses(expected: Facts, text: str, known: Iterable[str] = ()) -> Compared:
    """Look for the number or address of each link: behind its words in brackets, in its words, or in a list.

    Args:
        known: Web addresses that need not be printed.
    """
    compared = Compared()
    at = 0
    # A link within a table or a list stands in several texts; each paragraph holds it once.
    for block in expected.blocks:
        if not (addresses := links_in(block.text)):
            continue
        words = re.compile(pattern(block.text))
        there = words.search(text, at) or words.search(text)
        at = there.end() if there else at
        for place, address in enumerate(addresses):
            if address in known:
                continue
            compared.counts["addresses"] += 1
            said = [bare(block.text), (there[place + 1] or "") if there else ""]
            if address.startswith("http"):
                said.append(text)
            if not any(_is_said(address, each) for each in said):
                compared.say(block.line, f"addresses: {address} is not printed")
    return compared


def _is_said(address: str, words: str) -> bool:
    scheme, _, target = address.partition(":")
    if scheme in ("tel", "sms"):
        return re.sub(r"\D", "", unquote(target))[-8:] in re.sub(r"\D", "", words)
    number = re.search(r"10\.\d{4,9}/[^?#]+|PMC\d{4,}|(?<=/)\d{6,}(?=/?$)", unquote(address))
    if number and squeezed(number[0]).replace("-", "").casefold() in _without_hyphens(words):
        return True  # the number by which libraries know it
    address = re.sub(r"[?&](?:utm_\w+|gclid|gbraid|gad_\w+|fbclid)=[^&#]*", "", address)
    wanted = target.partition("?")[0] if scheme == "mailto" else re.sub(r"^https?://(?:www\.)?|/$", "", address)
    # A line may end behind a hyphen of the address, which is not told from one that was added.
    return _without_hyphens(wanted) in _without_hyphens(words)


def _without_hyphens(address: str) -> str:
    return squeezed(unquote(address)).replace("-", "").casefold()
