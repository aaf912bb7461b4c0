from __future__ import annotations

import io
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP

import pytest
from PIL import Image as Pillow

from pipeline.validation.mail import GMAIL_CLIP_BYTES, MailViolation, validate_mail

HEADERS = {"From": "Klinik Eksempel <kontakt@klinik.example>", "Subject": "Øvelser til ryggen"}
HTML = (
    '<!DOCTYPE html><html lang="da"><head><title>Ryg</title></head><body><h1>Råd til ryggen</h1>{}'
    '<p><a href="https://klinik.example/ryg">Læs mere</a></p></body></html>\n'
)
TEXT = "Råd til ryggen\n\nLæs mere: https://klinik.example/ryg\n"


def jpeg() -> bytes:
    data = io.BytesIO()
    Pillow.new("RGB", (40, 30), "white").save(data, "JPEG")
    return data.getvalue()


def letter(body: str = "", *, html: str = HTML, text: str = TEXT, picture: bytes = b"") -> bytes:
    """Return a message as it should be, but for what a test changes."""
    made = EmailMessage(policy=SMTP)
    made.set_content(text, cte="quoted-printable")
    made.add_alternative(html.replace("{}", body), subtype="html", cte="quoted-printable")
    if picture:
        page = made.get_payload(1)
        assert isinstance(page, MIMEPart)
        page.add_related(picture, "image", "jpeg", cid="<ryg@klinik.example>", filename="ryg.jpg", disposition="inline")
    for name, value in HEADERS.items():
        made[name] = value
    made["Message-ID"] = "<1@klinik.example>"
    return made.as_bytes()


def rules(faults: tuple[MailViolation, ...]) -> set[str]:
    return {fault.rule for fault in faults}


def test_a_sound_message_has_no_fault() -> None:
    assert validate_mail(letter(), HEADERS) == ()


def test_a_sound_message_with_its_picture_has_no_fault() -> None:
    data = letter('<img src="cid:ryg@klinik.example" alt="Ryg" width="20" height="15">', picture=jpeg())

    assert validate_mail(data, HEADERS) == ()


def test_lines_ended_by_a_line_feed_alone_are_named() -> None:
    faults = validate_mail(letter().replace(b"\r\n", b"\n"), HEADERS)

    assert MailViolation("line-end", "line 1 does not end in CR LF") in faults


def test_bytes_above_seven_bits_are_named() -> None:
    faults = validate_mail(letter().replace(b"R=C3=A5d", "Råd".encode()), HEADERS)

    assert "seven-bit" in rules(faults)


def test_a_line_too_long_for_mail_servers_is_named() -> None:
    faults = validate_mail(letter().replace(b"L=C3=A6s mere:", b"L" * 1200, 1), HEADERS)

    assert "line-length" in rules(faults)


def test_a_header_that_stands_twice_is_named() -> None:
    faults = validate_mail(b"Subject: Andet\r\n" + letter(), HEADERS)

    assert MailViolation("header", "subject occurs 2 times") in faults


def test_a_header_that_reads_otherwise_than_meant_is_named() -> None:
    faults = validate_mail(letter(), HEADERS | {"Subject": "Øvelser til nakken"})

    assert MailViolation("header", "Subject reads 'Øvelser til ryggen', expected 'Øvelser til nakken'") in faults


def test_a_message_without_text_part_is_named() -> None:
    made = EmailMessage(policy=SMTP)
    made.set_content(HTML.replace("{}", ""), subtype="html", cte="quoted-printable")

    assert "structure" in rules(validate_mail(made.as_bytes(), {}))


@pytest.mark.parametrize("sign", ["\x07", "\x1b", "\x85", "\u202e"])
def test_control_characters_are_named(sign: str) -> None:
    faults = validate_mail(letter(text=TEXT + f"a{sign}b\n"), HEADERS)

    assert MailViolation("control-character", f"U+{ord(sign):04X} in the text") in faults


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ('<img src="https://klinik.example/a.jpg" width="20">', "has no alt"),
        ('<img src="https://klinik.example/a.jpg" alt="">', "has no width"),
        ('<img src="http://klinik.example/a.jpg" alt="" width="20">', "neither https:"),
        ('<img src="https://klinik.example/a.jpg?to=7" alt="" width="20">', "neither https:"),
        ('<img src="data:image/png;base64,AA" alt="" width="20">', "neither https:"),
        ('<img src="cid:anden@klinik.example" alt="" width="20">', "is not in the message"),
    ],
)
def test_a_picture_that_mail_programs_would_not_show_is_named(image: str, said: str) -> None:
    faults = validate_mail(letter(image), HEADERS)

    assert [fault.rule for fault in faults] == ["picture"]
    assert said in faults[0].message


def test_a_picture_that_only_counts_readers_is_named() -> None:
    faults = validate_mail(letter('<img src="https://klinik.example/a.png" alt="" width="1" height="1">'), HEADERS)

    assert rules(faults) == {"tracking"}


def test_a_picture_that_travels_unseen_or_is_another_format_is_named() -> None:
    faults = validate_mail(letter(picture=b"RIFF....WEBP"), HEADERS)

    assert [fault.message for fault in faults] == [
        "ryg.jpg is not image/jpeg",
        "ryg@klinik.example is in the message and is not shown",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "<script>1</script>",
        '<form action="https://klinik.example/"></form>',
        '<p onclick="x()">a</p>',
        '<p style="background: url(https://klinik.example/a.png)">a</p>',
        "<style>@import 'https://klinik.example/a.css';</style>",
    ],
)
def test_what_runs_or_fetches_is_named(body: str) -> None:
    assert rules(validate_mail(letter(body), HEADERS)) == {"active"}


@pytest.mark.parametrize("address", ["javascript:x()", "/ryg", "file:///ryg", "#ingen"])
def test_a_link_that_leads_nowhere_is_named(address: str) -> None:
    assert rules(validate_mail(letter(f'<a href="{address}">her</a>'), HEADERS)) == {"link"}


def test_the_merge_tag_of_a_mailing_service_is_an_address() -> None:
    data = letter('<a href="*|UNSUB|*">Afmeld</a>', text=TEXT + "Afmeld: *|UNSUB|*\n")

    assert validate_mail(data, HEADERS, merge_tags=("*|UNSUB|*",)) == ()


def test_words_of_a_box_that_the_text_part_lacks_are_named() -> None:
    box = '<div role="note"><p>Søg læge, hvis du</p><ul><li>får feber</li></ul></div>'

    faults = validate_mail(letter(box, text=TEXT + "Søg læge,\nhvis du\n"), HEADERS)

    assert [fault.message for fault in faults] == ["'får feber' of a box is not in the text part"]


def test_headings_and_links_that_the_text_part_lacks_are_named() -> None:
    data = letter('<h2>Søvn</h2><p><a href="https://klinik.example/soevn">Søvn</a></p>')

    assert [fault.message for fault in validate_mail(data, HEADERS)] == [
        "the heading 'Søvn' is not in the text part",
        "https://klinik.example/soevn is not in the text part",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<h1>Råd</h1>", "2 headings of level 1"),
        ("<h3>Råd</h3>", "a heading of level 3 follows one of level 1"),
        ('<p id="a">1</p><p id="a">2</p>', "the id a occurs 2 times"),
    ],
)
def test_an_outline_that_listeners_get_lost_in_is_named(body: str, said: str) -> None:
    assert said in validate_mail(letter(body), HEADERS)[0].message


def test_a_document_without_language_or_title_is_named() -> None:
    html = HTML.replace(' lang="da"', "").replace("Ryg</title>", "</title>")

    assert [fault.message for fault in validate_mail(letter(html=html), HEADERS)] == [
        "no language is stated",
        "no title",
    ]


def test_html_that_gmail_would_cut_off_is_named() -> None:
    assert rules(validate_mail(letter("<p>" + "ø " * (GMAIL_CLIP_BYTES // 6) + "</p>"), HEADERS)) == {"size"}


def test_style_blocks_that_gmail_would_drop_are_named() -> None:
    style = "<style>" + ".a { color: #123456; }\n" * 500 + "</style>"

    assert rules(validate_mail(letter(html=HTML.replace("</head>", f"{style}</head>")), HEADERS)) == {"size"}
