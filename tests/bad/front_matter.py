"""Front matter that is no front matter, too much of it, or a trap for a YAML loader."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bad.cases import LAST_WORDS, Case, Published, Refused, article


def _front(lines: str) -> str:
    return f"---\n{lines}\n---\n\n{LAST_WORDS}\n"


_BOMB = "\n".join(
    ['title: A', 'a: &a ["x","x","x","x","x","x","x","x","x"]']
    + [f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)  # fmt: skip

_REFUSED = {
    "alias-bomb": (_BOMB, "yaml-refused", 3),
    "merge-key": ("title: A\nbase: &b {a: 1}\nand:\n  <<: *b", "yaml-refused", 3),
    "tag-python": ("title: !!python/object/apply:os.system ['touch /tmp/pwned']", "yaml-refused", 2),
    "tag-binary": ("title: !!binary UGF0aWVudA==", "yaml-refused", 2),
    "tag-own": ("title: !include /etc/passwd", "yaml-refused", 2),
    "directive": ("%YAML 1.1\n---\ntitle: A", "yaml-", 3),
    "keys-100000": ("\n".join(f"k{n}: {n}" for n in range(100_000)), "yaml-too-large", 2),
    "keys-600": ("\n".join(f"k{n}: {n}" for n in range(600)), "yaml-too-large", 502),
    "key-of-100-kb": (f"{'k' * 100_000}: A", "yaml-too-large", 2),
    "deep-flow": (f"title: {'[' * 5000}{']' * 5000}", "yaml-too-large", 2),
    "deep-blocks": ("\n".join(f"{' ' * n}a:" for n in range(300)), "yaml-too-large", 18),
    "key-twice": ("title: A\ntitle: B", "key-twice", 3),
    "key-list": ("title: A\n? [a, b]\n: c", "yaml-broken", 3),
    "list": ("- title\n- A", "yaml-broken", 2),
    "scalar": ("bare et ord", "yaml-broken", 2),
    "unclosed-quote": ('title: "A', "yaml-broken", 2),
    "unclosed-bracket": ("title: [A", "yaml-broken", 2),
    "tab": ("title: A\n\tlead: B", "yaml-broken", 3),
    "colon": ("title: Søvn: sådan gør du", "yaml-broken", 2),
    "escape": (r'title: "\q"', "yaml-broken", 2),
    "date-that-is-none": ("title: A\npublished: 31-02-2025", "date-unreadable", 3),
    "date-of-digits": (f"title: A\npublished: {'9' * 4000}", "date-unreadable", 3),
    "date-year-0": ("title: A\npublished: 0000-01-01", "date-unreadable", 3),
    "date-object": ("title: A\npublished: {year: 2025}", "", 3),
    "title-object": ("title: {a: b}", "", 2),
    "title-list": ("title: [a, b]", "", 2),
    "formats-unknown": ("title: A\nformats: [../../outside]", "format-unknown", 3),
    "articles-object": ("title: A\narticles: {a: {b: c}}", "", 3),
    "articles-itself": ("title: A\narticles: [bad/front-articles-itself]", "", 3),
}  # fmt: skip


def _cases() -> Iterator[Case]:
    for name, (lines, code, line) in _REFUSED.items():
        yield Case(f"front-{name}", _front(lines), Refused(code, line))
    yield Case("front-unclosed", f"---\ntitle: A\n\n{LAST_WORDS}\n", Refused("front-matter-misplaced", 1))
    yield Case("front-empty", f"---\n---\n\n{LAST_WORDS}\n", Published(("title-derived",)))
    yield Case("front-second-document", _front("title: A\n...\nlead: B"), Refused("yaml-", 4))
    yield Case("front-booleans", _front("title: no\nlead: 10:30"), Published((), ("False",), ("no", "10:30")))
    yield Case("front-bom", "\ufeff" + _front("title: A"), Published(("file-untidy",)))
    yield Case("front-header-injection", _front('title: "A\\r\\nBcc: offer@eksempel.dk\\r\\n\\r\\nx"'),
               Published((), ("\nBcc:", "\rBcc:")))  # fmt: skip
    yield Case("front-encoded-word", _front('title: "=?utf-8?q?A=0D=0ABcc:_offer@eksempel.dk?="'),
               Published((), ("\nBcc:",)))  # fmt: skip
    yield Case("front-author-injection", _front('title: A\nauthors: ["B\\nBcc: offer@eksempel.dk"]'),
               Published((), ("\nBcc:",)))  # fmt: skip
    yield Case("front-title-path", _front("title: ../../../outside/ny"), Published())
    yield Case("front-title-markup", _front('title: "<script>alert(1)</script> & (parenteser) \\\\ )"'),
               Published((), ("<script>",)))  # fmt: skip
    yield Case("front-title-50-kb", article("Tekst.", title="ord " * 12_000), Refused("value-shape", 2, "characters"))
    yield Case("front-title-one-word", article("Tekst.", title="o" * 30_000), Refused("value-shape", 2, "characters"))
    yield Case("front-title-most", article("Tekst.", title="o" * 4_900), Published())
    yield Case("front-escapes", _front('title: "A\\u202eB\\0C\\x1bD"'), Published((), ("\u202e", "\x1b")))
    yield Case("front-tags-many", _front("title: A\ntags: [" + ", ".join(f"t{n}" for n in range(4000)) + "]"),
               Refused("value-shape", 3, "items"))  # fmt: skip
    yield Case("front-secrets", _front("title: A\npassword: hemmeligt-kodeord\napi_key: sk-12345"),
               Published(("key-unknown",), ("hemmeligt-kodeord", "sk-12345")))  # fmt: skip


CASES = tuple(_cases())
