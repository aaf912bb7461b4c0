"""Bytes and characters that break XML, hide text, or flood a font."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bad.cases import Case, Published, Refused, article

_TEXTS: dict[str, tuple[str, Published]] = {
    "nul": ("Før\0efter.", Published(("characters-unusual",), ("\0efter",), ("Førefter",))),
    "controls": ("a\x01b\x08c\x1bd\x7fe", Published(("characters-unusual",), ("\x1b", "\x7f"), ("abcde",))),
    "c1": ("Et \x93citat\x94.", Published(("characters-unusual",), ("\x93",))),
    "bidi": ("Adgang \u202egnudgninnev\u202c her.", Published(("bidi-override",), ("\u202e",))),
    "bidi-isolates": ("a\u2066b\u2069c", Published(("bidi-override",), ("\u2066",), ("abc",))),
    "invisible": ("smer\u200bte\u2060 og\ufeff ro", Published(("characters-unusual",), ("\u200b",), ("smerte",))),
    "tags": ("a" + "".join(chr(0xE0000 + ord(sign)) for sign in "hidden"),
             Published(("characters-unusual",), ("\U000e0068",))),
    "no-characters": ("a\ufffeb\ufdd0c\U0001ffffd", Published(("characters-unusual",), ("\ufdd0",), ("abcd",))),
    "private": ("a\ue000b\U000f0000", Published(("handout-sign",))),
    "combining-flood": ("a" + "\u0301" * 50_000, Published(("too-many-marks",))),
    "combining-mixed": (("a" + "\u0300\u0301" * 300 + " ") * 50, Published(("too-many-marks",))),
    "line-separators": ("a\u2028b\u2029c\x0bd\x0ce", Published(("characters-unusual",), ("\u2028",))),
    "replacement": ("sm\ufffdrte", Published(("replacement-character",))),
    "scripts": ("العربية 日本語 ไทย עברית हिन्दी 한국어", Published(but=("handout", "handout-character"))),
    "emoji": ("👩‍⚕️👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇰", Published()),
    "soft-hyphens": ("sm\u00ader\u00adte", Published(("characters-unusual",), ("\u00ad",), ("smerte",))),
    "spaces": ("a" + "\u00a0" * 5000 + "b", Published()),
    "zalgo": ("".join(f"{letter}{'̶̷̸҉' * 20}" for letter in "smerter"), Published(but=("handout", "handout-character"))),
}  # fmt: skip


def _cases() -> Iterator[Case]:
    for name, (text, outcome) in _TEXTS.items():
        yield Case(f"text-{name}", article(text), outcome)
    raw = article("Tekst.").encode()
    yield Case("text-surrogates", article("a~b").encode().replace(b"~", b"\xed\xa0\x80"), Refused("not-utf-8", 5))
    yield Case("text-overlong", article("a~b").encode().replace(b"~", b"\xc0\xaf"), Refused("not-utf-8", 5))
    yield Case("text-latin-1", article("Søvn").encode("latin-1"), Refused("not-utf-8", 5, "0xF8"))
    yield Case("text-utf-16", article("Søvn").encode("utf-16"), Refused("not-utf-8", 1, "UTF-16"))
    yield Case("text-utf-16-bare", article("Sovn").encode("utf-16-le"), Refused("not-utf-8", 1))
    yield Case("text-utf-32", article("Søvn").encode("utf-32"), Refused("not-utf-8", 1))
    yield Case("text-empty", b"", Refused("file-empty", 1))
    yield Case("text-blank", b" \n\t\n \n", Refused("file-empty", 1))
    yield Case("text-zeros", bytes(10_000), Refused("not-utf-8", 1))
    yield Case("text-cr", raw.replace(b"\n", b"\r"), Published(("file-untidy",)))
    yield Case("text-picture-as-markdown", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), Refused("not-utf-8", 1))
    yield Case("text-cut-in-a-letter", raw + "ø".encode()[:1], Refused("not-utf-8", 8))
    yield Case(
        "text-1-mb-word", article("a" * 1_000_000), Refused("article-too-large", 1, "characters"), needs_own_run=True
    )
    yield Case("text-20-kb-word", article("a" * 20_000), Refused("article-too-large", 1, "a word of"))
    yield Case("text-4-kb-word", article("a" * 4_000), Published(), needs_own_run=True)


CASES = tuple(_cases())
