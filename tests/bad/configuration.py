"""`publish.toml` and project styles that lead out of the project, or break: trusted hands make mistakes too."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rendering.styles import packaged_styles
from tests.bad.cases import CANARY, Case, Content, Published, Spoiled, Stopped, article, linked
from tests.makers import PUBLISH_TOML, picture_file

_BODY = article("Tekst.")
_STOPPED = {
    "articles-parent": ('[sources]\narticles = ["../outside/*.md"]', "below the project folder"),
    "articles-absolute": ('[sources]\narticles = ["/etc/*"]', "below the project folder"),
    "articles-nothing": ('[sources]\narticles = ["findes-ikke/*.md"]', "no file matches"),
    "articles-no-list": ("[sources]\narticles = 7", "articles"),
    "articles-empty": ('[sources]\narticles = [""]', "articles"),
    "articles-nul": ('[sources]\narticles = ["a\\u0000b/*.md"]', "below the project folder"),
    "root-parent": ('[sources]\nroot = ".."', "below the project folder"),
    "root-absolute": ('[sources]\nroot = "/"', "below the project folder"),
    "root-backslash": ('[sources]\nroot = "..\\\\outside"', "below the project folder"),
    "address-format": ('[sources]\naddress = "{website.__class__}"', "{website}"),
    "unknown-table": ("[plugins]\nx = 1", "unknown table"),
    "unknown-key": ('[publisher]\nnmae = "A"', "unknown key"),
    "not-toml": ("[publisher", "not valid TOML"),
    "website-script": ('[publisher]\nwebsite = "javascript:alert(1)"', "expected https://"),
    "website-file": ('[publisher]\nwebsite = "file:///etc/passwd"', "expected https://"),
    "limits-zero": ("[limits]\nnesting = 0", "nesting"),
    "limits-text": ('[limits]\nmemory_mb = "all"', "memory_mb"),
    "deep-toml": (f"x = {'[' * 5000}{']' * 5000}", "publish.toml"),
}


def _styled(name: str, more: str) -> dict[str, Content]:
    return {f"styles/{name}": (packaged_styles() / name).read_text("utf-8") + more}


_SPOILED: dict[str, tuple[dict[str, Content], str, str, str]] = {
    "css-file": (_styled("handout/handout.css", "\nbody { background: url(file:///etc/passwd) }"),
                 "handout", "style-broken", "file:///etc/passwd"),
    "css-picture": (_styled("handout/handout.css", "\nbody { background: url(../../../outside/secret.png) }"),
                    "handout", "", ""),
    "css-http": (_styled("handout/handout.css", "\n@import url(http://127.0.0.1:9/a.css);\n"
                         "body { background: url(http://127.0.0.1:9/a.png) }"), "handout", "style-broken", "127.0.0.1"),
    "css-font": (_styled("handout/handout.css", "\n@font-face { font-family: X; src: url(file:///etc/passwd) }"),
                 "handout", "style-broken", "file:///etc/passwd"),
    "css-epub": (_styled("epub/book.css", "\nbody { background: url(file:///etc/passwd) }"),
                 "epub", "style-broken", "is not a file of the book"),
    "css-epub-spelt": (_styled("epub/book.css", "\nbody { background: u\\72l(../../../outside/secret.png) }"),
                       "epub", "style-broken", "is not a file of the book"),
    "css-mail": (_styled("newsletter/newsletter.css", "\nbody { background: url(http://127.0.0.1:9/a.png) }"),
                 "newsletter", "", ""),
    "template-include": (_styled("newsletter/footer.html.j2", "{% include '../../outside/hemmelig.txt' %}"),
                         "newsletter", "style-broken", "no such template"),
    "template-absolute": (_styled("newsletter/footer.html.j2", "{% include '/etc/passwd' %}"),
                          "newsletter", "style-broken", "no such template"),
    "template-name": (_styled("newsletter/footer.html.j2", "{{ findes_ikke }}"),
                      "newsletter", "style-broken", "findes_ikke"),
    "template-syntax": (_styled("newsletter/footer.html.j2", "{% if %}"), "newsletter", "style-broken", ""),
    "template-error": (_styled("newsletter/footer.html.j2", "{{ 1 // 0 }}"), "newsletter", "style-broken", "zero"),
    "template-itself": (_styled("newsletter/footer.html.j2", "{% include 'newsletter/footer.html.j2' %}"),
                        "newsletter", "style-broken", ""),
    "template-symlink": ({"styles/newsletter/footer.html.j2": linked("../../../outside/hemmelig.txt")},
                         "newsletter", "style-broken", "out of the project"),
    "template-latin-1": ({"styles/newsletter/footer.html.j2": "<p>Søvn</p>".encode("latin-1")},
                         "newsletter", "style-broken", "UTF-8"),
    "css-symlink": ({"styles/epub/book.css": linked("/etc/passwd")}, "epub", "style-broken", "out of the project"),
    "script-page": (_styled("newsletter/footer.html.j2", "<script>alert(1)</script>"),
                    "newsletter", "newsletter-nonconforming", ""),
}  # fmt: skip
_PUBLISHER = PUBLISH_TOML.partition("[publisher]")[2].partition("[newsletter]")[0]


def _publisher(key: str, value: str) -> str:
    """Return the table of the healthy publisher with one key changed; the value is TOML."""
    lines = [line for line in _PUBLISHER.splitlines() if line and not line.startswith(f"{key} =")]
    return "\n".join(("[publisher]", f"{key} = {value}", *lines, ""))


_LOGOS = {
    "absolute": "/etc/passwd",
    "parent": "styles/../../outside/secret.png",
    "outside": "../outside/secret.png",
    "file": "file:///etc/passwd",
}
_INJECTED = r'"A\r\nBcc: offer@eksempel.dk"'


def _cases() -> Iterator[Case]:
    for name, (config, words) in _STOPPED.items():
        yield Case(f"config-{name}", _BODY, Stopped(words), config=config)
    for name, (files, format_, code, words) in _SPOILED.items():
        yield Case(f"style-{name}", _BODY, Spoiled(format_, code, words), files, needs_own_run=True)
    for name, path in _LOGOS.items():
        config = _publisher("logo", f'"{path}"')
        yield Case(f"config-logo-{name}", _BODY, Published((), (CANARY, "root:x:0")), config=config)
    for key in ("name", "email", "address", "phone", "website"):
        yield Case(f"config-{key}-injection", _BODY, Stopped(f"[publisher] {key}"), config=_publisher(key, _INJECTED))
    markup = Published((), without_markup=("<script>",))
    yield Case("config-name-markup", _BODY, markup, config=_publisher("name", '"<script>alert(1)</script>"'))
    logo = _publisher("logo", '"styles/brand/logo.png"')
    outside = {"styles/brand/logo.png": linked("../../../outside/secret.png")}
    yield Case("style-logo-symlink", _BODY, Published((), (CANARY,)), outside, config=logo)
    yield Case("style-logo-cut", _BODY, Published(), {"styles/brand/logo.png": picture_file()[:200]}, config=logo)


CASES = tuple(_cases())
