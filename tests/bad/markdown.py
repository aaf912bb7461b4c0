"""Markdown that is too deep, too long, or never ends for a reader that does not look out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bad.cases import Case, Outcome, Published, Refused, article, lay

_DEEP = 10_000
_WORD = "Et ord til. "


def _table(columns: int, rows: int) -> str:
    row = "|" + "a|" * columns
    return "\n".join((row, "|" + "-|" * columns, *[row] * rows))


_NOTES = "\n\n".join(f"[^{n}]: Note nummer {n}." for n in range(3000))
_REFERENCES = " ".join(f"Påstand{n}[^{n}]." for n in range(3000))
_TOO_DEEP = Refused("nesting-too-deep", 5)
_BOOK = Refused("article-too-large", 1, "characters")
_CELLS = Refused("article-too-large", 5, "cells")
_WIDE = Refused("article-too-large", 1, "a word of")
_LONG = Refused("file-too-large", 1, "lines")
_BODIES: dict[str, tuple[str, Outcome]] = {
    "lists": ("\n".join(f"{'  ' * n}- a" for n in range(500)), Refused("nesting-too-deep", 504)),
    "lists-in-line": ("- " * _DEEP + "a", _TOO_DEEP),
    "lists-numbered": ("1. " * _DEEP + "a", _TOO_DEEP),
    "quotes": (">" * _DEEP + " a", _TOO_DEEP),
    "quotes-spaced": ("> " * _DEEP + "a", _TOO_DEEP),
    "quotes-and-lists": ("> - " * (_DEEP // 2) + "a", _TOO_DEEP),
    "divs": ("::: {.tip}\n" * 4000 + "a\n" + ":::\n" * 4000, Refused("nesting-too-deep", 65)),
    "divs-unclosed": ("::: {.tip}\n" * 9_000, Refused("nesting-too-deep", 65)),
    "html-spans": ("<b>" * _DEEP + "a" + "</b>" * _DEEP, Published()),
    "html-divs": ("<div>\n\n" * 2000 + "a\n\n" + "</div>\n\n" * 2000, Published()),
    "note-in-itself": ("a[^1]\n\n[^1]: b[^1]", Published(("note-loop",))),
    "note-circle": ("a[^1]\n\n[^1]: b[^2]\n\n[^2]: c[^1]", Published(("note-loop",))),
    "note-definition-twice": ("a[^1]\n\n[^1]: b\n\n[^1]: c", Published()),
    "notes-doubling": (
        "a[^0]\n\n" + "\n\n".join(f"[^{n}]: x[^{n + 1}] y[^{n + 1}]" for n in range(40)) + "\n\n[^40]: Slut.",
        Refused("nesting-too-deep", 7),
    ),
    "links-unclosed": ("[a](" * _DEEP, _WIDE),
    "brackets-16": ("[" * 16 + "a" + "]" * 16, Published()),
    "backticks-600": ("".join(f"a {'`' * n} " for n in range(1, 190)), Published()),
    "definitions": ("\n".join(f"[a{n}]: /x{n}" for n in range(1000)), Published()),
    "paragraph-of-definitions": (
        "\n".join(f"[a{n}]: /x{n}" for n in range(5000)),
        Refused("article-too-large", 5, "a paragraph of"),
    ),
    "code-of-one-line": ("```\n" + _WORD * 2000 + "\n```", Refused("article-too-large", 5, "a line of code of")),
    "escapes": ("\\" * 20_000 + "*", _WIDE),
    "pipes": ("|" * 20_000, Published()),
    "headings": ("\n\n".join(f"## Afsnit {n}" for n in range(300)), Published()),
    "attributes": ("[a]{" + " ".join(f"k{n}=v" for n in range(5000)) + "}", Published()),
    "entities": ("&lt; " * 5000 + "&#0;&#xD800;&#x110000;&bogus;", Published((), ("\ud800",))),
    "comment-unclosed": ("<!-- " + _WORD * 50, Published(("html-unclosed",))),
    "fence-unclosed": ("```\n" + _WORD * 5, Published(("fence-unclosed",))),
    "cdata": ("<![CDATA[ " * 500, Published(("html-unclosed",))),
    "cdata-20000": ("<![CDATA[ " * 20_000, Published(("html-unclosed",))),
    "scripts-30000": ("<script> " * 30_000, Published(("html-content-removed",))),
    "instructions-2500": ("<? " * 2_500, Published(("html-unclosed",))),
    "mdx-comments-60000": ("{/* " * 60_000, Published(("html-unclosed",))),
    "doctypes-1400": ("<!DOCTYPE " * 1_400, Published()),
    "doctype": ('<!DOCTYPE x [<!ENTITY a "&#38;#38;b;">]>\n\n&a;', Published()),
}
_SLOW: dict[str, tuple[str, Outcome]] = {
    "reference-2000": ("[a]: /x\n\n" + "[a] " * 2000, Refused("article-too-large", 7, "2,000 links")),
    "reference-400": ("[a]: /x\n\n" + "[a] " * 400, Published()),
    "brackets": ("[" * 3_000 + "a" + "]" * 3_000, _WIDE),
    "brackets-open": ("[" * 50_000, _WIDE),
    "pictures-open": ("![" * _DEEP, _WIDE),
    "emphasis": ("*" * _DEEP + "a" + "*" * _DEEP, _TOO_DEEP),
    "emphasis-mixed": ("*a _b " * 3000, Published()),
    "emphasis-nested": ("*a **b " * 400 + "c" + "** d*" * 400, _TOO_DEEP),
    "angles": ("<" * 50_000, _WIDE),
    "footnotes-3000": (f"{_REFERENCES}\n\n{_NOTES}", Refused("article-too-large", 1007, "500 footnotes")),
    "footnotes-300": (
        f"{_REFERENCES.split('[^300]')[0]}\n\n{_NOTES.split('[^300]:')[0]}",
        Published(but=("newsletter", "newsletter-nonconforming")),
    ),
    "footnote-of-a-megabyte": ("a[^1]\n\n[^1]: " + "a" * 1_000_000, _BOOK),
    "footnote-of-a-book": ("a[^1]\n\n[^1]: " + _WORD * 30_000, _BOOK),
    "table-1000-columns": (_table(1000, 5), _CELLS),
    "table-5000-rows": (_table(3, 5000), _CELLS),
    "table-60-columns": (_table(60, 5), Published()),
    "fences-5000": ("~~~ a\n" * 5_000 + "Tekst.", Published(("fence-unclosed",))),
    "footnotes-in-a-circle": (
        "a[^0]\n\n" + "\n".join(f"[^{n}]: b[^{(n + 1) % 4000}]" for n in range(4000)),
        Refused("article-too-large", 507, "500 footnotes"),
    ),
    "one-line-1-mb": (_WORD * 80_000, _BOOK),
    "paragraphs-60000": ("a\n\n" * 60_000, _LONG),
    "list-items-20000": ("- a\n" * 20_000, _LONG),
    "pictures-300": ("![Ryg](/images/ryg.png)\n\n" * 300, Refused("article-too-large", 405)),
}


def _filled(line: bytes, times: int) -> Callable[[Path], None]:
    return lambda path: lay(path, line * times)


def _cases() -> Iterator[Case]:
    for name, (body, outcome) in _BODIES.items():
        yield Case(f"markdown-{name}", article(body), outcome)
    for name, (body, outcome) in _SLOW.items():
        yield Case(f"markdown-{name}", article(body), outcome, needs_own_run=True)
    yield Case(
        "markdown-50-mb", _filled(b"Et ord til. \n", 4_000_000),
        Refused("file-too-large", 1, "bytes"), needs_own_run=True,
    )  # fmt: skip
    yield Case("markdown-2-mb", _filled(b"Et ord.\n", 250_001),
               Refused("file-too-large", 1, "bytes"), needs_own_run=True)  # fmt: skip


CASES = tuple(_cases())
