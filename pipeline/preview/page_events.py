"""What pages that are open hear of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

END_EVENT = "end"
_MAX_UNREAD = 100
"""Events that a page may be behind; one that is further behind reads everything anew anyway."""


@dataclass(frozen=True, slots=True)
class PageEvent:
    """Something that pages should know."""

    kind: str
    """`made`: an article in a format; `news`: something else that pages show; `queue`: how many wait; `end`."""
    ids: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    waiting: int = 0


class Listener:
    """A page that is open: the article it shows, and the events it has not heard yet."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.events: asyncio.Queue[PageEvent] = asyncio.Queue(_MAX_UNREAD)

    def end(self) -> None:
        """Let the page know that nothing more comes, whatever it has not heard yet."""
        while not self.events.empty():
            self.events.get_nowait()
        self.events.put_nowait(PageEvent(END_EVENT))

    def tell(self, event: PageEvent) -> None:
        """Let the page know, unless it is far behind."""
        if not self.events.full():
            self.events.put_nowait(event)
