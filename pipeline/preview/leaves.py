"""What the shelf shows of each article, drawn once for as long as it stays the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from pipeline.preview.desk import Desk
from pipeline.running.shelf import Item

_TEMPLATE = "preview/leaf.html.j2"


class Leaves:
    """The entries of a shelf. Of a thousand articles a save changes one, and all of them take a third of a second."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._drawn: dict[str, tuple[Item, Markup]] = {}
        self._drawn_with = desk.drawn

    def of(self, items: Iterable[Item]) -> Iterator[tuple[Item, Markup]]:
        """Yield each item with its entry: what follows `<li class="item"`.

        Raises:
            StyleError: A template of the project is broken.
        """
        styles, words = self.desk.styles, self.desk.words
        if self._drawn_with != self.desk.drawn:
            self._drawn, self._drawn_with = {}, self.desk.drawn
        drawn = self._drawn
        for item in items:
            known, entry = drawn.get(item.listing.id, (None, Markup()))
            if known != item:
                entry = Markup(styles.render(_TEMPLATE, item=item, words=words))  # noqa: S704  # escaped there
                drawn[item.listing.id] = item, entry
            yield item, entry
