"""Writes the tree of a document as an article: front matter, Markdown, footnotes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pipeline.importing.document_tree import NOTE_MARK, Node, plain_words
from pipeline.importing.marks import without_marks
from pipeline.importing.office_files import ImportRefusedError
from pipeline.importing.word_parts import Properties
from pipeline.reading.pandoc import PandocFailure, convert

TIMEOUT_S = 20
"""Seconds of a processor for one document; a hundred pages take two."""
_MARKDOWN = (
    "commonmark_x-alerts-autolink_bare_uris-emoji-fancy_lists-implicit_header_references-raw_attribute-smart"
    "-subscript-superscript-tex_math_dollars-yaml_metadata_block"
)
_NOTE_START = "\U00100001"


@dataclass(frozen=True, slots=True)
class Heading:
    """The opening of an article."""

    title: str
    lead: str = ""
    author: str = ""
    """As the text names one; a name from the properties is not in the text."""
    is_from_text: bool = True
    """The title stands in the document itself, and not only in its properties or its name."""


def take_heading(
    meta: dict[str, Any], blocks: list[Node], known: Properties, name: str, *, is_word: bool
) -> tuple[Heading, list[Node]]:
    """Return the title and what belongs to it, and the blocks below, whose headings begin with level 2.

    Args:
        meta: pandoc's. Of Word it holds paragraphs of styles such as “Title”, of HTML what the head of the page says.
        name: The title where there is no other.
    """
    title = _meta_words(meta, "title")
    if is_word and title:
        heading = Heading(title, _meta_words(meta, "subtitle"), _meta_words(meta, "author"))
        blocks = [{"t": "Para", "c": meta_inlines(meta[key])} for key in ("date", "abstract") if key in meta] + blocks
    elif blocks and blocks[0]["t"] == "Header" and blocks[0]["c"][0] == 1 and NOTE_MARK not in plain_words(blocks[:1]):
        heading, blocks = Heading(" ".join(plain_words(blocks[:1]).split())), blocks[1:]
    else:
        heading = Heading(title or known.title or name, is_from_text=False)
    levels = [block["c"][0] for block in blocks if block["t"] == "Header"]
    shift = 1 if min(levels, default=2) == 1 else 0
    for block in blocks:
        if block["t"] == "Header":
            block["c"][0] = min(block["c"][0] + shift, 6)
    return heading, blocks


def _meta_words(meta: dict[str, Any], key: str) -> str:
    words = re.sub(f"{NOTE_MARK}\\d+{NOTE_MARK}", "", plain_words(meta_inlines(meta.get(key, {}))))
    return " ".join(words.split())


def meta_inlines(value: dict[str, Any]) -> list[Node]:
    """Return a value of pandoc's metadata as inlines."""
    match value.get("t"):
        case "MetaInlines":
            return list(value["c"])
        case "MetaList" | "MetaBlocks":
            parts = [meta_inlines(part) if "Meta" in part["t"] else part.get("c", []) for part in value["c"]]
            joined: list[Node] = []
            for part in parts:
                joined += [{"t": "Space"}, *part] if joined else part
            return joined
        case "MetaString":
            return [{"t": "Str", "c": value["c"]}]
    return []


def front_matter(heading: Heading, known: Properties) -> str:
    lines = ["---", f"title: {_quoted(heading.title)}"]
    lines += [f"lead: {_quoted(heading.lead)}"] if heading.lead else []
    lines += [f"updated: {known.changed}"] if known.changed else []
    author = heading.author or known.author
    lines += [f"authors: {_quoted(author)}"] if author else []
    return "\n".join([*lines, "draft: true  # remove this line to publish", "---", "", ""])


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write_markdown(blocks: list[Node], notes: list[list[Node]], version: list[int]) -> str:
    """Return blocks and footnotes as Markdown, each paragraph on a line of its own.

    Raises:
        ImportRefusedError: pandoc could not write them in its limits.
    """
    tree = list(blocks)
    for number, note in enumerate(notes, 1):
        tree += [{"t": "Para", "c": [{"t": "Str", "c": f"{_NOTE_START}{number}"}]}, *note]
    document = json.dumps({"pandoc-api-version": version, "meta": {}, "blocks": tree}).encode()
    done = convert(document, ("--from", "json", "--to", _MARKDOWN, "--wrap=none"), TIMEOUT_S)
    if isinstance(done, PandocFailure):
        raise ImportRefusedError(done.message, hint="divide the document")
    body, *written = re.split(f"^{_NOTE_START}(\\d+)$", done.decode().rstrip() + "\n", flags=re.MULTILINE)
    definitions = [
        f"[^{number}]: {_indented(words)}" for number, words in zip(written[::2], written[1::2], strict=True)
    ]
    text = "\n\n".join([body.strip("\n"), *definitions]).strip("\n") + "\n"
    return re.sub(f"{NOTE_MARK}(\\d+){NOTE_MARK}", r"[^\1]", text)


def _indented(words: str) -> str:
    first, *rest = words.strip("\n").split("\n")
    return "\n".join([first, *(f"    {line}" if line else "" for line in rest)])


def title_from_name(stem: str) -> str:
    words = " ".join(re.split(r"[\s_-]+", without_marks(stem))).strip()
    return words[:1].upper() + words[1:]
