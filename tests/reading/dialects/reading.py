"""Small projects of other tools, read as their owners would have them read, and what came of it in short."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.config import Config, Publisher, SourceSettings
from pipeline.model import (
    Block,
    BulletList,
    Callout,
    CodeBlock,
    Div,
    Figure,
    Header,
    Link,
    OrderedList,
    Table,
    children,
    text,
    walk,
)
from pipeline.reading.reader import ReadResult, read_articles
from pipeline.reading.site import find_site, site_by_files
from pipeline.reading.source_files import find_roots, find_sources
from tests.makers import picture_file, write

WEBSITE = "https://klinik.example"


def read_project(
    folder: Path, files: Mapping[str, str], glob: str = "content/**/*.md", dialect: str = "auto", address: str = ""
) -> dict[str, ReadResult]:
    """Read every source of a project; files with the suffix of a picture become one."""
    write(folder / "publish.toml", "")
    for number, (name, content) in enumerate(files.items()):
        is_picture = name.endswith(".png")
        write(folder / name, picture_file(40 + number, 30) if is_picture else content)
    config = Config(
        folder,
        Publisher(language="en", website=WEBSITE),
        SourceSettings(articles=(glob,), root="content", dialect=dialect, address=address),
    )
    roots = find_roots(config)
    sources = find_sources(config, roots).sources
    ids = {source.path: source.id for source in sources}
    site = find_site(config, site_by_files(config), roots.project, ids)
    return {result.source.id: result for result in read_articles(sources, config, roots, ids, site)}


def outline(blocks: tuple[Block, ...]) -> list[str]:
    """Return one line for each block: its kind where it is no paragraph, and its words."""
    return [_line(block) for block in blocks]


def _line(block: Block) -> str:
    match block:
        case Callout(kind, inside, title):
            return f"{kind}<{text(title)}> " + " / ".join(outline(inside))
        case Figure(image, caption):
            return f"picture {Path(image.picture.path).name} <{image.alt}> {text(caption)}".rstrip()
        case Header(level, content):
            return f"{'#' * level} {text(content)}"
        case BulletList(items) | OrderedList(items):
            return "* " + " * ".join(" / ".join(outline(item)) for item in items)
        case CodeBlock(code):
            return f"code {code}"
        case Div(inside):
            return "div " + " / ".join(outline(inside))
        case Table():
            return "table " + " | ".join(text((child,)) for child in children(block))
    return text((block,))


def links(result: ReadResult) -> list[tuple[str, str]]:
    """Return words and address of every link."""
    assert result.article is not None, result.findings
    return [(text(node.content), node.address) for node in walk(result.article.blocks) if isinstance(node, Link)]


def codes(result: ReadResult, *, notes: bool = False) -> list[str]:
    return [finding.code for finding in result.findings if notes or finding.severity != "note"]
