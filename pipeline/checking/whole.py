"""Whole: what only shows when all articles lie side by side."""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from pipeline.article import Header, Link, References
from pipeline.checking.manuscript import Manuscript
from pipeline.findings import Finding, found

ALIKE = 0.8
"""Of two articles' shingles, so many in common are too many. Source: Broder 1997, with shingles of five words."""
_SHINGLE = 5
_SKETCH = 128
_FEW = 40
"""Words: of a shorter text likeness says nothing."""
_AT_ONCE = 1_000
"""So many articles' hashes are held at once."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is kept of an article to compare it with others."""

    anchors: tuple[str, ...] = ()
    """Ids of its headings."""
    links: tuple[tuple[str, int], ...] = ()
    """Web addresses it leads to, and the line of each."""
    sketch: bytes = b""
    """The smallest hashes of its shingles, in order, four bytes each: articles that are alike share most of them."""
    accept: tuple[str, ...] = ()
    """Codes of findings that its author means."""
    reviewed: date | None = None
    review_after: date | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An article among all others."""

    id: str
    source: str
    title: str
    address: str
    related: tuple[str, ...]
    """Ids."""
    binds: tuple[str, ...]
    """Ids of the articles that an edition binds."""
    is_hidden: bool
    """A draft or unlisted, which no one need lead to."""
    traits: Traits


def traits_of(script: Manuscript) -> Traits:
    """Return what is kept of an article."""
    article = script.article
    anchors = (*(node.id for node in script.nodes(Header)), *(node.id for node in script.nodes(References)))
    links = ((link.address, link.line) for link in script.nodes(Link) if link.address.startswith("http"))
    return Traits(
        anchors,
        tuple(dict.fromkeys(links)),
        _sketch([folded for _, words in script.words for _, _, folded in words]),
        article.accept,
        article.reviewed,
        article.review_after,
    )


def check_together(articles: Iterable[Neighbour]) -> tuple[Finding, ...]:
    """Return what is doubtful about all articles of a project together, save what their authors mean."""
    them = tuple(articles)
    meant = {one.source: one.traits.accept for one in them}
    findings = (*_links(them), *_titles(them), *_alike(them), *_orphans(them))
    return tuple(finding for finding in findings if finding.code not in meant.get(finding.source, ()))


def _sketch(words: list[str]) -> bytes:
    if len(words) < _FEW:
        return b""
    # crc32 is the same in every process, and fast; a bottom-k sketch needs no more of a hash.
    encoded = [word.encode() for word in words]
    shingles = {zlib.crc32(b" ".join(encoded[at : at + _SHINGLE])) for at in range(len(words) - _SHINGLE + 1)}
    return pack(sorted(shingles)[:_SKETCH])


def pack(hashes: Sequence[int]) -> bytes:
    """Return hashes of 32 bits as a sketch: a tenth of what the numbers would take."""
    return struct.pack(f"<{len(hashes)}I", *hashes)


def _hashes(sketch: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sketch) // 4}I", sketch)


def _links(them: tuple[Neighbour, ...]) -> Iterator[Finding]:
    by_address = {one.address.rstrip("/"): one for one in them if one.address}
    folders = {address.rpartition("/")[0] for address in by_address}
    for one in them:
        for address, line in one.traits.links:
            page, _, anchor = address.partition("#")
            target = by_address.get(page.split("?")[0].rstrip("/"))
            if target and anchor and anchor not in target.traits.anchors and target is not one:
                message = f"{target.id!r} has no heading {anchor!r}"
                yield found("article-anchor-unknown", one.source, line, message, quote=address)
            elif not target and page.split("?")[0].rstrip("/").rpartition("/")[0] in folders:
                yield found(
                    "article-link-unknown", one.source, line, f"there is no article at {address}", quote=address
                )


def _titles(them: tuple[Neighbour, ...]) -> Iterator[Finding]:
    by_title: dict[str, list[Neighbour]] = defaultdict(list)
    for one in them:
        by_title[" ".join(one.title.casefold().split())].append(one)
    for same in by_title.values():
        for one in same[1:]:
            yield found("title-twice", one.source, 0, f"{same[0].source} is called {one.title!r} too")


def _alike(them: tuple[Neighbour, ...]) -> Iterator[Finding]:
    shared: dict[tuple[int, int], int] = defaultdict(int)
    # A share of the hashes at a time, so that memory does not grow with the articles.
    shares = 1 + len(them) // _AT_ONCE
    for share in range(shares):
        by_hash: dict[int, list[int]] = defaultdict(list)
        for number, one in enumerate(them):
            for hashed in _hashes(one.traits.sketch):
                if hashed % shares == share:
                    by_hash[hashed].append(number)
        for numbers in by_hash.values():
            # What very many share is a standing phrase, such as the foot of every article.
            if len(numbers) <= max(10, len(them) // 10):
                for pair in combinations(numbers, 2):
                    shared[pair] += 1
    for (first, second), count in sorted(shared.items()):
        if count * 2 < _SKETCH * ALIKE and count < 20:
            continue
        likeness = _likeness(_hashes(them[first].traits.sketch), _hashes(them[second].traits.sketch))
        if likeness >= ALIKE:
            message = f"{round(likeness * 100)} % of it is alike with {them[first].source}"
            yield found("article-alike", them[second].source, 0, message)


def _likeness(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return how much of two articles' shingles is common to both, estimated from their sketches."""
    union = sorted({*one, *other})[:_SKETCH]
    both = set(one) & set(other)
    return sum(hashed in both for hashed in union) / len(union) if union else 0.0


def _orphans(them: tuple[Neighbour, ...]) -> Iterator[Finding]:
    if len(them) < 2:
        return
    by_address = {one.address.rstrip("/"): one.id for one in them if one.address}
    led_to = {id_ for one in them for id_ in (*one.related, *one.binds) if id_ != one.id}
    for one in them:
        for address, _ in one.traits.links:
            target = by_address.get(address.partition("#")[0].split("?")[0].rstrip("/"))
            if target and target != one.id:
                led_to.add(target)
    for one in them:
        if one.id not in led_to and not one.is_hidden and not one.binds:
            yield found("orphan", one.source, 0, "no other article leads here")
