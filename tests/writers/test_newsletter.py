from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as parser

from pipeline.config import Publisher
from pipeline.errors import ConfigError, SourceError, StyleError
from pipeline.model import (
    HELP_KINDS,
    Article,
    BulletList,
    Callout,
    Cell,
    Div,
    Edition,
    EditionPart,
    Event,
    Figure,
    Header,
    Image,
    Link,
    Para,
    Str,
    Table,
    text,
    walk,
)
from pipeline.rendering.styles import Styles, packaged_styles
from pipeline.writers import Written, newsletter
from pipeline.writers.newsletter import Options
from pipeline.writers.newsletter.footer import is_cvr
from tests.makers import (
    CLINIC,
    PICTURE,
    article,
    changed,
    contents,
    everything,
    header,
    job,
    para,
    picture_file,
    plain,
    rendition,
    single,
    words_in,
)

LAWFUL = Options(
    reason="Du får dette brev, fordi du har tilmeldt dig nyheder fra Klinik Eksempel.",
    unsubscribe="https://klinik.example/afmeld",
)
ON_THE_WEB = replace(LAWFUL, picture_base="https://klinik.example/post/", files_base="https://klinik.example/filer")
DOCTOR = Callout("see-doctor", (para("Du mister følesansen i benet."),))


def written(made: Article | Edition, options: Options = LAWFUL, publisher: Publisher = CLINIC) -> Written:
    edition = made if isinstance(made, Edition) else single(made)
    return newsletter.write(edition, job(newsletter, edition, options=options, publisher=publisher))


def artifact(made: Written, suffix: str) -> bytes:
    return next(entry.data for entry in made.artifacts if entry.name.endswith(suffix))


def page(made: Written) -> str:
    return artifact(made, ".html").decode()


def message(made: Written) -> EmailMessage:
    return message_from_bytes(artifact(made, ".eml"), policy=SMTP)


def page_within(made: Written) -> str:
    part = message(made).get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def codes(made: Written) -> list[str]:
    return [finding.code for finding in made.findings]


def bound(*articles: Article, **changes: Any) -> Edition:
    listed = contents((entry.id for entry in articles), **changes.pop("lengths", {}), parts=changes.pop("parts", ()))
    front = article(id="udgaver/foraar", title="Nyt fra klinikken", contents=listed, blocks=(para("Velkommen."),))
    return Edition(changed(front, **changes), articles)


def numbered(number: int, **changes: object) -> Article:
    fields = {"id": f"blog/nr-{number}", "title": f"Artikel nr. {number}", "source": f"sources/blog/nr-{number}.md"}
    return article(**fields | changes)


def long_section(number: int, length: int = 400) -> tuple[Header, Para]:
    return header(f"Afsnit {number}"), para("Bevægelse hjælper mere end hvile. " * length)


# ---- what is written


def test_an_article_with_everything_is_a_sound_message() -> None:
    made = written(everything())

    assert codes(made) == []
    assert [entry.name for entry in made.artifacts[:3]] == [
        "blog/ondt-i-ryggen.html",
        "blog/ondt-i-ryggen.txt",
        "blog/ondt-i-ryggen.eml",
    ]


def test_the_message_says_the_same_as_the_files() -> None:
    made = written(everything(), ON_THE_WEB)
    plain_part = message(made).get_body(("plain",))

    assert plain_part is not None
    assert plain_part.get_content().replace("\r\n", "\n") == artifact(made, ".txt").decode()
    assert page_within(made) == artifact(made, ".paste.html").decode()


def test_the_html_file_shows_its_pictures_from_the_disk_wherever_else_they_lie() -> None:
    assert page(written(everything(), ON_THE_WEB)).count('src="../pictures/') == 3
    assert 'src="../pictures/' not in artifact(written(everything(), ON_THE_WEB), ".paste.html").decode()
    assert not [entry.name for entry in written(everything()).artifacts if entry.name.endswith(".paste.html")]


def test_every_word_of_the_article_stands_in_the_html_in_order() -> None:
    tree = parser.document_fromstring(page(written(everything())))
    for added in tree.xpath("//*[@data-added]"):
        added.drop_tree()
    for cell in tree.iter("th", "td", "li"):
        cell.tail = " "
    got = iter(re.findall(r"\w+", tree.text_content()))

    expected = re.findall(r"\w+", text(everything().blocks))

    assert len(expected) > 100
    assert [word for word in expected if word not in got] == []


def test_headings_warnings_and_links_are_the_same_in_html_and_text() -> None:
    made = written(everything())
    html, plain_text = page(made), artifact(made, ".txt").decode()

    for node in walk(everything().blocks):
        if isinstance(node, Header):
            assert text(node.content) in html
            assert text(node.content) in plain_text
        elif isinstance(node, Link) and node.address.startswith("https"):
            assert f'href="{node.address}"' in html
            assert node.address in plain_text
    assert "mister følesans" in html
    assert "mister følesans" in plain_text


def test_equal_input_gives_equal_bytes_in_another_process(tmp_path: Path) -> None:
    """Hash seed, time zone and working folder are another's."""
    script = (
        "import hashlib, sys\n"
        "from tests.makers import everything, job, single\n"
        "from pipeline.writers import newsletter\n"
        "made = newsletter.write(single(everything()), job(newsletter, single(everything())))\n"
        "print(hashlib.sha256(b''.join(a.name.encode() + a.data for a in made.artifacts)).hexdigest())\n"
    )
    root = str(Path(__file__).parents[2])
    sums = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": root, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for folder, seed, zone in ((root, "0", "UTC"), (str(tmp_path), "7", "Asia/Tokyo"))
    }

    assert len(sums) == 1


# ---- HTML


def test_all_styles_stand_inline_too() -> None:
    """Clients that drop style blocks show the mail all the same."""
    tree = parser.document_fromstring(page(written(everything())))

    elements = tree.xpath("//h1 | //h2 | //p[not(ancestor::td[@class='footer'])] | //td[@class] | //a | //img")
    assert {element.tag for element in elements} == {"h1", "h2", "p", "td", "a", "img"}
    assert [parser.tostring(element) for element in elements if not element.get("style")] == []


def test_layout_tables_are_no_tables_to_a_screen_reader() -> None:
    tree = parser.document_fromstring(page(written(everything())))

    tables = list(tree.iter("table"))
    assert len({table.get("role") for table in tables}) == 2
    for table in tables:
        assert (table.get("role") == "presentation") is not bool(
            table.xpath(".//th[@scope='col']") and not table.xpath(".//table")
        )


def test_a_table_too_wide_for_a_phone_is_a_list_until_a_style_block_says_otherwise() -> None:
    head = (Cell((plain("Øvelse"),)), Cell((plain("Træningsvirkning"),)), Cell((plain("Hvor tit"),)))
    row = (Cell((plain("Bækkenløft"),)), Cell((plain("Koordinationstræning"),)), Cell((plain("Hver dag"),)))

    tree = parser.document_fromstring(page(written(article(blocks=(Table(head, (row,)),)))))

    assert [label.text for label in tree.xpath("//td/span[@class='label']")] == ["Træningsvirkning: ", "Hvor tit: "]
    cells = tree.xpath("//table[contains(@class, 'stacks')]//td")
    assert cells
    assert all("display: block" in cell.get("style") for cell in cells)


def test_a_table_too_wide_for_any_screen_stays_a_list() -> None:
    row = (Cell((plain("Patientundersøgelsesforløb" * 3),)), Cell((plain("Hver dag"),)))

    assert 'class="data stacks"' in page(written(article(blocks=(Table(row, (row,)),))))


def test_a_table_that_fits_a_phone_stays_a_table() -> None:
    row = (Cell((plain("Gå"),)), Cell((plain("Hver dag"),)), Cell((plain("20 min"),)))

    assert 'class="label"' not in page(written(article(blocks=(Table(row, (row,)),))))


def test_the_preheader_is_the_description_filled_up() -> None:
    tree = parser.document_fromstring(page(written(everything())))
    shown = tree.xpath("//div[@class='preheader']")[0].text

    assert shown.startswith(everything().description)
    assert not shown.removeprefix(everything().description).strip(" \N{COMBINING GRAPHEME JOINER}\N{NO-BREAK SPACE}")
    assert len(shown) > 150


def test_the_web_address_is_offered_only_where_there_is_one() -> None:
    assert "Vis i browser" in page(written(article()))
    assert "Se på nettet" in page(written(article()))
    assert "Vis i browser" not in page(written(article(address="")))
    assert "Se på nettet" not in page(written(article(address="")))


def test_files_are_linked_only_where_it_is_said_that_they_lie_on_the_web() -> None:
    assert "https://klinik.example/filer/handout/blog/ondt-i-ryggen.pdf" in page(written(article(), ON_THE_WEB))
    assert ".epub" not in page(written(article(formats=("handout", "newsletter")), ON_THE_WEB))
    assert ".pdf" not in page(written(article()))


def test_text_of_an_article_cannot_become_markup() -> None:
    html = page(written(article(title="<b>Ryg</b> & co", blocks=(para("<script>alert(1)</script>"),))))

    assert "&lt;b&gt;Ryg&lt;/b&gt; &amp; co" in html
    assert "<script" not in html


def test_dark_colours_reach_outlook_com_as_well() -> None:
    """It knows no media query, but marks what it has recoloured."""
    style = (packaged_styles() / "newsletter" / "dark.css").read_text("utf-8")
    outlook = (packaged_styles() / "newsletter" / "outlook.css").read_text("utf-8")
    colours = set(re.findall(r"(?<!border-)(?:background-)?color: (#\w{6})", style))

    assert colours == set(re.findall(r"#\w{6}", outlook))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_inline_colours_have_contrast_enough() -> None:
    tree = parser.document_fromstring(page(written(everything())))

    def nearest(element: parser.HtmlElement, name: str) -> str:
        for around in (element, *element.iterancestors()):
            if found := re.search(rf"(?<![\w-]){name}: (#\w{{6}})", around.get("style", "")):
                return found[1]
        raise AssertionError(name)

    elements = tree.xpath("//body//*[normalize-space(translate(text(), '\u00a0', '')) and not(@class='preheader')]")
    ratios = {
        parser.tostring(element): contrast(nearest(element, "color"), nearest(element, "background-color"))
        for element in elements
    }
    assert len(ratios) > 20
    assert {element: ratio for element, ratio in ratios.items() if ratio < 4.5} == {}


# ---- pictures


def test_pictures_are_asked_for_at_twice_their_shown_width() -> None:
    wide, small, tall = (
        replace(PICTURE, sha256=name * 64, width_px=width, height_px=height)
        for name, width, height in (("a", 4000, 2000), ("b", 300, 200), ("c", 1000, 4000))
    )
    made = article(blocks=tuple(Para((Image(picture, "Øvelse"),)) for picture in (wide, small, tall)))

    needs = newsletter.needs(single(made), LAWFUL)

    assert [need.width_px for need in needs] == [1104, 600, 280]
    assert all(need.max_bytes == 200_000 for need in needs)


def test_the_html_file_finds_its_pictures_on_the_disk(tmp_path: Path) -> None:
    made = written(everything())
    for entry in made.artifacts:
        (tmp_path / entry.name).parent.mkdir(exist_ok=True)
        (tmp_path / entry.name).write_bytes(entry.data)

    sources = re.findall(r'src="([^"]+)"', page(made))

    assert len(sources) == 3
    assert all((tmp_path / "blog" / source).is_file() for source in sources)


def test_the_message_carries_its_pictures_where_they_do_not_lie_on_the_web() -> None:
    made = written(everything())
    carried = {part["Content-ID"].strip("<>") for part in message(made).walk() if part["Content-ID"]}

    assert {source.removeprefix("cid:") for source in re.findall(r'src="([^"]+)"', page_within(made))} == carried


def test_pictures_on_the_web_are_neither_carried_nor_tracked() -> None:
    made = written(everything(), ON_THE_WEB)
    sources = re.findall(r'src="([^"]+)"', artifact(made, ".paste.html").decode())

    assert [part.get_content_type() for part in message(made).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert len(sources) == 3
    assert all(re.fullmatch(r"https://klinik\.example/post/[0-9a-f]{16}-\d+\.(jpg|png)", source) for source in sources)


def test_editions_share_a_picture_under_one_name() -> None:
    first = {entry.name: entry.data for entry in written(everything()).artifacts[3:]}
    second = {entry.name: entry.data for entry in written(replace(everything(), id="andet/sted")).artifacts[3:]}

    assert first == second


def test_a_broken_picture_is_left_out() -> None:
    edition = single(everything())
    whole = job(newsletter, edition, options=LAWFUL)

    made = newsletter.write(edition, replace(whole, pictures={}))

    assert codes(made) == []
    assert page(made).count("<img") == 1  # the logo


def test_a_picture_in_a_table_stays_small() -> None:
    cell = Cell((Para((Image(PICTURE, "Øvelse"),)),))

    html = page(written(article(blocks=(Table((), ((cell, cell),)),))))

    assert re.findall(r'width="(\d+)" [^>]*alt="Øvelse"|alt="Øvelse" width="(\d+)"', html)
    assert 'width="552"' not in html


def test_without_a_logo_the_name_of_the_clinic_stands_in_words() -> None:
    made = written(article(), publisher=replace(CLINIC, logo=""))

    assert "<img" not in page(made)
    assert re.search(r'class="masthead"[^>]*>\s*Klinik Eksempel', page(made))
    assert codes(made) == []


def test_a_logo_that_mail_cannot_show_is_named() -> None:
    made = written(article(), publisher=replace(CLINIC, logo="styles/brand/findes-ikke.svg"))

    assert codes(made) == ["newsletter-logo-missing"]
    assert "Klinik Eksempel" in page(made)


def test_half_a_logo_is_named(tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand/maerke.png").write_bytes(picture_file(300, 200)[:400])
    own = job(newsletter, single(), options=LAWFUL, publisher=replace(CLINIC, logo="styles/brand/maerke.png"))

    made = newsletter.write(single(), replace(own, styles=Styles((tmp_path, packaged_styles()))))

    assert "newsletter-logo-missing" in codes(made)


def test_a_wide_logo_fits_a_phone(tmp_path: Path) -> None:
    logo = rendition(newsletter.needs(single(everything()), LAWFUL)[0]).data
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "maerke.png").write_bytes(as_png(logo, (1200, 60)))
    edition = single(article())
    own = job(newsletter, edition, options=LAWFUL, publisher=replace(CLINIC, logo="styles/brand/maerke.png"))

    made = newsletter.write(edition, replace(own, styles=Styles((tmp_path, packaged_styles()))))

    assert re.search(r'width="260"', page(made))


def as_png(data: bytes, size: tuple[int, int]) -> bytes:
    import io

    from PIL import Image as Pillow

    out = io.BytesIO()
    Pillow.open(io.BytesIO(data)).resize(size).save(out, "PNG")
    return out.getvalue()


# ---- footer


@pytest.mark.parametrize("content_of", [page, lambda made: artifact(made, ".txt").decode()], ids=["HTML", "text"])
def test_the_footer_states_what_the_law_asks_for(content_of: Callable[[Written], str]) -> None:
    content = " ".join(unescape(content_of(written(article()))).split())

    expected = (
        CLINIC.name, CLINIC.address, CLINIC.email, CLINIC.phone, "CVR-nr. 12345674", LAWFUL.reason,
        "Afmeld nyhedsbrevet", LAWFUL.unsubscribe, CLINIC.privacy,
    )  # fmt: skip
    assert [words for words in expected if words not in content] == []


def test_a_project_that_names_no_sender_yet_can_look_at_its_newsletters() -> None:
    made = written(article(), Options(), publisher=Publisher())

    assert codes(made) == ["newsletter-without-sender"]
    assert made.findings[0].severity == "warning"
    assert {artifact.name.rpartition(".")[2] for artifact in made.artifacts} >= {"html", "txt", "eml"}


def without(key: str) -> Publisher:
    missing: dict[str, Any] = {key: ""}
    return replace(CLINIC, logo="", **missing)


@pytest.mark.parametrize("key", ["name", "address", "email", "cvr", "privacy"])
def test_a_publisher_without_what_the_footer_states_publishes_no_newsletter(key: str) -> None:
    made = written(article(), publisher=without(key))

    assert [(finding.severity, finding.code, finding.source) for finding in made.findings] == [
        ("error", "newsletter-footer-incomplete", "publish.toml")
    ]
    assert f"[publisher] {key} " in made.findings[0].message


def test_a_newsletter_without_reason_and_unsubscribe_is_refused_for_both() -> None:
    assert codes(written(article(), Options())) == ["newsletter-footer-incomplete"] * 2


def test_a_mistyped_cvr_number_is_warned() -> None:
    assert codes(written(article(), publisher=replace(CLINIC, cvr="12345678"))) == ["cvr-doubtful"]


@pytest.mark.parametrize(("number", "right"), [("12345674", True), ("DK 12 34 56 74", True), ("1234567", False)])
def test_a_cvr_number_is_eight_digits_with_a_check_digit(number: str, right: bool) -> None:
    assert is_cvr(number) is right


def test_the_merge_tag_of_a_mailing_service_may_unsubscribe() -> None:
    made = written(article(), replace(LAWFUL, unsubscribe="*|UNSUB|*"))

    assert codes(made) == []
    assert 'href="*|UNSUB|*"' in page(made)
    assert "List-Unsubscribe" not in message(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"unsubscribe": "http://klinik.example/afmeld"},
        {"unsubscribe": "javascript:alert(1)"},
        {"picture_base": "http://klinik.example"},
        {"files_base": "filer"},
        {"subject_prefix": "Nyt\r\nBcc: alle@klinik.example"},
    ],
)
def test_options_that_no_mail_can_carry_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"\[newsletter\] \w+ (is|holds)"):
        Options(**changes)  # type: ignore[arg-type]  # texts all


# ---- headers


def test_headers_are_made_from_the_article() -> None:
    made = message(written(everything(), replace(LAWFUL, subject_prefix="Nyt fra klinikken:")))

    assert made["From"] == "Klinik Eksempel <kontakt@klinik.example>"
    assert made["Subject"] == "Nyt fra klinikken: Ondt i ryggen"
    assert made["Date"] == "Mon, 01 Jun 2026 08:00:00 +0000"
    assert made["List-Unsubscribe"] == "<https://klinik.example/afmeld>"
    assert made["To"] is None


def test_an_article_without_dates_makes_a_message_without_date() -> None:
    made = written(article(published=None, updated=None))

    assert "Date" not in message(made)
    assert codes(made) == ["newsletter-undated"]


def test_another_content_has_another_identifier() -> None:
    one, other = (message(written(article(blocks=(para(words),)))) for words in ("Gå en tur.", "Sov godt."))

    assert one["Message-ID"] != other["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}@klinik\.example>", one["Message-ID"])


def test_a_line_break_in_a_subject_cannot_write_a_header() -> None:
    with pytest.raises(SourceError, match="line break"):
        written(article(subject="Ryg\r\nBcc: alle@klinik.example"))


@pytest.mark.parametrize(
    "email", ["kontakt", "kontakt@", "a@b", "a b@klinik.example", "ø@klinik.example", "a@klinik\n.example"]
)
def test_an_address_that_no_mail_can_come_from_is_refused(email: str) -> None:
    with pytest.raises(ConfigError, match=r"\[publisher\] email"):
        written(article(), publisher=replace(CLINIC, email=email))


def test_a_domain_with_danish_letters_is_written_as_mail_servers_know_it() -> None:
    made = message(written(article(), publisher=replace(CLINIC, email="post@ryg-og-sø.example")))

    assert made["From"] == "Klinik Eksempel <post@xn--ryg-og-s-d5a.example>"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=120),
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=80),
)
def test_any_name_and_subject_come_back_as_they_were_written(subject: str, name: str) -> None:
    if not subject.strip() or not name.strip():
        return

    made = written(article(subject=subject), publisher=replace(CLINIC, name=name))

    assert "newsletter-nonconforming" not in codes(made)


# ---- several articles, and too much of one


def test_an_edition_shows_teasers_with_their_advice_on_doctors() -> None:
    one = numbered(1, lead="Bevæg dig.", blocks=(header("Langt"), para("Resten af teksten."), DOCTOR))
    two = numbered(2, lead="", description="", blocks=(header("Søvn"), para("Sov godt."), para("Og længe.")))

    made = written(bound(one, two))
    html, plain_text = page(made), artifact(made, ".txt").decode()

    assert codes(made) == []
    for content in (html, plain_text):
        for words in (
            "Velkommen.",
            "I dette nyhedsbrev",
            "Bevæg dig.",
            "mister følesansen",
            "Sov godt.",
            "Læs „Artikel nr. 1“",
        ):
            assert words in content
        for words in ("Resten af teksten.", "Og længe."):
            assert words not in content
    assert 'href="#blog-nr-2-_title"' in html
    assert ">Læs „Artikel nr. 2“</a>" in html
    assert "Læs mere" not in html + plain_text


@pytest.mark.parametrize(
    ("lead", "shown"),
    [
        ("Ryggen er stærk. Den tåler meget.", "Ryggen er stærk. Den tåler meget."),
        ("Det er f.eks. dr. Prøve, der siger det. " + "Så sover du bedre om natten. " * 9, None),
        ("Et ord " * 50 + "til sidst. Og mere.", "Et ord " * 50 + "til sidst."),
        ("Uden punktum", "Uden punktum"),
        ("Han sagde: „Hvil dig.“ Så gik han. " + "Og han kom ikke igen den aften. " * 9, None),
    ],
)
def test_a_teaser_ends_with_a_sentence(lead: str, shown: str | None) -> None:
    made = artifact(written(bound(numbered(1, lead=lead, blocks=(para("Resten."),)))), ".txt").decode()

    teaser = " ".join(made.partition("Artikel nr. 1")[2].split("Artikel nr. 1")[-2].partition("Læs")[0].split())
    words = teaser.strip(" -=").removesuffix(" ")
    assert words in " ".join(lead.split())
    assert words[-1:] in ".“m"
    if shown is not None:
        assert words == shown


def test_an_article_without_headings_is_shortened_at_a_paragraph() -> None:
    long = article(blocks=tuple(para(f"Afsnit {number} " + "æøå " * 300) for number in range(60)))

    made = written(long)

    assert codes(made) == ["newsletter-shortened"]
    assert "Afsnit 0 " in page(made)
    assert "Afsnit 59 " not in page(made)
    assert "Læs mere" in page(made)


def test_events_have_their_day_and_month_as_a_tile() -> None:
    event = Event("Åbent hus", date(2026, 12, 8), "kl. 16–18", "Holdsalen")
    tree = parser.document_fromstring(page(written(article(events=(event, Event("Uden dato"))))))

    tiles = tree.xpath("//td[@class='tile']")

    assert [tile.text_content() for tile in tiles] == ["8dec.", ""]
    assert tiles[0].xpath("div/@aria-hidden") == ["true"]
    assert "8. december 2026 kl. 16–18 · Holdsalen" in tree.text_content()


@pytest.mark.parametrize("is_found", [False, True])
def test_a_teaser_keeps_every_box_of_help_whole_the_most_urgent_first(is_found: bool) -> None:
    marked = [Callout(kind, (para(f"Tegn på {kind}."), para("Og mere.")), is_found=is_found) for kind in HELP_KINDS]
    own = Callout("see-doctor", (para("Klinikkens egne tegn."),), is_added=True)
    others = (Callout("tip", (para("Et råd."),)), para("Resten."))
    one = numbered(1, lead="Bevæg dig.", blocks=(header("Langt"), *reversed(marked), *others, own))

    made = written(bound(one))

    for content in (page(made), artifact(made, ".txt").decode()):
        places = [content.index(f"Tegn på {kind}.") for kind in HELP_KINDS]
        assert places == sorted(places)
        assert content.count("Og mere.") == len(HELP_KINDS)
        for left_out in ("Et råd.", "Resten.", "Klinikkens egne tegn."):
            assert left_out not in content


def test_headings_in_the_boxes_of_a_teaser_leave_out_no_level() -> None:
    box = Callout("emergency", (header("Ved brystsmerter", 4), para("Ring 112.")))
    one = numbered(1, lead="Bevæg dig.", blocks=(header("Langt"), header("Længere", 3), box, para("Resten.")))

    made = written(bound(one))

    assert codes(made) == []
    tree = parser.document_fromstring(page(made))
    assert "h3" in {element.tag for element in tree.iter() if element.text == "Ved brystsmerter"}


def test_a_box_for_another_medium_stays_out_of_a_teaser() -> None:
    box = Callout("emergency", (para("Kun på papir."),))
    one = numbered(1, lead="Bevæg dig.", blocks=(Div((box,), media=("print",)), para("Resten.")))

    assert "Kun på papir." not in page(written(bound(one)))


def test_an_edition_shows_articles_in_full_where_it_is_asked_to() -> None:
    made = written(bound(numbered(1), numbered(2)), replace(LAWFUL, articles="full"))
    tree = parser.document_fromstring(page(made))

    outline = [(element.tag, element.text) for element in tree.iter("h1", "h2", "h3")]

    assert codes(made) == []
    assert outline == [
        ("h1", "Nyt fra klinikken"),
        ("h2", "I dette nyhedsbrev"),
        ("h2", "Artikel nr. 1"),
        ("h3", "Hold dig i gang"),
        ("h2", "Artikel nr. 2"),
        ("h3", "Hold dig i gang"),
    ]


def test_parts_of_an_edition_order_its_contents_and_stand_above_their_first_article() -> None:
    parts = (EditionPart("Bevægelse", ("blog/nr-1", "blog/nr-2")),)
    made = written(bound(numbered(1), numbered(2), numbered(3), parts=parts))
    tree = parser.document_fromstring(page(made))

    outline = [(element.tag, element.text) for element in tree.iter("h1", "h2", "h3")]
    above = [element.getnext().text for element in tree.iter("p") if element.get("class") == "part-title"]
    lists = [[link.text for link in listed.iter("a")] for listed in tree.iter("ul") if listed.find("li/a") is not None]

    assert codes(made) == []
    assert outline == [
        ("h1", "Nyt fra klinikken"),
        ("h2", "I dette nyhedsbrev"),
        ("h3", "Bevægelse"),
        *(("h2", f"Artikel nr. {number}") for number in (1, 2, 3)),
    ]
    assert above == ["Artikel nr. 1"]
    assert lists == [["Artikel nr. 1", "Artikel nr. 2"], ["Artikel nr. 3"]]
    assert artifact(made, ".txt").decode().count("Bevægelse\n\n") == 2


def test_teasers_of_an_edition_have_one_large_picture_and_small_ones() -> None:
    hero = Figure(Image(PICTURE, "Første", 5), (), 5)
    other = Figure(Image(replace(PICTURE, sha256="b" * 64), "Anden", 5), (), 5)
    articles = (numbered(1, hero=hero), numbered(2, hero=other))

    of_first, of_edition = written(bound(*articles)), written(bound(*articles, hero=other))
    in_full = written(bound(*articles, lengths={"blog_nr_2": "full"}))

    def shown(made: Written) -> list[tuple[str, str]]:
        return re.findall(r'<img class="(picture|small)[^"]*"[^>]*alt="(Første|Anden)"', page(made))

    assert shown(of_first) == [("picture", "Første"), ("small", "Anden")]
    assert shown(of_edition) == [("picture", "Anden"), ("small", "Første"), ("small", "Anden")]
    assert shown(in_full) == [("picture", "Første"), ("picture", "Anden")]
    assert "Billede: Anden" not in artifact(of_first, ".txt").decode()


@pytest.mark.parametrize(
    ("default", "lengths"), [("teasers", {"blog_nr_2": "full"}), ("full", {"blog_nr_1": "teaser"})]
)
def test_an_edition_says_of_an_article_whether_it_stands_in_full(default: Any, lengths: dict[str, Any]) -> None:
    articles = [numbered(number, blocks=(para("Bevægelse hjælper mere end hvile."),)) for number in (1, 2)]

    html = page(written(bound(*articles, lengths=lengths), replace(LAWFUL, articles=default)))

    assert html.count("Bevægelse hjælper") == 1
    assert html.index("Artikel nr. 2</h2>") < html.index("Bevægelse hjælper")


def test_an_edition_announces_events_and_opening_hours_in_html_and_text() -> None:
    visit = Event("Åben træning", date(2026, 12, 1), "kl. 16–18", "Holdsalen", "https://klinik.example/traening")
    hours = (("Mandag–torsdag", "8–18"), ("Fredag", "8–14"))
    edition = bound(numbered(1), events=(visit, Event("Ferielukket")), opening_hours=hours)

    made = written(edition)
    html, plain_text = page(made), artifact(made, ".txt").decode()

    assert codes(made) == []
    assert re.search(r'<a href="https://klinik\.example/traening"[^>]*>Åben træning</a>', html)
    assert "- Åben træning\N{NO-BREAK SPACE}[1]\n  1. december 2026 kl. 16–18 · Holdsalen\n- Ferielukket" in plain_text
    assert "[1] https://klinik.example/traening" in plain_text
    assert "Mandag–torsdag  8–18\nFredag          8–14" in plain_text
    for content in (html, plain_text):
        for words in ("Det sker", "1. december 2026 kl. 16–18 · Holdsalen", "Ferielukket", "Åbningstider", "8–14"):
            assert words in content


def test_articles_with_everything_share_a_mail_without_clashing() -> None:
    articles = [changed(everything(), id=f"blog/nr-{number}", title=f"Nr. {number}") for number in range(3)]

    assert codes(written(bound(*articles), replace(LAWFUL, articles="full"))) == []


def test_an_edition_that_gmail_would_cut_off_shortens_the_last_articles() -> None:
    articles = [numbered(number, blocks=(*long_section(number, 800), DOCTOR)) for number in range(4)]

    made = written(bound(*articles), replace(LAWFUL, articles="full"))

    shortened = [finding.source for finding in made.findings if finding.code == "newsletter-shortened"]
    assert shortened == ["sources/blog/nr-2.md", "sources/blog/nr-3.md"]
    assert page(made).count("mister følesansen") == 4
    assert set(codes(made)) == {"newsletter-shortened"}


def test_an_article_that_gmail_would_cut_off_loses_its_last_sections_but_no_warning() -> None:
    sections = [block for number in range(8) for block in long_section(number)]

    made = written(article(blocks=(*sections, header("Til sidst"), DOCTOR)))
    html = page(made)

    assert codes(made) == ["newsletter-shortened"]
    assert "Afsnit 0" in html
    assert "Til sidst" not in html
    assert "mister følesansen" in html
    assert "Læs mere<" in html


def test_an_article_is_shortened_no_more_than_needed() -> None:
    sections = [block for number in range(300) for block in long_section(number, 20)]

    made = written(article(blocks=tuple(sections)))
    part = message(made).get_body(("html",))

    assert codes(made) == ["newsletter-shortened"]
    assert part is not None
    assert 95_000 < len(str(part.get_payload())) < 102_400


def test_what_is_left_out_and_lies_nowhere_is_warned() -> None:
    made = written(bound(numbered(1, address="")))

    assert codes(made) == ["newsletter-unreachable"]


def test_an_article_too_long_for_any_mail_is_refused() -> None:
    made = written(article(blocks=(para("Bevægelse hjælper. " * 8000),)))

    assert codes(made) == ["newsletter-nonconforming"]


def test_a_link_to_a_place_that_is_left_out_leads_to_the_web() -> None:
    jump = Callout("see-doctor", (Para((Link((Str("Læs"), Str("her")), "#soevn"),)),))
    section = Header(2, words_in("Søvn"), "soevn")

    on_web = page(written(bound(numbered(1, blocks=(section, jump)))))
    nowhere = page(written(bound(numbered(1, blocks=(section, jump), address=""))))

    assert 'href="https://klinik.example/blog/ondt-i-ryggen#soevn"' in on_web
    assert "Læsher" in nowhere
    assert "#soevn" not in nowhere


def test_an_article_in_another_language_says_so() -> None:
    html = page(written(bound(numbered(1, language="en"))))

    assert re.search(r'<td class="card" lang="en"', html)


def test_an_english_article_makes_an_english_mail() -> None:
    made = written(article(language="en", title="Back pain"))

    assert codes(made) == []
    assert message(made)["Content-Language"] == "en"
    for words in ("View in browser", "View on the web", "Updated May 14, 2026", "Unsubscribe"):
        assert words in page(made)


def test_blocks_for_print_are_not_sent() -> None:
    made = written(article(blocks=(Div((para("Klip skemaet ud."),), media=("print",)), BulletList(((plain("Gå"),),)))))

    assert "Klip" not in page(made)
    assert "Klip" not in artifact(made, ".txt").decode()


def test_an_edition_is_as_new_as_its_newest_article() -> None:
    made = message(written(bound(numbered(1), numbered(2, reviewed=date(2027, 1, 5)))))

    assert made["Date"] == "Tue, 05 Jan 2027 08:00:00 +0000"


def test_a_project_may_replace_a_single_template(tmp_path: Path) -> None:
    (tmp_path / "newsletter").mkdir()
    (tmp_path / "newsletter" / "footer.html.j2").write_text("<p>{{ publisher.navn }}</p>", "utf-8")
    edition = single(article())
    own = job(newsletter, edition, options=LAWFUL)

    with pytest.raises(StyleError, match="navn"):
        newsletter.write(edition, replace(own, styles=Styles((tmp_path, packaged_styles()))))
