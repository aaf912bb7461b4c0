"""The handout writer: printed patient handouts, PDF/UA-1 and PDF/A-2a in one file, or PDF/UA-2 and PDF/A-4."""

from __future__ import annotations

from pipeline.model import Edition
from pipeline.writers import Facts, Job, Need, Written
from pipeline.writers.handout.options import Options
from pipeline.writers.handout.variants import MEDIUM, print_needs

__all__ = ["Options", "facts", "facts_from", "medium", "needs", "summary", "write"]

summary = "a printable patient handout (PDF)"
medium = MEDIUM
facts_from: tuple[str, ...] = ()


def needs(edition: Edition, options: Options) -> tuple[Need, ...]:
    """Return the pictures at 200 dpi for the widths they are printed at."""
    return print_needs(edition, options)


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
