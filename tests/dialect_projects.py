"""A project of twelve small articles for each dialect, written in its manner: front matter, boxes, pictures, links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.makers import PUBLISH_TOML, picture_file, write

TOPICS = ["ankle", "back", "elbow", "foot", "hand", "hip", "knee", "neck", "shoulder", "sleep", "walk", "wrist"]
SENTENCES = (
    "Move a little every hour.", "Rest when it swells.", "Begin with few repetitions.", "Breathe slowly all the way.",
    "Stop while it still feels good.", "Let the other side help.",
)  # fmt: skip
BOXES = ("warning", "note", "tip")


@dataclass(frozen=True)
class Manner:
    """How a tool has its authors write; `{}` stands for what the article says there."""

    name: str
    files: tuple[str, ...]
    """Files of the site itself."""
    page: str
    """Path of an article: `{topic}` and `{number}`."""
    front: str
    box: Callable[[str, str, str], str]
    """Of kind, title and text."""
    picture: str
    picture_file: str
    link: str
    address: str
    """Path of an article's address: empty where no rule confirms it, and links are words."""
    extras: tuple[tuple[str, str], ...]
    """Further constructs, and the words of each that readers must see; one in each article, in turn."""


def _indented(kind: str, title: str, words: str) -> str:
    return f'!!! {kind} "{title}"\n\n    {words}\n'


def _hugo(kind: str, title: str, words: str) -> str:
    return f'{{{{% notice {kind} "{title}" %}}}}\n{words}\n{{{{% /notice %}}}}\n'


def _fenced(kind: str, title: str, words: str) -> str:
    return f"```{{admonition}} {title}\n:class: {kind}\n{words}\n```\n"


def _quoted(kind: str, title: str, words: str) -> str:
    return f"> [!{kind}] {title}\n> {words}\n"


def _colons(kind: str, title: str, words: str) -> str:
    return f":::{kind}[{title}]\n\n{words}\n\n:::\n"


def _div(kind: str, title: str, words: str) -> str:
    return f"::: {{.callout-{kind} collapse=\"true\" appearance='simple'}}\n## {title}\n\n{words}\n:::\n"


def _kramdown(kind: str, title: str, words: str) -> str:
    return f"{{: .{kind} }}\n**{title}:** {words}\n"


def _aside(kind: str, title: str, words: str) -> str:
    return f'<Aside type="{kind}" title="{title}">\n{words}\n</Aside>\n'


_YAML = "---\ntitle: {title}\ndate: 2024-01-{number:02}T10:00:00+01:00\nlayout: post\n{more}---\n"
_TOML = '+++\ntitle = "{title}"\ndate = 2024-01-{number:02}\nweight = {number}\n{more}+++\n'
_HEADS = "Title: {title}\nDate: 2024-01-{number:02} 10:00\nSlug: {topic}\n{more}"
_SHARED = (("Ask the GP first.\n\n*[GP]: General practitioner\n", "Ask the GP first"),)

_TABS = """\
import {
  Tabs,
} from "@theme/Tabs";

<Tabs>
<TabItem value="a" label="At home">

Use a chair.

</TabItem>
</Tabs>
"""

MANNERS = (
    Manner(
        "hugo",
        ("hugo.toml",),
        "content/advice/{topic}/index.md",
        _TOML,
        _hugo,
        '{{{{< figure src="drawing.png" alt="The {0}" caption="See the {0}." >}}}}',
        "content/advice/{topic}/drawing.png",
        '[{words}]({{{{< relref "/advice/{topic}/index.md" >}}}})',
        "/advice/{topic}/",
        (
            ('{{< tabs >}}\n{{< tab "At home" >}}\nUse a chair.\n{{< /tab >}}\n{{< /tabs >}}\n', "At home Use a chair"),
            ("{{< youtube abc123 >}}\n\nAnd then rest.\n", "And then rest"),
            ('{{< details "How long" >}}\nTen minutes.\n{{< /details >}}\n', "How long Ten minutes"),
            ('{{< button href="https://clinic.example/book" >}}Book a time{{< /button >}}\n', "Book a time"),
        ),
    ),
    Manner(
        "jekyll",
        ("_config.yml",),
        "_posts/2024-01-{number:02}-{topic}.md",
        _YAML,
        _kramdown,
        '{{% include figure.html src="/assets/{topic}.png" alt="The {0}" caption="See the {0}." %}}',
        "assets/{topic}.png",
        "[{words}]({{% post_url 2024-01-{number:02}-{topic} %}})",
        "/2024/01/{number:02}/{topic}.html",
        (
            ("* Contents\n{:toc}\n\nUse a chair.\n{: .lead}\n", "Use a chair"),
            ("[Book a time]({{ '/book' | relative_url }}){: .btn}\n", "Book a time"),
            ("{% comment %}hidden remark{% endcomment %}\nAnd then rest.\n", "And then rest"),
            ("{% include map.html %}\n\nTen minutes.\n", "Ten minutes"),
        ),
    ),
    Manner(
        "eleventy",
        ("eleventy.config.js",),
        "content/advice/{topic}.md",
        _YAML,
        _quoted,
        '{{% image "/img/{topic}.png", "The {0}" %}}',
        "public/img/{topic}.png",
        "[{words}](/advice/{topic}/)",
        "/advice/{topic}/",
        (
            ("{# hidden remark #}\nUse a chair.\n", "Use a chair"),
            ('{% callout "info" %}\nTen minutes.\n{% endcallout %}\n', "Ten minutes"),
            ("{{ site.hours }}\n\nOpen daily.\n", "Open daily"),
        ),
    ),
    Manner(
        "mkdocs",
        ("mkdocs.yml",),
        "docs/advice/{topic}.md",
        _YAML,
        _indented,
        "![The {0}](../img/{topic}.png){{ width=300 .right }}",
        "docs/img/{topic}.png",
        "[{words}]({topic}.md)",
        "/advice/{topic}/",
        (
            (
                '=== "At home"\n\n    Use a chair.\n\n=== "At work"\n\n    Use the wall.\n',
                "At home Use a chair At work Use the wall",
            ),
            ("[TOC]\n\nTen ==minutes== :material-clock:.\n", "Ten minutes"),
            ("??? tip\n\n    - first\n    - second\n", "first second"),
            ("[Book a time](https://clinic.example){ .md-button }\n", "Book a time"),
        ),
    ),
    Manner(
        "myst",
        ("_toc.yml",),
        "advice/{topic}.md",
        _YAML,
        _fenced,
        "```{{figure}} ../images/{topic}.png\n:alt: The {0}\nSee the {0}.\n```",
        "images/{topic}.png",
        "{{doc}}`{words} <{topic}>`",
        "/advice/{topic}.html",
        (
            ("(chair)=\n## On a chair\n\nSee {ref}`chair` and {kbd}`Esc`.\n", "On a chair See On a chair and Esc"),
            ("% hidden remark\n\n:::{tip}\nTen minutes.\n:::\n", "Ten minutes"),
            ("```{tableofcontents}\n```\n\nH{sub}`2`O helps.\n", "helps"),
            ("```{dropdown} How long\nAs you like.\n```\n", "How long As you like"),
        ),
    ),
    Manner(
        "quarto",
        ("_quarto.yml",),
        "advice/{topic}.md",
        _YAML.replace("layout: post", "format: {{html: {{toc: true}}}}"),
        _div,
        '![See the {0}.](../images/{topic}.png){{#fig-{topic} fig-alt="The {0}" width="60%"}}',
        "images/{topic}.png",
        "[{words}]({topic}.md)",
        "/advice/{topic}.html",
        (
            ("```{r}\n#| echo: false\nplot(1)\n```\n\nUse a chair.\n", "Use a chair"),
            ("::: {.panel-tabset}\n## At home\n\nTen minutes.\n:::\n", "At home Ten minutes"),
            ("Rest a day^[In six weeks, for most.] or two.\n", "or two In six weeks"),
            ("## On a chair {#sec-chair}\n\nSee @sec-chair [@smith2020].\n", "On a chair See On a chair"),
        ),
    ),
    Manner(
        "docusaurus",
        ("docusaurus.config.js",),
        "docs/{number:02}-{topic}.md",
        _YAML,
        _colons,
        '<Figure src="/img/{topic}.png" alt="The {0}" />',
        "static/img/{topic}.png",
        "[{words}](./{number:02}-{topic}.md)",
        "/docs/{topic}",
        (
            (_TABS, "At home Use a chair"),
            (
                '{/* hidden remark */}\n\n<Highlight color="#fff">Ten minutes</Highlight> is enough.\n',
                "Ten minutes is enough",
            ),
            ("<>In short: rest.</>\n", "In short rest"),
        ),
    ),
    Manner(
        "astro",
        ("astro.config.mjs",),
        "src/content/docs/advice/{topic}.md",
        _YAML,
        _aside,
        "![The {0}](~/assets/{topic}.png)",
        "src/assets/{topic}.png",
        "[{words}](../{topic}.md)".replace("../", "./"),
        "/advice/{topic}/",
        (
            (
                '<LinkCard title="Book a time" href="https://clinic.example/book" description="Day and night" />\n',
                "Book a time Day and night",
            ),
            ('<Card title="At home" icon="star">\nUse a chair.\n</Card>\n', "At home Use a chair"),
            ('import X from "../x.astro";\n\n<X client:load />\n\nTen minutes.\n', "Ten minutes"),
        ),
    ),
    Manner(
        "zola",
        ("zola.toml",),
        "content/advice/{topic}.md",
        _TOML,
        _quoted,
        "![The {0}](/img/{topic}.png)",
        "static/img/{topic}.png",
        "[{words}](@/advice/{topic}.md)",
        "/advice/{topic}/",
        (
            ('{{ youtube(id="abc") }}\n\nUse a chair.\n', "Use a chair"),
            ("{% note() %}\nTen minutes.\n{% end %}\n", "Ten minutes"),
            ("<!-- more -->\n\nAnd then rest.\n", "And then rest"),
        ),
    ),
    Manner(
        "pelican",
        ("pelicanconf.py",),
        "content/advice/{topic}.md",
        _HEADS,
        _indented,
        "![The {0}]({{static}}/images/{topic}.png)",
        "content/images/{topic}.png",
        "[{words}]({{filename}}{topic}.md)",
        "/{topic}.html",
        (
            ("[TOC]\n\nUse a chair.\n", "Use a chair"),
            *_SHARED,
            ("[Write to us](mailto:post@clinic.example)\n", "Write to us"),
        ),
    ),
    Manner(
        "obsidian",
        (".obsidian/app.json",),
        "vault/Advice/{topic}.md",
        _YAML.replace("layout: post", "publish: true"),
        _quoted,
        "![[{topic}.png|The {0}|300]]",
        "vault/Files/{topic}.png",
        "[[{topic}|{words}]]",
        "",
        (
            ("Ten ==minutes== are enough. %%hidden remark%%\n", "Ten minutes are enough"),
            ("%%\nhidden remark\nof two lines\n%%\n\nUse a chair. ^a1b2c3\n", "Use a chair"),
            ("```dataview\nLIST\n```\n\nAnd then rest.\n", "And then rest"),
            ("Rest^[A day or two.] helps.\n", "helps A day or two"),
        ),
    ),
)


@dataclass(frozen=True)
class Expected:
    """What readers of an article must find in every format."""

    topic: str
    words: tuple[str, ...]
    link: str
    """Path of an address; empty where no rule confirms one."""


def make_project(folder: Path, manner: Manner) -> tuple[Expected, ...]:
    """Write the twelve articles of a manner; return what each must say."""
    base = manner.page.partition("/")[0]
    settings = f'\n[sources]\narticles = ["{base}/**/*.md"]\nroot = "{base}"\ndates = "year-month-day"\n'
    write(folder / "publish.toml", PUBLISH_TOML.replace("[publisher]\n", '[publisher]\nlanguage = "en"\n') + settings)
    for name in manner.files:
        write(folder / name, "{}" if name.endswith(".json") else "")
    return tuple(_article(folder, manner, number) for number in range(1, len(TOPICS) + 1))


def _article(folder: Path, manner: Manner, number: int) -> Expected:
    topic, after = TOPICS[number - 1], TOPICS[number % len(TOPICS)]
    place = {"topic": topic, "number": number}
    first, second, third = (SENTENCES[(number + step) % len(SENTENCES)] for step in range(3))
    kind, title = BOXES[number % len(BOXES)], f"Mind the {topic}"
    extra, said = manner.extras[number % len(manner.extras)]
    link = manner.link.format(words=f"all about the {after}", topic=after, number=number % len(TOPICS) + 1)
    body = (
        f"About the {topic}. {first}\n", manner.box(kind, title, second), manner.picture.format(topic, **place) + "\n",
        f"- {third}\n- Read {link} too.\n", extra,
    )  # fmt: skip
    front = manner.front.format(title=f"Care for the {topic}", more="", **place)
    write(folder / manner.page.format(**place), front + "\n" + "\n".join(body))
    write(folder / manner.picture_file.format(**place), picture_file(200 + number, 120))
    words = (f"About the {topic}", first, title, second, third, f"all about the {after}", said)
    return Expected(topic, words, manner.address.format(topic=after, number=number % len(TOPICS) + 1))
