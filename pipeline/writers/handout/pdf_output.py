"""Writes the PDF files of a handout: every variant laid out, drawn, tagged anew, validated, and imposed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from pipeline.config import FILE_NAME
from pipeline.errors import PublishError
from pipeline.findings import Finding, make_finding
from pipeline.model import Edition
from pipeline.rendering.imposition import PAGES_PER_BOOKLET_SHEET, DocumentInfo
from pipeline.rendering.markup import TITLE, anchor, chapter_prefix
from pipeline.rendering.pdf_layout import Layout, draw_pdf
from pipeline.rendering.pdf_raster import render_thumbnail
from pipeline.rendering.programme import as_programme
from pipeline.rendering.standard_advice import says_when, standard_lines
from pipeline.validation.pdf import PdfViolation, validate_pdf, validate_pdf_ua2
from pipeline.validation.pdf_metadata import Standard, remove_claims
from pipeline.validation.pdf_tags import retag, traced_elements
from pipeline.writers import Artifact, Facts, Job, Written
from pipeline.writers.handout.back_cover import back_cover
from pipeline.writers.handout.cards import card_starts, lay_out_cards
from pipeline.writers.handout.excerpt import VariantDoesNotApply
from pipeline.writers.handout.layout_search import LaidOutVariant, lay_out_variant
from pipeline.writers.handout.missing_characters import Substitutions, find_substitutions
from pipeline.writers.handout.print_edit import edit_for_paper
from pipeline.writers.handout.variants import IMPOSED_VARIANTS, STANDARD_VARIANT, VARIANTS, Options, variants_to_draw
from pipeline.writers.logo import find_logo, lost_logo_parts

_ALLOWED_FONTS = frozenset({"Handout-Sans"})
"""The font family of `styles/handout/handout.css`, as the PDF spells it."""


def write_handout(edition: Edition, job: Job) -> Written:
    """Print the edition in the variants asked for.

    A variant that violates its standards or cannot be drawn is left out, and its error is among the findings; the
    others are returned, unless it is the standard variant: then no file is.
    """
    programme = as_programme(edition)
    edition, findings = edit_for_paper(programme.edition, job.options)
    substitutions, replaced = find_substitutions(edition)
    findings = (*programme.findings, *findings, *replaced, *_content_findings(edition, job))
    drawn: dict[str, tuple[Artifact, Facts]] = {}
    facts = Facts()
    to_draw = variants_to_draw(job.options.variants)
    for name in dict.fromkeys((STANDARD_VARIANT, *to_draw)):
        made, more, own_facts = _make_variant(edition, job, name, substitutions, is_drawn=name in to_draw)
        findings += more
        if name == STANDARD_VARIANT:
            facts = own_facts
        if made and not _has_error(more):
            drawn[name] = made, own_facts
        elif name == STANDARD_VARIANT and _has_error(more):
            return Written((), findings)
    # The standard variant comes first: its first page becomes the thumbnail.
    asked = sorted(job.options.variants, key=lambda name: name != STANDARD_VARIANT)
    artifacts = tuple(filter(None, (_impose_variant(edition, name, drawn, job, substitutions) for name in asked)))
    if artifacts:
        artifacts += (Artifact(f"{artifacts[0].name.removesuffix('.pdf')}.png", render_thumbnail(artifacts[0].data)),)
    return Written(artifacts, findings, facts, is_partial=bool(artifacts) and _has_error(findings))


def _has_error(findings: Iterable[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _make_variant(
    edition: Edition, job: Job, name: str, substitutions: Substitutions, *, is_drawn: bool
) -> tuple[Artifact | None, tuple[Finding, ...], Facts]:
    """Return the file of a variant where it is to be drawn, its findings and its facts.

    Raises:
        PublishError: The standard variant cannot be made. Of another one, this becomes a finding.
    """
    source = edition.front.source
    lay_out = lay_out_cards if VARIANTS[name].content == "card" else lay_out_variant
    try:
        variant = lay_out(edition, job, name, substitutions)
    except VariantDoesNotApply as why:
        return None, (make_finding("handout-variant", source, 0, f"no {name}: {why}"),), Facts()
    except PublishError as error:
        if name == STANDARD_VARIANT:
            raise
        message = f"no {name}: {error.message}"
        return None, (make_finding(error.code, error.source or source, error.line, message, error.hint),), Facts()
    made, findings = _draw_variant(edition, name, variant, job.options) if is_drawn else (None, ())
    return made, findings, variant.facts


def standard_facts(edition: Edition, job: Job) -> Facts:
    """Return the page numbers of the standard variant, without drawing it."""
    edition, _ = edit_for_paper(as_programme(edition).edition, job.options)
    return lay_out_variant(edition, job, STANDARD_VARIANT, find_substitutions(edition)[0]).facts


def _draw_variant(
    edition: Edition, name: str, variant: LaidOutVariant, options: Options
) -> tuple[Artifact, tuple[Finding, ...]]:
    drawn = render_pdf(variant.layout, options.standard)
    sources = _block_positions(edition) if drawn.violations else {}
    code = "pdf-allowed" if options.allow_nonconforming else "pdf-nonconforming"
    findings = []
    for violation, id_ in drawn.violations:
        source, line = sources.get(id_, (edition.front.source, 0))
        element = f" at {violation.element}" if violation.element else ""
        message = f"{name}: rule {violation.rule}{element}: {violation.message}"
        findings.append(make_finding(code, source, line, message))
    findings += variant.findings
    findings += (
        make_finding("handout-layout", edition.front.source, 0, f"WeasyPrint says: {line}") for line in drawn.messages
    )
    return Artifact(variant_file_name(edition, name), drawn.data, variant.layout.pages), tuple(findings)


def _block_positions(edition: Edition) -> dict[str, tuple[str, int]]:
    """Return source and line of each block by its id in the PDF; of a title, line 1."""
    positions: dict[str, tuple[str, int]] = {}
    for article in dict.fromkeys((edition.front, *edition.articles)):
        prefix = chapter_prefix(edition, article)
        positions[prefix + TITLE] = article.source, 1
        for number, block in enumerate(article.blocks, 1):
            positions[anchor(prefix, number, block)] = article.source, block.line
    return positions


def _impose_variant(
    edition: Edition, name: str, drawn: Mapping[str, tuple[Artifact, Facts]], job: Job, substitutions: Substitutions
) -> Artifact | None:
    """Return the file of a variant; a booklet, and cards to cut, are imposed from another variant."""
    imposed = IMPOSED_VARIANTS.get(name)
    if (found := drawn.get(imposed.of if imposed else name)) is None:
        return None
    pages, facts = found
    if imposed is None:
        return pages
    has_blank_back = imposed.has_back_cover and pages.pages % PAGES_PER_BOOKLET_SHEET
    back = back_cover(edition, job, facts, substitutions) if has_blank_back else b""
    info = DocumentInfo(edition.front.title, job.words[imposed.note], edition.front.language)
    data = imposed.impose(pages.data, info, card_starts(facts), back)
    return Artifact(variant_file_name(edition, name), data, pages.pages)


def variant_file_name(edition: Edition, variant: str) -> str:
    """Return the file name of a variant; the standard variant has no suffix."""
    return f"{edition.id}.pdf" if variant == STANDARD_VARIANT else f"{edition.id}.{variant}.pdf"


def _content_findings(edition: Edition, job: Job) -> Iterator[Finding]:
    for article in edition.articles:
        if job.publisher.see_doctor and not says_when(article) and standard_lines(article, job.publisher) is None:
            message = f"see_doctor has no lines in {article.language!r}, so this handout has no such box"
            yield make_finding("handout-no-advice", article.source, 0, message)
    if job.publisher.logo and not find_logo(job.publisher.logo, job.styles):
        message = f"[publisher] logo is {job.publisher.logo!r}: no whole SVG, PNG or JPEG below styles/"
        yield make_finding("handout-logo-missing", FILE_NAME, 0, message)
    elif lost := lost_logo_parts(job.publisher.logo, job.styles):
        message = f"[publisher] logo: this part of {job.publisher.logo!r} is not shown: {'; '.join(lost)}"
        yield make_finding("handout-logo-missing", FILE_NAME, 0, message)
    if job.options.qr_code and not edition.front.address:
        yield make_finding(
            "handout-no-address", edition.front.source, 0, "no web address is known, so no QR code is printed"
        )


# ---- one PDF


@dataclass(frozen=True, slots=True)
class PdfOutput:
    data: bytes
    violations: tuple[tuple[PdfViolation, str], ...]
    """Each with the id of the enclosing block; empty: none."""
    messages: tuple[str, ...]
    """What WeasyPrint logged."""


def render_pdf(layout: Layout, standard: Standard) -> PdfOutput:
    """Draw a layout, rebuild its structure tree, and validate the file; one with violations claims no standard."""
    drawn, messages = draw_pdf(layout)
    data = retag(drawn, layout.root)
    violations = _locate_violations(validate_pdf(data, _ALLOWED_FONTS), drawn, layout.root, "ua-1")
    if standard == "ua-2":
        data = retag(drawn, layout.root, standard)
        violations += _locate_violations(validate_pdf_ua2(data), drawn, layout.root, standard)
    return PdfOutput(remove_claims(data) if violations else data, tuple(dict.fromkeys(violations)), messages)


def _locate_violations(
    violations: tuple[PdfViolation, ...], drawn: bytes, root: Element, standard: Standard
) -> tuple[tuple[PdfViolation, str], ...]:
    """Return each violation with the id of its enclosing block, found through a second, traced file."""
    if not violations:
        return ()
    element_of = traced_elements(retag(drawn, root, standard, is_traced=True))
    ids = _enclosing_ids(root)
    return tuple((replace(each, object=0), ids[element_of.get(each.object, 0)]) for each in violations)


def _enclosing_ids(root: Element) -> tuple[str, ...]:
    """Return for each element, in document order, its own id or that of its nearest ancestor with one."""
    nearest = {id(root): ""}
    for element in root.iter():
        own = element.get("id") or nearest[id(element)]
        nearest[id(element)] = own
        nearest.update(dict.fromkeys(map(id, element), own))
    return tuple(nearest[id(element)] for element in root.iter())
