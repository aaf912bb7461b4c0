"""Front matter is read as text, whatever sites call its keys; every fault is named with its line, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import SourceSettings
from pipeline.findings import Finding
from pipeline.model import FRONT_MATTER_KEYS, Collection, Event, ListedArticle, Metadata, Related, ValueForm
from pipeline.reading.frontmatter import SourceText, names_of, read_front_matter
from pipeline.reading.frontmatter_values import ValueReader, WrittenValue
from pipeline.reading.lines import FindingCollector
from pipeline.reading.strict_yaml import YamlText

SOURCE = "sources/blog/soevn.md"


def front_matter_of(
    text: str, source: str = SOURCE, settings: SourceSettings | None = None
) -> tuple[SourceText | None, tuple[Finding, ...]]:
    """Return the front matter and body of a text, and what was found in it."""
    findings = FindingCollector(source)
    return read_front_matter(text, settings or SourceSettings(), findings), tuple(findings)


def read(block: str, settings: SourceSettings | None = None) -> tuple[Metadata | None, tuple[Finding, ...]]:
    parts, findings = front_matter_of(f"---\n{block}\n---\n\nTekst.\n", settings=settings)
    return parts.meta if parts else None, findings


def accepted(block: str, settings: SourceSettings | None = None) -> Metadata:
    front, findings = read(block, settings)
    assert front is not None, findings
    return front


def faults(text: str) -> list[tuple[str, int]]:
    """Return code and line of every error, of text that must be refused."""
    front, findings = front_matter_of(text)
    assert front is None
    return [(finding.code, finding.line) for finding in findings if finding.severity == "error"]


def findings_of(block: str) -> list[tuple[str, int]]:
    front, findings = read(block)
    assert front is not None, findings
    return [(finding.code, finding.line) for finding in findings]


# ---- fences


def test_text_without_front_matter_is_all_body() -> None:
    front, findings = front_matter_of("## Søvn\n\nTekst.\n")

    assert front == SourceText(Metadata(), "## Søvn\n\nTekst.\n", 1)
    assert findings == ()


def test_the_body_keeps_its_lines() -> None:
    parts, _ = front_matter_of("---\ntitle: Søvn\nlang: da\n---\n\nTekst.\n")

    assert parts is not None
    assert (parts.body, parts.body_line) == ("\nTekst.\n", 5)
    assert parts.meta.lines == (("title", 2), ("language", 3))


def test_three_points_end_front_matter_as_they_end_yaml() -> None:
    parts, findings = front_matter_of("---\ntitle: Søvn\n...\n\nTekst.\n\n---\n\nMere.\n")

    assert parts is not None
    assert (parts.meta.title, parts.body, parts.body_line) == ("Søvn", "\nTekst.\n\n---\n\nMere.\n", 4)
    assert findings == ()
    parts, _ = front_matter_of("---\n\nSøvn\n\n...\n\nog ro\n")
    assert parts is not None
    assert parts.body.startswith("---")


@pytest.mark.parametrize("key", ["Status: draft", "Category: Ro\nStatus: draft", "Visibility: private"])
def test_lines_of_keys_that_keep_a_page_back_are_front_matter(key: str) -> None:
    parts, _ = front_matter_of(f"Title: Søvn\n{key}\n\nTekst.\n")

    assert parts is not None
    assert (parts.meta.title, parts.meta.is_draft, parts.body) == ("Søvn", True, "\nTekst.\n")


def test_an_empty_front_matter_is_sound() -> None:
    front, findings = front_matter_of("---\n---\nTekst.\n")

    assert front == SourceText(Metadata(), "Tekst.\n", 3)
    assert findings == ()


@pytest.mark.parametrize(
    ("text", "line", "title_line"),
    [
        ("\n\n---\ntitle: Søvn\n---\nTekst.\n", 3, 4),
        ("---  \ntitle: Søvn\n---\nTekst.\n", 1, 2),
        ("-----\ntitle: Søvn\n---\nTekst.\n", 1, 2),
        ("---\ntitle: Søvn\n--- \t\nTekst.\n", 3, 2),
    ],
)
def test_untidy_fences_are_read_and_noted(text: str, line: int, title_line: int) -> None:
    front, findings = front_matter_of(text)

    assert front is not None
    assert (front.meta.title, front.body, front.meta.line_of("title")) == ("Søvn", "Tekst.\n", title_line)
    assert text.split("\n")[front.body_line - 1] == "Tekst."
    assert [(finding.code, finding.line, finding.repaired) for finding in findings] == [
        ("front-matter-untidy", line, True)
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Først tekst.\n\n---\ntitle: Søvn\n---\nMere.\n", 3),
        ("---\ntitle: Søvn\n\nTekst uden slutning.\n", 1),
        ("+++\ntitle = 'Søvn'\n\nTekst uden slutning.\n", 1),
    ],
)
def test_front_matter_that_would_lose_text_or_be_printed_is_refused(text: str, line: int) -> None:
    assert faults(text) == [("front-matter-misplaced", line)]


@pytest.mark.parametrize(
    "text", ["---\n\nTekst under en streg.\n", "Overskrift\n---\n\nTekst: mere.\n", "a\n\n---\nnoget: andet\n---\n"]
)
def test_a_rule_across_the_page_is_no_fence(text: str) -> None:
    front, findings = front_matter_of(text)

    assert front == SourceText(Metadata(), text, 1)
    assert findings == ()


# ---- strict YAML


def test_every_value_stays_the_text_it_is() -> None:
    front = accepted("lang: no\ntitle: 10:30\ntags: [0x10, 1_000, 1e3, 2025-05-02, yes, Null]")

    assert (front.language, front.title) == ("no", "10:30")
    assert front.tags == ("0x10", "1_000", "1e3", "2025-05-02", "yes", "Null")


def test_what_an_export_leaves_empty_says_nothing() -> None:
    front = accepted("title: ~\nimage: null\npublished:\nlead: ''\ntags: []")

    assert front.lines == (("tags", 6),)
    assert (front.title, front.picture, front.published, front.lead) == ("", "", None, "")


@pytest.mark.parametrize(
    ("block", "code", "line"),
    [
        ("title: Søvn: sådan gør du", "yaml-broken", 2),
        ("lang: da\ntitle: 'Søvn", "yaml-broken", 3),
        ("title: \"Søvn\" og ro", "yaml-broken", 2),
        ("lang: da\n\ttitle: Søvn", "yaml-broken", 3),
        ("title: @klinik", "yaml-broken", 2),
        ("- title", "yaml-broken", 2),
        ("bare tekst", "yaml-broken", 2),
        ("? [a, b]\n: c", "yaml-broken", 2),
        ("title: a\nlead: b\ntitle: c", "key-twice", 4),
        ("accept:\n  dashes: a\n  dashes: b", "key-twice", 4),
        ("title: &a Søvn", "yaml-refused", 2),
        ("title: *soevn", "yaml-refused", 2),
        ("title: *Søvn*", "yaml-broken", 2),
        ("title: !!python/object/apply:os.system [ls]", "yaml-refused", 2),
        ("title: !important Søvn", "yaml-refused", 2),
        ("tags: " + "[" * 40 + "]" * 40, "yaml-too-large", 2),
        ("\n".join(f"k{number}: x" for number in range(20_000)), "yaml-too-large", 2),
    ],
)  # fmt: skip
def test_yaml_that_is_broken_or_can_hide_something_is_refused_with_its_line(block: str, code: str, line: int) -> None:
    front, findings = read(block)

    assert front is None
    assert (code, line) in [(finding.code, finding.line) for finding in findings]
    assert all(finding.hint for finding in findings)


def test_a_bomb_of_aliases_is_refused_without_being_unfolded() -> None:
    bomb = "a0: &a0 x\n" + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10))

    front, findings = read(bomb)

    assert front is None
    assert {finding.code for finding in findings} == {"yaml-refused"}


def test_escapes_bring_in_no_character_that_was_taken_out() -> None:
    assert accepted(r'title: "Sø\u202evn\0 og\u200b ro"').title == "Søvn og ro"


def test_text_behind_a_number_sign_is_missed_aloud() -> None:
    assert findings_of("title: Øvelse #1") == [("yaml-comment", 2)]
    assert findings_of("title: 'Øvelse #1'") == []


# ---- keys


def test_sites_names_of_keys_are_understood() -> None:
    front = accepted(
        "Title: Søvn\nmetaTitle: Søvn | Klinik\ndatePublished: 02-05-2025\nlastUpdated: 03/06/2025\n"
        "previewImage: /images/soevn.png\npreviewImageAlt: En seng\nAUTHOR: Ida Prøve\nlang: da_DK\n"
        "meta-description: Kort.\nmanchet: Indledning.\nnøgleord: søvn, ro\nno_index: ja"
    )

    assert (front.title, front.meta_title, front.language) == ("Søvn", "Søvn | Klinik", "da-DK")
    assert (front.published, front.updated) == (date(2025, 5, 2), date(2025, 6, 3))
    assert (front.picture, front.picture_alt) == ("/images/soevn.png", "En seng")
    assert (front.authors, front.description, front.lead) == (("Ida Prøve",), "Kort.", "Indledning.")
    assert (front.tags, front.is_unlisted) == (("søvn", "ro"), True)


def test_no_name_means_two_keys() -> None:
    names = [name.replace("_", "") for key in FRONT_MATTER_KEYS.values() for name in names_of(key)]

    assert len(names) == len(set(names))


def test_every_form_of_a_value_can_be_read() -> None:
    reader = ValueReader(SourceSettings(), FindingCollector(SOURCE))

    for form in get_args(ValueForm):
        reader.value(form, WrittenValue("key", 2, YamlText("2025-05-02", 2)))


def test_a_project_may_name_keys_itself() -> None:
    settings = SourceSettings(aliases={"navn": "title", "Korttekst": "lead"})

    front = accepted("navn: Søvn\nkorttekst: Kort.", settings)

    assert (front.title, front.lead) == ("Søvn", "Kort.")


def test_the_canonical_name_counts_where_two_differ() -> None:
    front, findings = read("h1: Andet\ntitle: Søvn\nTitel: Søvn")

    assert front is not None
    assert front.title == "Søvn"
    assert [(finding.code, finding.line) for finding in findings] == [("key-conflict", 2)]


def test_an_unknown_key_is_noted_once_with_the_nearest_name() -> None:
    front, findings = read("pubished: 02-05-2025\nbodyParts: [ryg]")

    assert front is not None
    assert [(finding.code, finding.line, finding.severity) for finding in findings] == [
        ("key-misspelt", 2, "warning"), ("key-unknown", 3, "note"),
    ]  # fmt: skip
    assert "'published'" in findings[0].hint


# ---- values


def test_all_faults_come_at_once_and_each_says_what_was_expected() -> None:
    front, findings = read(
        "title: [a]\npublished: 31-02-2025\nupdated: 1/2/25\ndraft: måske\nkey_points: {a: b}\n"
        "url: javascript:x\naccept: [x]"
    )

    assert front is None
    errors = [finding for finding in findings if finding.severity == "error"]
    assert [(finding.code, finding.line) for finding in errors] == [
        ("value-shape", 2), ("date-unreadable", 3), ("date-unreadable", 4), ("value-shape", 5), ("value-shape", 6),
        ("value-shape", 7), ("value-shape", 8),
    ]  # fmt: skip
    assert all("expected" in finding.message and finding.hint for finding in errors)
    assert errors[1].message == "published is '31-02-2025', expected a date such as 28-02-2025"
    assert errors[1].hint == "February 2025 has 28 days"


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("lang: på dansk", "value-unread"),
        ("related:\n  items:\n    - text: Planen\n      href: https://klinik.example/plan", "value-unread"),
        ("format:\n  html:\n    toc: true", "format-other"),
        ("format: aside", "format-other"),
        ("date: i går", "value-unread"),
        ("date: 31-02-2025", "value-unread"),
        ("date: 2024-01", "value-unread"),
        ("date: januar 2024", "value-unread"),
        ("tags: {a: b}", "value-unread"),
        ("hero: {tagline: Velkommen}", "value-unread"),
        ("link: noget andet", "value-unread"),
        ("rewiewed: 02-11-2026", "key-misspelt"),
        ("images: [a.png]", "key-unknown"),
        ("layout: post", "key-unknown"),
    ],
)
def test_keys_of_other_tools_never_refuse_an_article(block: str, code: str) -> None:
    front, findings = read(f"title: Søvn\n{block}")

    assert front is not None
    assert front.title == "Søvn"
    assert [(finding.code, finding.line) for finding in findings] == [(code, 3 if "items" not in block else 4)]


@pytest.mark.parametrize(
    "block",
    [
        "status: draft", "status: Private", "publish: false", "published: false", "public: no", "draft: true",
        "post_status: auto-draft", "params: {draft: true}", "isPublished: false", "private: true", "wip: yes",
        "draft: false\npublished: false", "published: true\ndraft: true", "private: true\ndraft: false",
    ],
)  # fmt: skip
def test_a_draft_is_one_by_whatever_name(block: str) -> None:
    assert accepted(f"title: Søvn\n{block}").is_draft


@pytest.mark.parametrize("block", ["status: published", "publish: true", "published: true", "public: yes"])
def test_what_is_public_is_no_draft(block: str) -> None:
    assert not accepted(f"title: Søvn\n{block}").is_draft


@pytest.mark.parametrize(
    ("text", "title_line", "body_line"),
    [
        ('+++\ntitle = "Søvn"\ndate = 2024-01-02T10:00:00+01:00\ntags = ["ro"]\ndraft = false\n+++\n\nTekst.\n', 2, 7),
        ('+++\n[extra]\nlead = "Kort."\n\n[taxonomies]\ntags = ["ro"]\n+++\nTekst.\n', 0, 8),
        ('---toml\ntitle = "Søvn"\ndate = 2024-01-02\ntags = ["ro"]\n---\nTekst.\n', 2, 6),
        ('{\n  "title": "Søvn",\n  "date": "2024-01-02",\n  "tags": ["ro"]\n}\n\nTekst.\n', 2, 6),
        ("Title: Søvn\nDate: 2024-01-02 10:00\nTags: ro\n\nTekst.\n", 1, 4),
    ],
)
def test_front_matter_of_other_kinds_is_read(text: str, title_line: int, body_line: int) -> None:
    parts, findings = front_matter_of(text)

    assert parts is not None, findings
    assert (parts.meta.line_of("title"), parts.body_line, parts.body.strip()) == (title_line, body_line, "Tekst.")
    assert parts.meta.tags == ("ro",)
    assert text.split("\n")[body_line - 1 :] == parts.body.split("\n")
    if title_line:
        assert (parts.meta.title, parts.meta.published) == ("Søvn", date(2024, 1, 2))
    assert findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "{navn} står i krøllede parenteser.\n", "Husk: vand.\n\nTekst.\n", '{"a": 1} og mere tekst.\n',
        "Title: Søvn\n\nEn linje er ikke nok.\n", "Her er en liste:\nTitle: x\n",
    ],
)  # fmt: skip
def test_text_that_only_looks_like_front_matter_is_text(text: str) -> None:
    parts, _ = front_matter_of(text)

    assert parts is not None
    assert parts.body == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('+++\ntitle = "Søvn"\ndate = i går\n+++\n', ("yaml-broken", 3)),
        ("---json\n[1]\n---\n", ("yaml-broken", 2)),
        ("+++\na = " + "[" * 30 + "]" * 30 + "\n+++\n", ("yaml-too-large", 2)),
        ('+++\na = "' + "x" * 70_000 + '"\n+++\n', ("yaml-too-large", 2)),
    ],
)
def test_front_matter_of_other_kinds_that_is_broken_is_refused_with_its_line(text: str, fault: tuple[str, int]) -> None:
    assert faults(text) == [fault]


def test_an_update_before_publication_is_a_warning_and_both_dates_are_kept() -> None:
    front, findings = read("published: 03-08-2025\nupdated: 21-06-2025")

    assert front is not None
    assert (front.published, front.updated) == (date(2025, 8, 3), date(2025, 6, 21))
    assert [(finding.code, finding.severity, finding.line) for finding in findings] == [
        ("dates-reversed", "warning", 3)
    ]


@pytest.mark.parametrize(
    ("word", "wanted"), [("true", True), ("Ja", True), ("yes", True), ("false", False), ("nej", False), ("NO", False)]
)
def test_claims_are_understood_in_danish_and_english(word: str, wanted: bool) -> None:
    assert accepted(f"draft: {word}").is_draft is wanted


def test_published_false_keeps_an_article_back() -> None:
    front = accepted("published: false\ndate: 02-05-2025")

    assert (front.is_draft, front.published) == (True, date(2025, 5, 2))


@pytest.mark.parametrize(
    ("block", "authors", "noted"),
    [
        ("author: anders-af-eksempel", ("Anders af Eksempel",), True),
        ("authors: [ida_proeve, Bo Prøve]", ("Ida Proeve", "Bo Prøve"), True),
        ("author: Ida Prøve, fysioterapeut", ("Ida Prøve, fysioterapeut",), False),
        ("authors:\n  - name: Ida Prøve\n    title: læge\n  - Bo", ("Ida Prøve", "Bo"), False),
        ("author: {name: Ida Prøve}", ("Ida Prøve",), False),
    ],
)
def test_authors_are_names(block: str, authors: tuple[str, ...], noted: bool) -> None:
    assert accepted(block).authors == authors
    assert ("author-slug" in {code for code, _ in findings_of(block)}) is noted


def test_related_articles_are_paths_below_their_kind() -> None:
    front = accepted(
        "related:\n  - type: ordbog\n    slug: albue\n    title: Albue\n  - type: page\n    slug: priser\n"
        "  - slug: /find/klinik\n    type: page\n  - blog/soevn\n  - '[Ro](https://klinik.example/ro)'"
    )

    assert front.related == (
        Related("Albue", "ordbog/albue", 3),
        Related("", "/priser", 6),
        Related("", "/find/klinik", 8),
        Related("", "blog/soevn", 10),
        Related("Ro", "https://klinik.example/ro", 11),
    )


def test_a_series_has_a_title_and_may_have_a_position() -> None:
    listed = "series:\n  - Patientbøger\n  - title: Alt om ryggen\n    type: set\n    position: 2.1"

    assert accepted("series: Rygskole").series == (Collection("Rygskole"),)
    assert accepted("serie: {titel: Rygskole, nr: 3}").series == (Collection("Rygskole", "3"),)
    assert accepted(listed).series == (Collection("Patientbøger"), Collection("Alt om ryggen", "2.1", "set"))
    assert faults("---\nseries: {title: Rygskole, position: to}\n---\n") == [("value-shape", 2)]
    assert faults("---\nseries: {title: Rygskole, type: trilogi}\n---\n") == [("value-shape", 2)]
    assert faults("---\nseries:\n  - position: 2\n---\n") == [("value-shape", 3)]


def test_an_edition_lists_its_articles_with_their_lines() -> None:
    front = accepted("articles:\n  - blog/soevn\n\n  - blog/ryg")

    assert front.listed == (ListedArticle("blog/soevn", 3), ListedArticle("blog/ryg", 5))


def test_an_edition_may_say_how_much_a_newsletter_shows_of_an_article() -> None:
    front = accepted("articles: [blog/soevn: full, blog/ryg: Uddrag, blog/knae]")

    assert front.articles == ("blog/soevn", "blog/ryg", "blog/knae")
    assert [listed.length for listed in front.listed] == ["full", "teaser", ""]
    assert faults("---\narticles:\n  - blog/soevn: ful\n---\n") == [("value-shape", 3)]


def test_events_have_a_title_and_what_else_is_known_of_them() -> None:
    front = accepted(
        "events:\n  - date: 01-12-2026\n    title: Åben **træning**\n    tid: kl. 16–18\n    sted: Holdsalen\n"
        "    url: /traening\n  - titel: Ferielukket"
    )

    assert front.events == (
        Event("Åben træning", date(2026, 12, 1), "kl. 16–18", "Holdsalen", "/traening", 3),
        Event("Ferielukket", None, "", "", "", 8),
    )


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ("events:\n  - Åben træning", ("value-shape", 3)),
        ("events:\n  - date: 01-12-2026", ("value-shape", 3)),
        ("events:\n  - title: Åben træning\n    date: 31-02-2026", ("date-unreadable", 3)),
        ("opening_hours: 8–16", ("value-shape", 2)),
        ("opening_hours:\n  Mandag: [8, 16]", ("value-shape", 3)),
    ],
)
def test_events_and_hours_that_cannot_be_meant_are_refused(block: str, fault: tuple[str, int]) -> None:
    assert faults(f"---\n{block}\n---\n") == [fault]


@pytest.mark.parametrize(
    "block",
    [
        "opening_hours:\n  Mandag–torsdag: 8–18\n  Fredag: 8:00-14:00",
        "åbningstider:\n  - Mandag–torsdag: 8–18\n  - Fredag: 8:00-14:00",
    ],
)
def test_opening_hours_are_days_and_hours(block: str) -> None:
    assert accepted(block).opening_hours == (("Mandag–torsdag", "8–18"), ("Fredag", "8:00-14:00"))


def test_a_picture_may_bring_its_alt_text() -> None:
    front = accepted("image:\n  src: /images/ryg.png\n  alt: En ryg")

    assert (front.picture, front.picture_alt) == ("/images/ryg.png", "En ryg")


def test_accepted_findings_need_a_known_code_and_a_reason() -> None:
    front, findings = read("accept:\n  dates-reversed: Artiklen blev skrevet om.\n  dates-reverse: Fordi.")

    assert front is not None
    assert front.accept == ("dates-reversed",)
    assert [(finding.code, finding.line) for finding in findings] == [("accept-unknown", 4)]
    assert faults("---\naccept:\n  dashes:\n---\n") == [("value-shape", 3)]


def test_the_code_of_a_rule_that_was_removed_may_still_be_accepted() -> None:
    assert accepted("accept:\n  article-alike: To udgaver af samme råd.").accept


def test_markup_in_text_becomes_its_words() -> None:
    front, findings = read(
        "title: '**Søvn** &amp; <em>ro</em>'\n"
        "lead: >-\n  Læs [mere](https://klinik.example),\n  2*3*4 og snake_case_navn."
    )

    assert front is not None
    assert (front.title, front.lead) == ("Søvn & ro", "Læs mere, 2*3*4 og snake_case_navn.")
    assert [(finding.code, finding.line) for finding in findings] == [
        ("front-matter-markup", 2),
        ("front-matter-markup", 3),
    ]


# ---- any mapping

SCALARS = st.one_of(
    st.text(max_size=30), st.integers(), st.booleans(), st.floats(), st.dates(), st.none(), st.datetimes()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.one_of(
    st.sampled_from([name for key in FRONT_MATTER_KEYS.values() for name in names_of(key)]),
    st.text(max_size=12),
)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_any_mapping_is_front_matter_or_named_findings(mapping: Mapping[str, object]) -> None:
    block = yaml.safe_dump(mapping, allow_unicode=True)

    front, findings = read(block)

    assert (front is None) == any(finding.severity == "error" for finding in findings)
    assert all(finding.line > 0 and finding.message for finding in findings)


@given(
    st.text(
        st.sampled_from("-\n :'\"[]{}&*!|>#%@`?,\ttitledraft0") | st.characters(exclude_categories=["Cs", "Cc"]),
        max_size=120,
    )
)
@pytest.mark.parametrize("form", ["{}", "---\n{}\n---\nTekst.\n"], ids=["bare", "between rules"])
def test_any_text_is_read_or_refused_with_a_named_finding(form: str, text: str) -> None:
    whole = form.format(text)

    front, findings = front_matter_of(whole)

    assert (front is None) == any(finding.severity == "error" for finding in findings)
    if front is not None:
        assert whole.endswith(front.body)
        assert whole.split("\n")[front.body_line - 1 :] == front.body.split("\n")


def test_text_between_two_rules_is_no_front_matter() -> None:
    text = "---\n\nKlinikken holder lukket.\n\n---\n\nVelkommen."

    front, findings = front_matter_of(text, "sources/lukket.md")

    assert front is not None
    assert (front.body, front.body_line, findings) == (text, 1, ())


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("<script>x</script>Ryg", "Ryg"),
        ("<div class=a>Ryg</div> <mark>ondt</mark>", "Ryg ondt"),
        ("<dit navn>", "<dit navn>"),
    ],
)
def test_a_title_is_plain_words(written: str, title: str) -> None:
    front, findings = front_matter_of(f"---\ntitle: '{written}'\n---\nTekst", "sources/ryg.md")

    assert front is not None
    assert front.meta.title == title
    assert [finding.code for finding in findings] == (["front-matter-markup"] if written != title else [])
