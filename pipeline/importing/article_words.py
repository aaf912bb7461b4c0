"""Words of an article in order, as the project's own reader has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.importing.document_words import CELL_END, LIST_MARK, DocumentWords, words_of
from pipeline.model import (
    Article,
    Block,
    BlockQuote,
    BulletList,
    Callout,
    Cell,
    CodeBlock,
    DefinitionList,
    Div,
    Figure,
    Header,
    HorizontalRule,
    Inline,
    LineBreak,
    Note,
    OrderedList,
    Para,
    Plain,
    References,
    Table,
    text,
    walk,
)


def read_article_words(article: Article, *, has_title: bool, has_author: bool) -> DocumentWords:
    """Return the words of an article.

    Args:
        has_title: Its title stands in the document too.
        has_author: And so do its authors.
    """
    reader = _ArticleReader()
    top = words_of(article.title) if has_title else []
    top += words_of(article.lead)
    top += [word for name in article.meta.authors for word in words_of(name)] if has_author else []
    reader.found.body = top + reader.blocks(article.blocks)
    return reader.found


@dataclass(slots=True)
class _ArticleReader:
    found: DocumentWords = field(default_factory=DocumentWords)
    _seen: set[Note] = field(default_factory=set)

    def blocks(self, blocks: Iterable[Block]) -> list[str]:
        return [word for block in blocks for word in self._block(block)]

    def _block(self, block: Block) -> list[str]:
        match block:
            case Para(content) | Plain(content) | Header(_, content):
                return self._line(content)
            case BulletList(items):
                return [word for item in items for word in (f"{LIST_MARK}•", *self.blocks(item))]
            case OrderedList(items, start):
                numbered = enumerate(items, start)
                return [word for number, item in numbered for word in (f"{LIST_MARK}{number}", *self.blocks(item))]
            case Callout() | References():
                return self._line(block.title) + self.blocks(block.blocks)
            case BlockQuote(blocks) | Div(blocks):
                return self.blocks(blocks)
            case DefinitionList(entries):
                return [
                    word
                    for term, means in entries
                    for word in (*self._line(term), *(w for mean in means for w in self.blocks(mean)))
                ]
            case Table(head, rows, caption):
                return self._line(caption) + [
                    word for row in (head, *rows) for cell in row for word in self._cell(cell)
                ]
            case Figure(_, caption):
                return self._line(caption)
            case CodeBlock(code):
                return words_of(code)
            case HorizontalRule():
                return []

    def _cell(self, cell: Cell) -> list[str]:
        return [*self.blocks(cell.blocks), CELL_END]

    def _line(self, content: tuple[Inline, ...]) -> list[str]:
        rows: list[list[Inline]] = [[]]
        for inline in content:
            if isinstance(inline, LineBreak):
                rows.append([])
            else:
                rows[-1].append(inline)
        for node in walk(content):
            # A note in a cell that covers several places is one note.
            if isinstance(node, Note) and node not in self._seen:
                self._seen.add(node)
                self.found.notes.append(self.blocks(node.blocks))
        return [word for row in rows for word in words_of(text(tuple(row)))]
