"""Paths and addresses that lead out of the project: in pictures, links, front matter, editions, HTML and SVG."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.bad.cases import CANARY, LAST_WORDS, Case, Published, Refused, article, linked
from tests.makers import picture_file

_PASSWORDS = "root:x:0"
_OUTSIDE = (CANARY, _PASSWORDS)
_PICTURES = {
    "absolute": "/etc/passwd",
    "absolute-picture": "{outside}/secret.png",
    "file-address": "file:///etc/passwd",
    "file-picture": "file://{outside}/secret.png",
    "parent": "../../../outside/secret.png",
    "many-parents": "../" * 40 + "etc/passwd",
    "encoded-parent": "%2e%2e/%2e%2e/%2e%2e/outside/secret.png",
    "encoded-slash": "..%2f..%2f..%2foutside%2fsecret.png",
    "encoded-twice": "%252e%252e/%252e%252e/%252e%252e/outside/secret.png",
    "root-parent": "/../../outside/secret.png",
    "unc": "\\\\server\\share\\secret.png",
    "unc-slashes": "//server/share/secret.png",
    "windows-drive": "C:\\\\outside\\\\secret.png",
    "windows-drive-slash": "C:/outside/secret.png",
    "backslash-parent": "..\\\\..\\\\..\\\\outside\\\\secret.png",
    "nul": "ryg%00.png",
    "device": "/dev/zero",
    "null-device": "/dev/null",
    "proc": "/proc/self/environ",
    "http": "http://127.0.0.1:9/secret.png",
    "https": "https://tracker.example/pixel.png",
    "data": "data:image/png;base64,iVBORw0KGgo=",
    "ftp": "ftp://server.example/secret.png",
    "home": "~/secret.png",
    "variable": "$HOME/secret.png",
    "dot": ".",
    "folder": "/images",
    "very-long": "a" * 5000 + ".png",
    "broken-host": "http://[::1/secret.png",
}
_LINKS = {
    "javascript": "javascript:alert(1)",
    "javascript-spaced": "jav&#x09;ascript:alert(1)",
    "javascript-capitals": "JaVaScRiPt:alert(1)",
    "file": "file:///etc/passwd",
    "data": "data:text/html,<script>alert(1)</script>",
    "vbscript": "vbscript:msgbox(1)",
    "blob": "blob:https://klinik.example/1",
}
_FRONT = {
    "picture-outside": ("picture: /etc/passwd\n", Published(("picture-missing",), _OUTSIDE, pictures=0)),
    "picture-file": ("picture: file:///etc/passwd\n", Published(("picture-outside",), _OUTSIDE, pictures=0)),
    "picture-parent": (
        "picture: ../../../outside/secret.png\n",
        Published(("picture-outside",), _OUTSIDE, pictures=0),
    ),
    "related-parent": ("related: ['../../outside/hemmelig']\n", Published((), (CANARY, "outside/"))),
}
_EDITIONS = {"parent": "../../../outside/hemmelig", "absolute": "/etc/passwd", "address": "file:///etc/passwd"}


def _pictures() -> Iterator[Case]:
    for name, target in _PICTURES.items():
        # The file system's root is no root here: what begins with / lies below the site's folder.
        codes = () if name in ("dot", "folder") else ("picture-",)
        shown = f"<{target}>" if " " in target else target
        yield Case(
            f"picture-{name}", article(f"![Et billede af ryggen]({shown})"), Published(codes, _OUTSIDE, pictures=0)
        )


def _cases() -> Iterator[Case]:
    yield from _pictures()
    for name, target in _LINKS.items():
        body = article(f"Læs [mere her]({target}), hvis du vil.")
        yield Case(f"link-{name}", body, Published(("link-",), ("alert(1)", "msgbox", "file:/", "blob:")))
    for name, (front, outcome) in _FRONT.items():
        yield Case(f"front-{name}", article("Tekst.", front), outcome)
    for name, target in _EDITIONS.items():
        front = f"articles:\n  - '{target}'\n"
        yield Case(f"edition-{name}", article("Velkommen.", front), Refused("article-unknown", 4, target.strip("/")))

    shot = "![Et billede af ryggen](/images/{}.png)"
    yield Case(
        "picture-symlink-outside", article(shot.format("link-ud")),
        Published(("picture-outside",), _OUTSIDE, pictures=0),
        {"sources/images/link-ud.png": linked("../../../outside/secret.png")},
    )  # fmt: skip
    yield Case(
        "picture-symlink-loop", article(shot.format("ring")), Published(("picture-",), _OUTSIDE, pictures=0),
        {"sources/images/ring.png": linked("ring.png")},
    )  # fmt: skip
    yield Case(
        "picture-folder-symlink", article("![Et billede af ryggen](/udenfor/secret.png)"),
        Published(("picture-outside",), _OUTSIDE, pictures=0), {"sources/udenfor": linked("../../outside")},
    )  # fmt: skip
    yield Case(
        "picture-fifo", article(shot.format("roer")), Published(("picture-",), _OUTSIDE, pictures=0),
        {"sources/images/roer.png": os.mkfifo},
    )  # fmt: skip
    yield Case(
        "picture-device-symlink", article(shot.format("nul")), Published(("picture-outside",), pictures=0),
        {"sources/images/nul.png": linked("/dev/zero")},
    )  # fmt: skip
    yield Case(
        "picture-folder-named-png", article(shot.format("mappe")), Published(("picture-",), pictures=0),
        {"sources/images/mappe.png/fil.txt": "intet"},
    )  # fmt: skip
    yield Case("source-symlink-outside", linked("../../../outside/hemmelig.md"), Refused("source-unreadable", 0, "out"))
    yield Case("source-symlink-loop", linked("source-symlink-loop.md"), Refused("source-unreadable", 0))
    yield Case("source-device", linked("/dev/zero"), Refused("source-unreadable", 0))
    yield Case("source-fifo", os.mkfifo, Refused("source-unreadable", 0), needs_own_run=True)
    yield Case(
        "html-picture-outside", article('<img src="file:///etc/passwd" alt="x"> <img src="/etc/passwd">'),
        Published(("picture-",), _OUTSIDE, pictures=0),
    )  # fmt: skip
    for tag in ("iframe", "object", "embed", "video", "audio", "link", "base", "meta", "script", "style"):
        inside = "@import url(file:///etc/passwd)" if tag == "style" else "window.farlig = 1" if tag == "script" else ""
        body = f'Før.\n\n<{tag} src="file:///etc/passwd" href="/etc/passwd" data="/etc/passwd">{inside}</{tag}>'
        yield Case(f"html-{tag}", article(body), Published(("html-",), (*_OUTSIDE, "farlig", "/etc/passwd")))
    yield Case(
        "html-handlers", article('<p onclick="alert(1)" style="background:url(file:///etc/passwd)">Tekst.</p>'),
        Published((), ("alert(1)", "/etc/passwd")),
    )  # fmt: skip
    yield Case(
        "attributes-handlers",
        article('Et [ord]{onclick="alert(1)" style="background:url(file:///etc/passwd)"} her.\n\n'
                '## Overskrift {onmouseover="alert(1)"}\n\n![Ryg](/images/ryg.png){onerror="alert(1)"}'),
        Published((), ("alert(1)", "/etc/passwd"), pictures=1),
    )  # fmt: skip
    yield Case(
        "style-attribute-url", article('::: {style="background: url(file:///etc/passwd)"}\nTekst.\n:::'),
        Published((), ("/etc/passwd",)),
    )  # fmt: skip
    yield Case(
        "raw-blocks", article("```{=html}\n<script>alert(1)</script>\n```\n\n```{=latex}\n\\input{/etc/passwd}\n```"),
        Published((), (_PASSWORDS,)),
    )  # fmt: skip
    for name, url in {"script": "javascript:alert(1)", "file": "file:///etc/passwd"}.items():
        yield Case(f"front-url-{name}", article("Tekst.", f"url: '{url}'\n"), Refused("value-shape", 3, url))
    for name, words in {"include": "{% include '/etc/passwd' %}", "sum": "{{ 7 * 7 }}", "field": "{{ email }}"}.items():
        yield Case(f"template-{name}", article(f"Hej {words}."), Refused("placeholder", 5, words))
    yield Case("merge-tags", article("Hej *|FNAME|* og %recipient%."), Published(words=("FNAME", LAST_WORDS)))
    yield Case("include-directives", article("!include /etc/passwd\n\n.. include:: /etc/passwd\n\n<!--#include file"
               '="/etc/passwd" -->\n\n@[toc](/etc/passwd)'), Published((), (_PASSWORDS,)))  # fmt: skip
    yield Case("picture-hard-twin", article(shot.format("RYG")), Published(("picture-",)),
               {"sources/images/RYG2.png": picture_file()})  # fmt: skip


CASES = tuple(_cases())
