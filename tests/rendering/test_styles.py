"""Style files: the project's own before the packaged ones, and none from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Publisher
from pipeline.errors import StyleError
from pipeline.lint.word_lists import validate_word_lists
from pipeline.model import ArticleMeta
from pipeline.rendering.styles import Styles, find_styles, packaged_styles
from pipeline.rendering.words import load_words
from tests.makers import article, write


@pytest.fixture
def styles(tmp_path: Path) -> Styles:
    write(tmp_path / "project/styles/a.j2", "{% include 'b.j2' %}, {{ name }}")
    write(tmp_path / "project/styles/b.j2", "Hej")
    write(tmp_path / "outside.j2", "secret")
    return find_styles(tmp_path / "project")


def test_a_template_includes_another_and_escapes_values(styles: Styles) -> None:
    assert styles.render("a.j2", name="<Ib>") == "Hej, &lt;Ib&gt;"


def test_a_template_names_the_metadata_of_an_article_as_its_own(styles: Styles) -> None:
    """Templates of projects say `front.authors` and `selectattr('listing.is_draft')`."""
    made = article(authors=("Ib Prøve",), is_draft=True)
    items = ({"listing": ArticleMeta(made.id, made.source, made.meta)},)
    write(styles.folders[0] / "a.j2", "{{ front.authors[0] }}, {{ front.meta.kind }}, {{ front.changed.year }}")
    write(
        styles.folders[0] / "b.j2",
        "{{ items | selectattr('listing.is_draft') | map(attribute='listing.title') | first }}",
    )

    assert styles.render("a.j2", front=made) == "Ib Prøve, article, 2026"
    assert styles.render("b.j2", items=items) == "Ondt i ryggen"


def test_a_process_that_stays_sees_what_becomes_of_a_template(styles: Styles) -> None:
    assert styles.render("a.j2", name="Ib") == "Hej, Ib"

    write(styles.folders[0] / "b.j2", "Goddag")
    assert styles.render("a.j2", name="Ib") == "Goddag, Ib"

    (styles.folders[0] / "b.j2").unlink()
    with pytest.raises(StyleError, match="no such template"):
        styles.render("a.j2", name="Ib")


@pytest.mark.parametrize("use", [lambda styles: styles.data("b.j2"), lambda styles: styles.render("a.j2", name="Ib")])
def test_a_link_that_leads_out_of_the_project_is_refused(styles: Styles, use: Callable[[Styles], object]) -> None:
    path = styles.folders[0] / "b.j2"
    path.unlink()
    path.symlink_to("../../outside.j2")

    with pytest.raises(StyleError, match="leads out of the project"):
        use(styles)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% include '../../outside.j2' %}", "no such template"),
        ("{% include '/etc/passwd' %}", "no such template"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
        ("{% include 'a.j2' %}", "RecursionError"),
        ("{% for a in [1] %}" * 25 + "{% endfor %}" * 25, "SyntaxError: too many"),
        ("{{ nothing }}", "unknown name"),
        ("{% if %}", "Expected an expression"),
        ("{{ name | nosuch }}", "No filter named"),
        ("{{ name.nosuch() }}", "unknown name"),
        ("{{ range(10 ** 9) }}", "Range too big"),
    ],
)
def test_a_broken_template_is_said_to_the_designer(styles: Styles, template: str, words: str) -> None:
    write(styles.folders[0] / "a.j2", template)

    with pytest.raises(StyleError, match=words):
        styles.render("a.j2", name="Ib")


@pytest.mark.parametrize(
    "template",
    [
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__class__ }}",
        "{{ front.__class__.__mro__ }}",
        "{{ front['__class__'].__mro__ }}",
        "{{ front | attr('__class__') | string }}",
        "{{ words.fill.__func__.__globals__ }}",
        "{{ '{0.__class__}'.format(front) }}",
        "{{ ('{0.__class__}' | safe).format(front) }}",
        "{{ '{x.__class__}'.format_map({'x': front}) }}",
        "{{ (lipsum | attr('__globals__'))['os'] }}",
        "{{ listed.append(1) }}",
        "{% set _ = words.entries.update({'a': 'b'}) %}",
        "{{ path.read_text() }}",
        "{{ path.parent.mkdir() }}",
        "{{ function() }}",
    ],
)
def test_a_template_reaches_no_code(styles: Styles, template: str) -> None:
    """The values beyond words and articles are here to show that no method of theirs could be called."""
    write(styles.folders[0] / "a.j2", "{% include 'b.j2' %}")
    write(styles.folders[0] / "b.j2", f"Hej\n{template}")
    words = load_words(styles, "da")

    with pytest.raises(StyleError, match="a template may not do this") as caught:
        styles.render("a.j2", front=article(), words=words, listed=[], path=styles.folders[0], function=article)

    assert (caught.value.source, caught.value.line) == ("styles/b.j2", 2)


def test_a_template_may_use_what_designers_need(styles: Styles) -> None:
    write(
        styles.folders[0] / "a.j2",
        "{% macro m(x) %}{{ x.upper() }}{{ caller() }}{% endmacro %}"
        "{% set ns = namespace(n=1) %}{% set ns.n = ns.n + 1 %}"
        "{% for key, value in {'a': 1}.items() %}{{ loop.cycle('x', 'y') }}{{ key.join('bc') }}{% endfor %}"
        "{% call m('hej') %}!{% endcall %}{{ range(3) | sum }}{{ ns.n }} {{ front.published.isoformat() }} "
        "{{ words.fill('handout_page', page=1, pages=2) }} {{ words.date(front.published) }}",
    )

    made = styles.render("a.j2", front=article(), words=load_words(styles, "da"))

    assert made == "xbacHEJ!32 2026-03-02 Side 1 af 2 2. marts 2026"


@pytest.mark.parametrize("name", ["preview/desk.html.j2", "preview/desk.js", "check/page.css", "pack/cover.css"])
def test_pages_of_the_program_are_the_packages_own(styles: Styles, name: str) -> None:
    """The main process renders them, without the limits of a worker, and browsers run their scripts."""
    write(styles.folders[0] / name, "of the project")

    assert styles.text(name) == (packaged_styles() / name).read_text("utf-8")


def test_only_the_style_sheet_of_the_signup_pages_is_replaced(styles: Styles) -> None:
    for name in ("page.css", "frame.html.j2"):
        write(styles.folders[0] / "sending" / name, "</style><script>{{ 1 + 1 }}")

    made = styles.render(
        "sending/page.html.j2", kind="left", words=load_words(styles, "da"), other="en", publisher=Publisher(),
        source="", style=styles.style_sheet("sending/page.css"),
    )  # fmt: skip

    assert "<style>\n<\\/style><script>{{ 1 + 1 }}\n</style>" in made
    assert made.count("</style>") == 1


@pytest.mark.parametrize(("target", "told"), [("../../../outside.j2", "out of the project"), ("/dev/zero", "no such")])
def test_words_are_regular_files_of_the_project(styles: Styles, target: str, told: str) -> None:
    (styles.folders[0] / "words").mkdir()
    (styles.folders[0] / "words/plain.da.toml").symlink_to(target)

    with pytest.raises(StyleError, match=told):
        validate_word_lists(styles)


@pytest.mark.parametrize("word", ["{page.__class__}", "{page!r}", "{page:999999999}", "{0}", "{nothing}", "{", "{page"])
def test_a_word_holds_names_of_values_only(styles: Styles, word: str) -> None:
    write(styles.folders[0] / "words/da.toml", f'handout_page = "{word}"')

    with pytest.raises(StyleError, match=r"unknown placeholder"):
        load_words(styles, "da").fill("handout_page", page=1, pages=2)


def test_words_that_are_nested_too_deep_are_refused(styles: Styles) -> None:
    write(styles.folders[0] / "words/da.toml", f"x = {'[' * 5000}{']' * 5000}")

    with pytest.raises(StyleError, match="not valid TOML"):
        load_words(styles, "da")


def test_a_word_may_hold_braces(styles: Styles) -> None:
    write(styles.folders[0] / "words/da.toml", 'handout_page = "{{{page}}} {pages}"')

    assert load_words(styles, "da").fill("handout_page", page=1, pages="{x}") == "{1} {x}"


def test_a_style_file_has_a_limit(styles: Styles) -> None:
    with (styles.folders[0] / "logo.png").open("wb") as file:
        file.truncate(20_000_001)

    with pytest.raises(StyleError, match="larger than 20 MB"):
        styles.data("logo.png")
