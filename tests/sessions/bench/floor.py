"""The least that a project's files cost: the work of the libraries alone, apart from the pipeline's flow.

Each picture is decoded once and written in its sizes, all articles go through one pandoc, ready HTML is laid out and
drawn once, its structure repaired and judged, and an e-book packed. In one process; processor time is what counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline import config
from pipeline.pictures.image_files import TargetSize, resize_image
from pipeline.reading.editions import build_edition
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.rendering.pdf_layout import draw_pdf
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import Words, load_words
from pipeline.validation import pdf
from pipeline.validation.pdf_tags import retag
from pipeline.writers import Facts, Job, Need, Rendition, installed_writers, load_writer
from pipeline.writers.handout import print_html
from pipeline.writers.handout.missing_characters import find_substitutions
from pipeline.writers.handout.variants import STANDARD_VARIANT, VARIANTS, candidate_settings


def main(folder: Path, out: Path) -> None:
    project = config.load_config(folder, installed_writers())
    roots = find_roots(project)
    sources = find_sources(project, roots).sources
    articles = [
        item.article for item in read_articles(sources, project, roots, {s.path: s.id for s in sources}) if item.article
    ]
    writers = {name: load_writer(name) for name in ("handout", "epub", "newsletter")}
    options = {name: config.format_options(project, name, writer.Options) for name, writer in writers.items()}
    styles = find_styles(folder)
    words: dict[str, Words] = {}
    made: dict[Need, Rendition] = {}
    for article in articles:
        edition = build_edition(article, (article,), {})
        needs = {name: writer.needs(edition, options[name]) for name, writer in writers.items()}
        by_file: dict[str, set[Need]] = {}
        for need in {need for own in needs.values() for need in own} - made.keys():
            by_file.setdefault(need.picture.path, set()).add(need)
        for path, wanted in by_file.items():
            sizes = {need: TargetSize(need.width_px, need.max_bytes) for need in wanted}
            shrunk = resize_image((folder / path).read_bytes(), set(sizes.values()))
            for need, size in sizes.items():
                small = shrunk[size]
                made[need] = Rendition(small.data, small.media_type, small.width_px, small.height_px)
        words.setdefault(article.language, load_words(styles, article.language))
        facts: dict[str, Facts] = {}
        for name, writer in writers.items():
            pictures = {need: made[need] for need in needs[name]}
            job = Job(project.publisher, options[name], styles, words[article.language], pictures, facts)
            if name == "handout":
                substitutions, _ = find_substitutions(edition)
                setting = candidate_settings(VARIANTS[STANDARD_VARIANT], options[name])[0]
                layout = print_html.lay_out_handout(edition, job, VARIANTS[STANDARD_VARIANT], setting, substitutions)
                facts = {"handout": Facts(layout.pages, layout.page_of)}
                data = retag(draw_pdf(layout)[0], layout.root)
                pdf.validate_pdf(data, frozenset({"Handout-Sans"}))
                files = {f"{article.id}.pdf": data}
            else:
                files = {artifact.name: artifact.data for artifact in writer.write(edition, job).artifacts}
            for path, data in files.items():
                target = out / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
