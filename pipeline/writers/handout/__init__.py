"""The handout writer: printed patient handouts, PDF/UA-1 and PDF/A-2a in one file, or PDF/UA-2 and PDF/A-4."""

from __future__ import annotations

from pipeline.model import Edition
from pipeline.registry import error_rule, note_rule, warning_rule
from pipeline.writers import Facts, Job, Written
from pipeline.writers.handout.variants import MEDIUM, Options, print_needs

__all__ = ["Options", "facts", "facts_from", "medium", "needs", "summary", "write"]

summary = "a printable patient handout (PDF)"
medium = MEDIUM
facts_from: tuple[str, ...] = ()
needs = print_needs


@note_rule(
    "handout-variant",
    "A variant is not made, because the article lacks what it consists of.",
    "`short` of an article with neither key points nor numbered steps",
    "No action is needed; `key_points:` or a numbered list would make it possible.",
)
@error_rule(
    "pdf-nonconforming",
    "A PDF violates a rule of its standards, so it is not published.",
    "A style that places text as a picture",
    "Undo the last change to `styles/handout/`; `--allow-nonconforming` publishes it without its claims.",
)
@warning_rule(
    "pdf-allowed",
    "A PDF violates a rule of its standards; it is published without claiming them.",
    "`publish handout --allow-nonconforming`",
    "Undo the last change to `styles/handout/`, and publish without `--allow-nonconforming`.",
)
@warning_rule(
    "handout-no-advice",
    "An article does not say when to see a doctor, and the standard box is in another language.",
    '`see_doctor = ["du får feber"]`, and an article in English',
    'Give the lines by language: `see_doctor = {da = ["…"], en = ["…"]}`.',
)
@warning_rule(
    "handout-logo-missing",
    "A handout cannot show the logo, so the publisher's name is printed instead; or a part of it is not shown.",
    '`logo = "logo.pdf"`',
    "Put the logo into `styles/` as SVG, PNG or JPEG, and name it in `publish.toml`.",
)
@note_rule(
    "handout-no-address",
    "The article has no web address, so its handout has no QR code.",
    "No `website` in `publish.toml`",
    "Give `publish.toml` a `website`, or the article a `url:`.",
)
@warning_rule(
    "handout-too-long",
    'An article does not fit both sides of one sheet, as `fit = "sheet"` asks.',
    "An article of 1,500 words",
    "Shorten it by what the message says, or use the variant `short`.",
)
@warning_rule(
    "handout-layout",
    "WeasyPrint logged a warning about the style or the article.",
    "A property in `handout.css` that it does not know",
    "Read the message; it usually names the rule of the style sheet.",
)
@warning_rule(
    "handout-drawing-left-out",
    "A drawing whose text could not be read on paper, smaller than 7 pt or too pale, is left out; its text alternative "
    "is printed.",
    "A poster with 20 lines of text, saved as one picture; white letters on yellow",
    "Draw it again with larger or darker text, or say in its text alternative what it says.",
    aliases=("handout-lettering-small",),
)
@note_rule(
    "handout-drawing-darkened",
    "Letters in a drawing are too pale on white for a printer without colours (below 3:1); they are printed darker.",
    "Yellow headings on a white poster",
    "Draw it again with darker letters.",
)
@warning_rule(
    "handout-page-empty",
    "More than half of a page is empty, because the next block cannot be split.",
    "A tall picture after a few lines",
    "Move the picture, or crop it to a lower height.",
)
@warning_rule(
    "handout-lines-lonely",
    "The last page has hardly a line of text.",
    "A paragraph that ends two lines into page 3",
    'Shorten the article by a few lines, or set `fit = "sheet"`.',
)
def write(edition: Edition, job: Job) -> Written:
    """Print the edition in the variants asked for; if one violates its standards, no file is returned.

    Raises:
        MissingCharacterError: The font lacks a character, and another font of this machine would replace it.
        StyleError: A template, style sheet or word is broken, or the style loads an external file.
    """
    from pipeline.writers.handout import pdf_output  # late, since WeasyPrint and pikepdf are slow to import

    return pdf_output.write_handout(edition, job)


def facts(edition: Edition, job: Job) -> Facts:
    """Lay the standard variant out, without drawing it, and return its page numbers for other formats."""
    from pipeline.writers.handout import pdf_output

    return pdf_output.standard_facts(edition, job)
