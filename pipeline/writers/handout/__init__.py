"""The handout writer: a printed PDF for patients, PDF/UA-1 and PDF/A-2a in one file."""

from __future__ import annotations

from pipeline.config import FILE_NAME
from pipeline.findings import Finding, make_finding
from pipeline.model import Edition
from pipeline.registry import error_rule, note_rule, warning_rule
from pipeline.rendering.imposition import DocumentInfo
from pipeline.rendering.markup import TITLE, anchor, chapter_prefix
from pipeline.rendering.pdf_raster import render_thumbnail
from pipeline.writers import Artifact, Facts, Job, Need, Written
from pipeline.writers.handout import print_html
from pipeline.writers.handout.excerpt import VariantDoesNotApply
from pipeline.writers.handout.layout_search import LaidOutVariant, lay_out_variant
from pipeline.writers.handout.missing_characters import MissingCharacterError, find_substitutions
from pipeline.writers.handout.options import Options
from pipeline.writers.handout.pdf_output import render_pdf
from pipeline.writers.handout.print_markup import MEDIUM
from pipeline.writers.handout.variants import IMPOSED_VARIANTS, STANDARD_VARIANT, variants_to_draw

__all__ = ["MissingCharacterError", "Options", "facts", "facts_from", "medium", "needs", "summary", "write"]

summary = "a printable patient handout (PDF)"
medium = MEDIUM
facts_from: tuple[str, ...] = ()


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return the pictures at 200 dpi for the widths they are printed at."""
    return print_html.print_needs(edition, options)


@note_rule(
    "handout-variant",
    "A variant that was asked for does not suit this article, so it was not made.",
    "`short` of an article with neither key points nor numbered steps",
    "Nothing need be done; `key_points:` or a numbered list would make it possible.",
)
def write(edition: Edition, job: Job) -> Written:
    """Print the edition in the variants asked for; if one breaks a rule of its standards, nothing is handed over.

    Raises:
        MissingCharacterError: The font lacks a character: another font of this machine would step in.
        StyleError: A template, style sheet or word is broken, or the style loads something from outside.
    """
    signs, findings = find_substitutions(edition)
    remarks = [*findings, *_content_findings(edition, job)]
    printed: dict[str, Artifact] = {}
    learnt = Facts()
    to_draw = variants_to_draw(job.options.variants)
    for name in dict.fromkeys((STANDARD_VARIANT, *to_draw)):
        try:
            composed = lay_out_variant(edition, job, name, signs)
        except VariantDoesNotApply as why:
            remarks.append(make_finding("handout-variant", edition.front.source, 0, f"no {name}: {why}"))
            continue
        if name == STANDARD_VARIANT:
            learnt = composed.facts
        if name in to_draw:
            printed[name], more = _render_variant(edition, name, composed, job.options)
            remarks += more
    if any(remark.severity == "error" for remark in remarks):
        return Written((), tuple(remarks))
    # The standard one first: its first page is what a gallery shows.
    asked = sorted(job.options.variants, key=lambda name: name != STANDARD_VARIANT)
    artifacts = tuple(
        artifact for name in asked if (artifact := _impose_variant(edition, name, printed, job)) is not None
    )
    if artifacts:
        artifacts += (Artifact(f"{artifacts[0].name.removesuffix('.pdf')}.png", render_thumbnail(artifacts[0].data)),)
    return Written(artifacts, tuple(remarks), learnt)


def facts(edition: Edition, job: Job) -> Facts:
    """Lay the standard variant out, without drawing it, and return what other formats build on."""
    signs, _ = find_substitutions(edition)
    return lay_out_variant(edition, job, STANDARD_VARIANT, signs).facts


@error_rule(
    "pdf-nonconforming",
    "A PDF breaks a rule of the standards it is to keep, so it is not published.",
    "A style that places text as a picture",
    "Undo the last change to `styles/handout/`; `--allow-nonconforming` publishes it without its claims.",
)
@warning_rule(
    "pdf-allowed",
    "A PDF breaks a rule of its standards; it was published all the same, and claims none of them.",
    "`publish handout --allow-nonconforming`",
    "Undo the last change to `styles/handout/`, and publish without `--allow-nonconforming`.",
)
def _render_variant(
    edition: Edition, name: str, composed: LaidOutVariant, options: Options
) -> tuple[Artifact, list[Finding]]:
    """Return a variant as a file, and what was found of it."""
    drawn = render_pdf(composed.layout, options.standard)
    lines = _block_positions(edition) if drawn.faults else {}
    code = "pdf-allowed" if options.allow_nonconforming else "pdf-nonconforming"
    faults = []
    for fault, place in drawn.faults:
        source, line = lines.get(place, (edition.front.source, 0))
        element = f" at {fault.element}" if fault.element else ""
        faults.append(make_finding(code, source, line, f"{name}: rule {fault.rule}{element}: {fault.message}"))
    remarks = [
        make_finding("handout-layout", edition.front.source, 0, f"WeasyPrint says: {line}") for line in drawn.messages
    ]
    artifact = Artifact(variant_file_name(edition, name), drawn.data, composed.layout.pages)
    return artifact, [*faults, *composed.findings, *remarks]


def _block_positions(edition: Edition) -> dict[str, tuple[str, int]]:
    """Return source and line of each block by the id that it has on the sheet; of a title, the head of the source."""
    lines: dict[str, tuple[str, int]] = {}
    for article in dict.fromkeys((edition.front, *edition.articles)):
        prefix = chapter_prefix(edition, article)
        lines[prefix + TITLE] = article.source, 1
        lines |= {
            anchor(prefix, number, block): (article.source, block.line)
            for number, block in enumerate(article.blocks, 1)
        }
    return lines


def _impose_variant(edition: Edition, name: str, printed: dict[str, Artifact], job: Job) -> Artifact | None:
    """Return a variant as it is handed over, its pages arranged for the copier where that is what it is for."""
    if name not in IMPOSED_VARIANTS:
        return printed.get(name)
    imposed = IMPOSED_VARIANTS[name]
    pages = printed.get(imposed.of)
    if pages is None:
        return None
    label = DocumentInfo(edition.front.title, job.words[imposed.note], edition.front.language)
    return Artifact(variant_file_name(edition, name), imposed.impose(pages.data, label), pages.pages)


def variant_file_name(edition: Edition, variant: str) -> str:
    """Return the name of a variant's file: the standard one's is the bare id."""
    return f"{edition.id}.pdf" if variant == STANDARD_VARIANT else f"{edition.id}.{variant}.pdf"


@warning_rule(
    "handout-no-advice",
    "An article does not say when to see a doctor, and the standard box is in another language.",
    '`see_doctor = ["du får feber"]`, and an article in English',
    'Give the lines by language: `see_doctor = {da = ["…"], en = ["…"]}`.',
)
@warning_rule(
    "handout-logo-missing",
    "A sheet cannot show the logo; the publisher's name stands in its place.",
    '`logo = "logo.pdf"`',
    "Lay the logo into `styles/` as SVG, PNG or JPEG, and name it in `publish.toml`.",
)
@note_rule(
    "handout-no-address",
    "The article has no web address, so its handout has no QR code.",
    "No `website` in `publish.toml`",
    "Give `publish.toml` a `website`, or the article a `url:`.",
)
def _content_findings(edition: Edition, job: Job) -> list[Finding]:
    remarks = []
    last = edition.articles[-1]
    if (
        job.options.see_doctor
        and print_html.lacks_see_doctor(last)
        and not print_html.default_see_doctor_lines(edition, job)
    ):
        problem = f"[handout] see_doctor has no lines in {last.language!r}, so this handout has no such box"
        remarks.append(make_finding("handout-no-advice", last.source, 0, problem))
    if job.publisher.logo and not print_html.find_print_logo(job):
        problem = f"[publisher] logo is {job.publisher.logo!r}: no whole SVG, PNG or JPEG below styles/"
        remarks.append(make_finding("handout-logo-missing", FILE_NAME, 0, problem))
    if job.options.qr_code and not edition.front.address:
        remarks.append(
            make_finding(
                "handout-no-address", edition.front.source, 0, "no web address is known, so no QR code is printed"
            )
        )
    return remarks
