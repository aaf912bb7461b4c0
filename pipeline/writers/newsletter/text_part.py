"""The plain text part of a mail, with the same headings, words, warnings and links as the HTML part."""

from __future__ import annotations

from pipeline.model import Edition
from pipeline.rendering.text import WIDTH, TextRenderer
from pipeline.writers import Job
from pipeline.writers.newsletter.footer import Footer, footer_of
from pipeline.writers.newsletter.html_part import (
    MEDIUM,
    contents_by_part,
    dates_line,
    download_links,
    link_resolver,
    part_titles,
    read_more_buttons,
)
from pipeline.writers.newsletter.sections import MailSection, announcements_of


def render_text(edition: Edition, sections: tuple[MailSection, ...], job: Job) -> str:
    """Return the whole text, its lines ended by a line feed."""
    renderer = TextRenderer(job.words, medium=MEDIUM)
    pieces = [piece for section in sections for piece in section_text(edition, section, job, renderer)]
    renderer.address = str
    pieces += (
        renderer.heading(heading, 2) + "\n\n" + renderer.blocks(blocks)
        for heading, blocks in announcements_of(edition.front, job.words)
    )
    pieces += [renderer.notes(), renderer.links()]
    footer = footer_of(job.publisher, job.options, job.words)
    pieces.append("-" * WIDTH + "\n" + footer_text(footer, job.publisher.name, renderer))
    return "\n\n\n".join(filter(None, pieces)) + "\n"


def section_text(edition: Edition, section: MailSection, job: Job, renderer: TextRenderer) -> tuple[str, ...]:
    """Return opening, body and ending of a section."""
    article, words = section.article, job.words
    is_front = article.id == edition.id
    level = 1 if is_front else 2
    renderer.depth = level - 1
    renderer.address = link_resolver(section)
    opening = [
        renderer.paragraph("" if is_front else part_titles(edition).get(article.id, "")),
        renderer.heading(article.title, level),
        renderer.paragraph(dates_line(article, words)) if not section.is_teaser else "",
        renderer.blocks((section.hero,)) if section.hero else "",
        renderer.paragraph(section.lead),
    ]
    key_points = article.meta.key_points if not section.is_teaser else ()
    if key_points:
        opening += [renderer.paragraph(words["callout_key_points"]), renderer.bullets(key_points)]
    body = renderer.blocks(section.blocks)
    ending = []
    if edition.is_bound and is_front:
        ending += [
            renderer.heading(words["newsletter_contents"], 2),
            *(
                line
                for title, entries in contents_by_part(edition)
                for line in (renderer.paragraph(title), renderer.bullets(entry.title for entry in entries))
            ),
            f"{words['newsletter_browser']}: {article.address}" if article.address else "",
        ]
    else:
        ending += [f"{more.words}: {more.address}" for more in read_more_buttons(section, words, is_alone=is_front)]
    if is_front:
        ending += [f"{file.title}: {file.address}" for file in download_links(article, job)]
    if section.is_whole and article.meta.related:
        related = (f"{entry.title}: {entry.address}" for entry in article.meta.related)
        ending += [renderer.heading(words["newsletter_related"], level + 1), renderer.bullets(related)]
    return "\n\n".join(filter(None, opening)), body, "\n\n".join(filter(None, ending))


def footer_text(footer: Footer, name: str, renderer: TextRenderer) -> str:
    """Return the footer with the addresses of its links in full."""
    lines = "\n".join(filter(None, (name, *(line.words for line in footer.lines))))
    links = "\n".join(f"{link.words}: {link.address}" for link in footer.links)
    return "\n\n".join(filter(None, (lines, renderer.paragraph(footer.reason), links)))
