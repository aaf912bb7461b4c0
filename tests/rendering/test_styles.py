"""Style files: the project's own before the packaged ones, and none from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import StyleError
from pipeline.model import ArticleMeta
from pipeline.rendering.styles import Styles, find_styles
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
        ("{{ nothing }}", "unknown name"),
        ("{% if %}", "Expected an expression"),
    ],
)
def test_a_broken_template_is_said_to_the_designer(styles: Styles, template: str, words: str) -> None:
    write(styles.folders[0] / "a.j2", template)

    with pytest.raises(StyleError, match=words):
        styles.render("a.j2", name="Ib")
