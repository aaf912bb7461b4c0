"""File names that some systems cannot hold, that look alike, or that forge a log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tests.bad.cases import Case, Published, Refused, article

_BODY = article("Tekst.")


def _named(name: str, source: str, outcome: Published | Refused, id_: str = "", **files: str) -> Case:
    more = {f"sources/bad/{path}": _BODY for path in files.values()}
    return Case(name, _BODY, outcome, more, source=f"sources/bad/{source}", id=f"bad/{id_}" if id_ else "")


def _bytes_name(path: Path) -> None:
    Path(os.fsdecode(os.fsencode(path.parent) + b"/latin-\xf8.md")).write_text(_BODY)


def _cases() -> Iterator[Case]:
    yield _named("name-nfd", "A\u030arhus.md", Published(), "århus")
    yield _named("name-emoji", "🦴-knogler.md", Published(), "🦴-knogler")
    yield _named("name-255-bytes", "a" * 252 + ".md", Refused("name-unusable", 0, "200 bytes"))
    yield _named("name-200-bytes", "å" * 100 + ".md", Published(), "å" * 100)
    yield _named("name-201-bytes", "b" * 201 + ".md", Refused("name-unusable", 0, "200 bytes"))
    for word in ("con", "NUL", "aux.tekst", "com1", "lpt9", "PRN"):
        yield _named(f"name-reserved-{word.lower()}", f"{word}.md", Refused("name-unusable", 0, "devices"))
    yield _named("name-case-twins", "Tvilling.md", Refused("id-twice", 0), "tvilling", twin="tvilling.md")
    yield _named("name-underscore-twins", "to_ord.md", Refused("id-twice", 0), "to-ord", twin="to-ord.md")
    yield _named("name-form-twins", "\u00e5ben.md", Refused("id-twice", 0), "åben", twin="a\u030aben.md")
    yield _named("name-spaces", "tre  ord her .md", Published(), "tre-ord-her")
    yield _named(
        "name-newline", "linje\nskift.md", Refused("name-unusable", 0, "control", "sources/bad/linje\ufffdskift.md")
    )
    yield _named("name-workflow-command", "x%0A::error::forfalsket,y:.md", Published(), "x%0a-error-forfalsket,y")
    yield _named("name-markup", "<script>alert(1)<.md", Published((), ("<script>",)), "script-alert(1)")
    yield _named("name-quotes", "a\"b'c&d.md", Published(), "a-b'c&d")
    yield _named("name-dash", "-rf.md", Published(), "rf")
    yield _named("name-option", "--outputs=x.md", Published(), "outputs=x")
    yield _named("name-percent", "a%2e%2e%2fb.md", Published(), "a%2e%2e%2fb")
    yield _named("name-backslash", "mappe\\..\\ude.md", Published(), "mappe-..-ude")
    yield _named(
        "name-bidi", "ryg\u202egpj.md", Refused("name-unusable", 0, "direction", "sources/bad/ryg\ufffdgpj.md")
    )
    yield _named("name-only-signs", "___.md", Refused("name-unusable", 0))
    yield Case("name-not-utf-8", _bytes_name, Refused("name-unusable", 0, "UTF-8", "sources/bad/latin-?.md"))
    yield _named("name-html-folder", "mappe.html/indhold.md", Published(), "mappe.html/indhold")
    yield _named("name-deep", "d/" * 60 + "dyb.md", Published(), "d/" * 60 + "dyb")


CASES = tuple(_cases())
