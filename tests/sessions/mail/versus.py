"""Side by side with MJML: an article and two digests, by this project's writer and with MJML's own components."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from markupsafe import Markup, escape

from pipeline.config import Config, load_config
from pipeline.model import Article, Edition, Figure, Header
from pipeline.pictures.image_files import TargetSize, resize_image
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.rendering.markup import TITLE, MarkupRenderer, Placed, chapter_prefix
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import load_words
from pipeline.writers import Job, Need, Rendition, installed_writers, newsletter
from pipeline.writers.newsletter.footer import footer_of
from pipeline.writers.newsletter.mail_images import ImageRegistry, find_mail_logo, place_logo
from pipeline.writers.newsletter.parts import contents_by_part, dates_line, read_more
from pipeline.writers.newsletter.sections import MailSection, sections_of
from tests.sessions.mail.browsing import browse
from tests.sessions.mail.judging import caniemail, run
from tests.sessions.mail.projects import REPOSITORY, Mail

ARTICLE, DIGEST = "blog/soevn-og-smerter", "editions/smerter-og-soevn"
MAILS: tuple[tuple[str, str, Literal["teaser", "full"]], ...] = (
    ("article", ARTICLE, "full"),
    ("digest of teasers", DIGEST, "teaser"),
    ("digest in full", DIGEST, "full"),
)
DOCUMENT = REPOSITORY / "docs" / "newsletter.md"
ROUNDS = 7
BEGIN, END = "<!-- written by `nox -s mail -- --update` -->", "<!-- end -->"
_SEAM = re.compile(r"</mj-text>\s*<mj-text [^>]*>")
_EMPTY = re.compile(r"<mj-section>\s*<mj-column>\s*</mj-column>\s*</mj-section>")
_CALLOUT = re.compile(r'<aside class="callout [a-z-]+" role="note">(.*?)</aside>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Contender:
    """What was measured of one way to write the mail."""

    name: str
    html_bytes: int
    issues: int
    """Features that a client lacks, counted once for each client."""
    violations: int
    """Of axe's rules, over all dresses and widths, once for each element."""
    overflows: int
    milliseconds: float


def contest(scratch: Path, judges: Path, chromium: str) -> tuple[Contender, ...]:
    """Return what was measured of this project and of MJML, for each of the mails."""
    return tuple(
        entry
        for what, id_, length in MAILS
        for entry in _pair(what, *prepared(id_, length), scratch / what.replace(" ", "-"), judges, chromium)
    )


def _pair(what: str, edition: Edition, job: Job, scratch: Path, judges: Path, chromium: str) -> tuple[Contender, ...]:
    made = newsletter.write(edition, job)
    for artifact in made.artifacts:
        path = scratch / "ours" / artifact.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(artifact.data)
    ours = Mail(f"this project, {what}", edition.id, scratch / "ours")
    theirs = Mail(f"MJML 5, {what}", f"{edition.id}.mjml", scratch / "ours")
    source = scratch / "source.mjml"
    source.write_text(as_mjml(edition, job), "utf-8")
    milliseconds = float(run("node", "versus.mjs", str(source), str(theirs.html), cwd=judges))
    return (
        measured(ours, timed(edition, job), judges, chromium, scratch),
        measured(theirs, milliseconds, judges, chromium, scratch),
    )


def measured(mail: Mail, milliseconds: float, judges: Path, chromium: str, scratch: Path) -> Contender:
    """Return the figures of one HTML file."""
    issues = caniemail((mail,), judges)
    axe = judges / "node_modules" / "axe-core" / "axe.min.js"
    remarks = [remark for seen in browse((mail,), axe, chromium, scratch) for remark in seen.remarks]
    return Contender(
        mail.project,
        len(mail.html.read_bytes()),
        len(issues),
        sum(remark.judge == "axe" for remark in remarks),
        sum(remark.judge == "overflow" for remark in remarks),
        milliseconds,
    )


def timed(edition: Edition, job: Job) -> float:
    """Return how many milliseconds the writer takes: HTML, text and message together; the median."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        newsletter.write(edition, job)
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def prepared(id_: str, length: Literal["teaser", "full"]) -> tuple[Edition, Job]:
    """Return a mail of this repository's samples, and all that its writer needs."""
    config = load_config(REPOSITORY, installed_writers())
    articles = read_samples(config)
    front = articles[id_]
    listed = [entry.id for entry in front.meta.listed] or [id_]
    edition = Edition(front, tuple(articles[each] for each in listed))
    table = config.formats["newsletter"]
    options = newsletter.Options(reason=str(table["reason"]), unsubscribe=str(table["unsubscribe"]), articles=length)
    styles = find_styles(REPOSITORY)
    pictures = {need: made(need) for need in newsletter.needs(edition, options)}
    return edition, Job(config.publisher, options, styles, load_words(styles, front.language), pictures)


def read_samples(config: Config) -> dict[str, Article]:
    """Return the articles by id, normalised."""
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    results = read_articles(sources, config, roots, {source.path: source.id for source in sources})
    return {result.article.id: result.article for result in results if result.article}


def made(need: Need) -> Rendition:
    """Return a picture in the size that a writer needs."""
    size = TargetSize(need.width_px, need.max_bytes)
    shrunk = resize_image((REPOSITORY / need.picture.path).read_bytes(), [size])[size]
    return Rendition(shrunk.data, shrunk.media_type, shrunk.width_px, shrunk.height_px)


# ---- MJML


def as_mjml(edition: Edition, job: Job) -> str:
    """Return a mail with MJML's components: the same words, pictures, boxes, buttons and footer."""
    front = edition.front
    gallery = ImageRegistry(job.pictures, lambda name: f"../pictures/{name}")
    logo = find_mail_logo(job.styles, job.publisher.logo)
    pieces = [image(place_logo(gallery, logo), job.publisher.name, align="left") if logo else Markup("")]
    for section in sections_of(edition, job.options):
        pieces += _section(edition, section, job, gallery)
    footer = footer_of(job.publisher, job.options, job.words)
    lines = [Markup("<b>{}</b>").format(job.publisher.name)]
    lines += [
        Markup('<a href="{}">{}</a>').format(line.address, line.words) if line.address else escape(line.words)
        for line in (*footer.lines, *footer.links)
    ]
    pieces.append(text(paragraph(footer.reason) + Markup("<p>{}</p>").format(Markup("<br/>").join(lines))))
    return str(
        Markup(
            '<mjml lang="{}"><mj-head><mj-title>{}</mj-title><mj-preview>{}</mj-preview></mj-head>'
            "<mj-body><mj-section><mj-column>\n{}\n</mj-column></mj-section></mj-body></mjml>"
        ).format(front.language, front.title, front.description, joined(pieces))
    )


def _section(edition: Edition, section: MailSection, job: Job, gallery: ImageRegistry) -> Iterator[Markup]:
    """Yield the components of one article, of a teaser, or of the introduction of a digest."""
    article, prefix = section.article, chapter_prefix(edition, section.article)
    depth = int(article.id != edition.id)
    renderer = MarkupRenderer(job.words, gallery.place, medium=newsletter.medium, prefix=prefix)
    yield text(Markup('<h{0} id="{1}">{2}</h{0}>').format(1 + depth, prefix + TITLE, article.title))
    small = gallery.place_thumbnail(section.thumbnail.picture) if section.thumbnail else None
    if small and section.thumbnail:
        yield image(small, section.thumbnail.alt, align="left")
    if not section.is_teaser:
        yield text(paragraph(dates_line(article, job.words)))
    if section.hero:
        yield from figure(section.hero, gallery, renderer)
    yield text(Markup("<p><em>{}</em></p>").format(section.lead)) if section.lead else Markup("")
    if article.meta.key_points and not section.is_teaser:
        items = Markup("").join(Markup("<li>{}</li>").format(point) for point in article.meta.key_points)
        yield box(Markup("<p><b>{}</b></p><ul>{}</ul>").format(job.words["callout_key_points"], items))
    for block in section.blocks:
        if isinstance(block, Figure):
            yield from figure(block, gallery, renderer)
            continue
        markup = renderer.block(replace(block, level=block.level + depth) if isinstance(block, Header) else block)
        callout = _CALLOUT.fullmatch(markup)
        yield box(Markup(callout[1])) if callout else text(markup)  # noqa: S704  # rendered above
    yield text(renderer.notes())
    if edition.is_bound and not depth:
        entries = (entry for _, part in contents_by_part(edition) for entry in part)
        links = (Markup('<li><a href="{}">{}</a></li>').format(entry.address, entry.title) for entry in entries)
        yield text(Markup("<h2>{}</h2><ul>{}</ul>").format(job.words["newsletter_contents"], Markup("").join(links)))
    elif more := read_more(section, job.words):
        link = Markup('<a href="{}">{}</a>').format(more.address, more.words)
        yield _button(more.address, more.words) if more.is_button else text(Markup("<p>{}</p>").format(link))


def _button(address: str, words: str) -> Markup:
    return Markup('</mj-column></mj-section><mj-section><mj-column><mj-button href="{}">{}</mj-button>').format(
        address, words
    )


def text(markup: Markup) -> Markup:
    """Return words as large as this project writes them."""
    return Markup('<mj-text font-size="18px" line-height="28px">{}</mj-text>').format(markup) if markup else markup


def paragraph(words: str) -> Markup:
    return Markup("<p>{}</p>").format(words) if words else Markup("")


def box(markup: Markup) -> Markup:
    """Return a box: a section of its own with a ground, MJML's way to draw one."""
    return Markup(
        '</mj-column></mj-section><mj-section background-color="#e8f0f2"><mj-column>{}</mj-column></mj-section>'
        "<mj-section><mj-column>"
    ).format(text(markup))


def figure(block: Figure, gallery: ImageRegistry, renderer: MarkupRenderer) -> list[Markup]:
    """Return a picture, and its caption below it."""
    placed = gallery.place(block.image.picture)
    if placed is None:
        return []
    caption = text(Markup("<p>{}</p>").format(renderer.inlines(block.caption))) if block.caption else Markup("")
    return [image(placed, block.image.alt, align="center"), caption]


def image(placed: Placed, alt: str, *, align: str) -> Markup:
    return Markup('<mj-image src="{}" alt="{}" width="{}px" align="{}" />').format(
        placed.src, alt, placed.width_px, align
    )


def joined(pieces: Iterable[Markup]) -> Markup:
    """Return components, a line each; texts that follow each other are one, and sections that hold nothing none."""
    body = Markup("\n").join(piece for piece in pieces if piece)
    body = Markup(_SEAM.sub("\n", body))  # noqa: S704  # made above
    return Markup(_EMPTY.sub("", body))  # noqa: S704  # made above


# ---- the table


def as_table(contenders: Iterable[Contender]) -> str:
    """Return the figures as a table of Markdown; the times are those of one machine, and only for comparison."""
    rows = [
        f"| {entry.name} | {entry.html_bytes:,} | {entry.issues} | {entry.violations} | {entry.overflows} "
        f"| {entry.milliseconds:.0f} |"
        for entry in contenders
    ]
    return "\n".join(
        (
            "| | bytes of HTML | features that a client lacks | axe violations | overflows | ms |",
            "|---|--:|--:|--:|--:|--:|",
            *rows,
        )
    )


def documented(table: str) -> bool:
    """Say whether the document shows this table, the times aside."""
    kept = DOCUMENT.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    return without_times(kept.strip()) == without_times(table)


def document(table: str) -> None:
    """Write the table into the document."""
    head, _, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    DOCUMENT.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", "utf-8", newline="\n")


def without_times(table: str) -> list[str]:
    return [line.rpartition("|")[0].rpartition("|")[0] for line in table.splitlines()]
