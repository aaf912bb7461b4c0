"""What the rules take, spelling included, beside what reading the same articles takes."""

from __future__ import annotations

import gc
import time
from pathlib import Path

from pipeline.config import Config, load_config
from pipeline.lint.rules import lint_article
from pipeline.lint.spelling_verdicts import SpellingVerdicts
from pipeline.model import Article
from pipeline.reading.reader import read_articles
from pipeline.reading.source_files import find_roots, find_sources
from pipeline.rendering.styles import find_styles
from pipeline.writers import installed_writers
from tests.sessions.lint.running import say

BOUND_S = 1.5
"""Of processor time for 98 articles, dictionaries at hand."""
_BATCH = 12


def judge(project: Path) -> list[str]:
    """Measure the rules on all articles of a project, as one process meets them; return what takes too long."""
    config = load_config(project, installed_writers())
    started = time.process_time()
    articles = _read(config)
    reading = time.process_time() - started
    gc.collect()
    gc.freeze()  # a worker holds twelve articles at a time, not all
    styles = find_styles(project)
    cold = _check(articles, config, SpellingVerdicts())  # dictionaries and lists are loaded
    verdicts = SpellingVerdicts()
    warm = _check(articles, config, verdicts)
    known = _check(articles, config, verdicts)
    gc.unfreeze()
    each = 1000 * warm / len(articles)
    say(f"rules on {len(articles)} articles: {warm:.2f} s of processor time, {each:.1f} ms an article")
    say(f"  with dictionaries and lists of {len(styles.folders)} style folders to load: {cold:.2f} s")
    say(f"  with every word met before: {known:.2f} s; reading the articles, without pandoc's share: {reading:.2f} s")
    bound = BOUND_S * len(articles) / 98
    return [f"the rules take {warm:.2f} s, expected at most {bound:.2f} s"] if warm > bound else []


def _read(config: Config) -> list[Article]:
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    ids = {source.path: source.id for source in sources}
    batches = (sources[at : at + _BATCH] for at in range(0, len(sources), _BATCH))
    return [item.article for batch in batches for item in read_articles(batch, config, roots, ids) if item.article]


def _check(articles: list[Article], config: Config, verdicts: SpellingVerdicts) -> float:
    styles = find_styles(config.folder)
    started = time.process_time()
    for article in articles:
        lint_article(article, config, styles, verdicts)
    return time.process_time() - started
