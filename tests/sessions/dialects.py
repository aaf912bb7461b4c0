"""Reads any folder of Markdown as its owner would have it published, and counts what did not come through.

Refused articles by their finding; markup that is printed as it stands, with a finding and without; pictures and links
that were not found; words of the source that the article has not, on lines without a finding. `--publish` publishes
each folder too.

    python -m tests.sessions.dialects FOLDER… [--most 200] [--publish] [--show]
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.config import Config, load_config
from pipeline.findings import Finding
from pipeline.model import (
    Block,
    Callout,
    Code,
    CodeBlock,
    Figure,
    Header,
    Image,
    Inline,
    LineBreak,
    Note,
    Para,
    Plain,
    References,
    SoftBreak,
    Space,
    text,
    walk,
)
from pipeline.reading.dialects import named
from pipeline.reading.reader import ReadResult, read_articles
from pipeline.reading.site import find_site, site_by_files
from pipeline.reading.source_files import find_roots, find_sources
from tests.makers import PUBLISH_TOML

MOST_REFUSED = 0.02
_SUFFIXES = ("md", "mdx", "qmd", "markdown")
_BATCH = 20
# What tags, boxes, links and attributes begin with, written anew here: it must not be what the program looks for.
_RAW = re.compile(
    r"\{\{|\}\}|\{%|%\}|\[\[|\]\]|!\[|\]\(|:::|%%|^\s*!!!|^\s*\?\?\?|^\+\+\+|\{:|\{\.[a-z][\w-]*\s*\}|\{#[a-z]|\^\["
    r"|\{[a-z-]+\}`|^\([\w-]+\)=|=== \"|</?[A-Z][A-Za-z]+[ />]|\*\[[^\]]+\]:|\[//\]|\{[a-z]+\.[a-z]+|\[@[a-z]"
    r"|(?:^|\s):[a-z][a-z_-]+:(?:\s|$)",
    re.MULTILINE,
)
_NOT_WORDS = re.compile(
    r"<!--.*?-->|<(?:script|style|svg)\b.*?</(?:script|style|svg)>|\[![\w-]+\]|\{/\*.*?\*/\}|%%.*?%%|\{\{.*?\}\}"
    r"|\{%.*?%\}|<[^<>]*>|\]\([^()]*\)|\]\[[^\]]*\]|!?\[\[[^\]]*\]\]|https?://\S+|\{[^{}]*\}|&#?\w+;|\[\^[^\]]*\]"
    r"|^\s*\[[^\]]+\]:.*$|^\s*(?:import|export)\s.*$|^(?:!!!|\?\?\?).*$|^:{3,}.*$|^===.*$|:[a-z_-]+:",
    re.MULTILINE | re.DOTALL,
)
_FENCED = re.compile(r"^[ \t>]*(`{3,}|~{3,}).*?^[ \t>]*\1[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[^\W\d_\u3000-\u9fff\uac00-\ud7ff]{4,}")
_NAMES_WORDS = 5


@dataclass
class Count:
    articles: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    raw_with: int = 0
    raw_without: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    findings: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)


def make_project(folder: Path, target: Path) -> Config:
    """Copy a folder, without its history, and give it a `publish.toml` where it has none."""
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns(".git", "node_modules", "outputs"), symlinks=True)
    if not (target / "publish.toml").is_file():
        dialect = site_by_files(Config(target)).dialect
        content = next((name for name in named(dialect).content if (target / name).is_dir()), ".")
        base = "" if content == "." else f"{content}/"
        kinds = [suffix for suffix in _SUFFIXES if next(target.glob(f"{base}**/*.{suffix}"), None)]
        globs = ", ".join(f'"{base}**/*.{suffix}"' for suffix in kinds)
        written = PUBLISH_TOML.replace("[publisher]\n", '[publisher]\nlanguage = "en"\n')
        written += f"\n[sources]\narticles = [{globs}]\n"
        (target / "publish.toml").write_text(f'{written}root = "{content}"\ndates = "year-month-day"\n', "utf-8")
    return load_config(target, ("handout", "epub", "newsletter"))


def count(config: Config, most: int) -> tuple[str, Count]:
    """Read the articles of a project, at most so many, spread over all of them."""
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    ids = {source.path: source.id for source in sources}
    site = find_site(config, site_by_files(config), roots.project, ids)
    step = max(1, len(sources) // most)
    chosen = sources[::step][:most]
    counted = Count()
    for start in range(0, len(chosen), _BATCH):
        for result in read_articles(chosen[start : start + _BATCH], config, roots, ids, site):
            source = (roots.project / result.source.path).read_text("utf-8", "replace")
            _add(counted, result, source)
    return f"{site.dialect} ({site.evidence or 'nothing says more'})", counted


def _add(counted: Count, result: ReadResult, source: str) -> None:
    counted.articles += 1
    counted.findings.update(finding.code for finding in result.findings)
    if result.article is None:
        errors = [finding for finding in result.findings if finding.severity == "error"]
        counted.refused[errors[0].code if errors else "unknown"] += 1
        counted.refusals += [
            f"{result.source.path}:{each.line} {each.code}: {each.message[:90]}" for each in errors[:1]
        ]
        return
    if result.article.meta.is_draft:
        return
    for line, words in _passages(result.article.blocks):
        if match := _RAW.search(words):
            shown = f"{result.source.path}:{line} {words[max(0, match.start() - 30) : match.end() + 40]!r}"
            if _is_named(result.findings, line, words):
                counted.raw_with += 1
            else:
                counted.raw_without.append(shown)
    counted.lost += _lost_words(result, source)


def _is_named(findings: tuple[Finding, ...], line: int, words: str) -> bool:
    """Tell whether a finding stands on the passage: on its lines, of which there are about as many as it is long."""
    last = line + len(words) // 60 + 2
    codes = ("markup-left", "html-unknown", "construct-left-out", "html-unclosed", "placeholder", "fence-unclosed")
    return any(finding.code in codes and line - 1 <= finding.line <= last for finding in findings)


def _passages(blocks: tuple[Block, ...]) -> Iterator[tuple[int, str]]:
    for node in walk(blocks):
        match node:
            case Para(content) | Plain(content) | Header(_, content):
                yield node.line, _printed_text(content)
            case Callout(title=title) | References(title=title) if title:
                yield node.line, text(title)


def _printed_text(nodes: tuple[Inline, ...]) -> str:
    """Return words without code, which shows what it shows."""
    return "".join(
        " "
        if isinstance(node, Space | SoftBreak | LineBreak | Code | Note)
        else _printed_text(inside)
        if (inside := getattr(node, "content", ()))
        else text((node,))
        for node in nodes
    )


def _lost_words(result: ReadResult, source: str) -> list[str]:
    """Return words of the source that the article has nowhere, where no finding speaks of their lines."""
    assert result.article is not None
    said: list[str] = [result.article.meta.title]
    for node in walk(result.article.blocks):
        match node:
            case CodeBlock(code):
                said.append(code)
            case Image(_, alt):
                said.append(alt)
            case Note(blocks):
                said.append(text(blocks))
            case Figure(_, caption) | Callout(title=caption):
                said.append(text(caption))
    if result.article.hero:
        said += [result.article.hero.image.alt, text(result.article.hero.caption)]
    have = set(_WORD.findall(" ".join((*said, text(result.article.blocks))).casefold()))
    body = re.sub(
        r"\A\s*(?:---|\+\+\+).*?^(?:---|\+\+\+)[ \t]*$",
        lambda at: "\n" * at[0].count("\n"),
        source,
        count=1,
        flags=re.DOTALL | re.MULTILINE,
    )
    body = _NOT_WORDS.sub(
        lambda at: "\n" * at[0].count("\n") or " ", _FENCED.sub(lambda at: "\n" * at[0].count("\n"), body)
    )
    body = re.sub(r"[*~\u00ad]|==|(?<!\w)_|_(?!\w)|^\(.*\)=$", "", body, flags=re.MULTILINE)
    named_lines = {
        line
        for finding in result.findings
        for line in range(finding.line - 1, finding.line + 2)
        if finding.severity != "note"
    }
    lost = []
    for number, row in enumerate(body.split("\n"), 1):
        missing = [word for word in _WORD.findall(row.casefold()) if word not in have]
        if len(missing) >= 1 and number not in named_lines:
            lost.append(f"{result.source.path}:{number} {' '.join(missing[:_NAMES_WORDS])}")
    return lost


def report(name: str, dialect: str, counted: Count, *, is_shown: bool) -> bool:
    """Print what was counted; return whether it is within the bounds."""
    refused = sum(counted.refused.values())
    share = refused / max(1, counted.articles)
    missing = {
        code: counted.findings[code] for code in ("picture-missing", "picture-outside", "link-broken", "picture-remote")
    }
    _say(f"\n{name}: {dialect}; {counted.articles} articles")
    _say(f"  refused: {refused} ({share:.1%}) {dict(counted.refused) or ''}")
    _say(f"  raw markup printed: {counted.raw_with} with a finding, {len(counted.raw_without)} without")
    _say(f"  not found: {', '.join(f'{count} {code}' for code, count in missing.items())}")
    _say(f"  lines with words that are nowhere, and no finding: {len(counted.lost)}")
    _say(f"  left out with a finding: {counted.findings['construct-left-out']}")
    if is_shown:
        for lines in (counted.refusals, counted.raw_without, counted.lost):
            _say(*(f"    {line}" for line in lines[:25]))
    return share <= MOST_REFUSED and not counted.raw_without


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Read any folder of Markdown, and count what did not come through.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=200, help="articles of each folder")
    parser.add_argument("--publish", action="store_true", help="publish each folder too, in all formats")
    parser.add_argument("--show", action="store_true", help="the first of each kind")
    given = parser.parse_args()
    is_good = True
    for folder in given.folders:
        with tempfile.TemporaryDirectory() as place:
            config = make_project(folder, Path(place) / "project")
            dialect, counted = count(config, given.most)
            is_good &= report(folder.name, dialect, counted, is_shown=given.show)
            if given.publish:
                command = [sys.executable, "-m", "pipeline", "all", "--project", str(config.folder)]
                is_good &= subprocess.run(command, check=False).returncode in (0, 1)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
