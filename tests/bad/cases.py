"""What a case of bad input is: files, and what must become of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.makers import write

CANARY = "KANARIEFUGL-7391"
"""Stands in every file outside the project: it must be in no output, report or log."""
LAST_WORDS = "Her slutter teksten."
"""Ends every body, so that what is published is seen to be whole."""

Content = str | bytes | Callable[[Path], None]
"""What a file holds, or a function that makes it at a path."""


@dataclass(frozen=True)
class Refused:
    """An error names the file, the line and the cause; the article is in no format."""

    code: str
    line: int
    words: str = ""
    """Stand in the message."""
    source: str = ""
    """The file that the error names; empty: the article."""


@dataclass(frozen=True)
class Published:
    """The article is published, and something is not in it."""

    codes: tuple[str, ...] = ()
    """Findings that name the article and, where they have one, its line."""
    without: tuple[str, ...] = ()
    words: tuple[str, ...] = (LAST_WORDS,)
    pictures: int | None = None
    """How many pictures the e-book has beside its cover; None: any."""
    without_markup: tuple[str, ...] = ()
    """Stand in no page and no e-book; on paper and in plain text they are words like all others."""
    but: tuple[str, str] | None = None
    """A format that cannot have it, and the code of the error that says so; the others are published."""


@dataclass(frozen=True)
class Stopped:
    """The whole run is refused with exit code 2, since the project itself cannot be meant; nothing changes."""

    words: str


@dataclass(frozen=True)
class Spoiled:
    """One format fails for every article, since its style is broken; or it is published without what the style names.

    The other formats are published.
    """

    format: str
    code: str
    """Empty: the format may be published, as long as nothing from outside is in it."""
    words: str


Outcome = Refused | Published | Stopped | Spoiled


@dataclass(frozen=True)
class Case:
    """One bad input."""

    name: str
    """Of plain letters: the article is `sources/bad/<name>.md`."""
    body: Content = LAST_WORDS
    outcome: Outcome = field(default_factory=Published)
    files: Mapping[str, Content] = field(default_factory=dict)
    """Further files, by path from the project folder."""
    config: str = ""
    """Takes the place of `publish.toml`, or is added to it behind `+`."""
    source: str = ""
    """Path of the article, where it matters."""
    needs_own_run: bool = False
    """It changes the project, or is slow or large."""
    id: str = ""
    """Of the article, where it does not follow from its name."""

    @property
    def path(self) -> str:
        return self.source or f"sources/bad/{self.name}.md"

    @property
    def article_id(self) -> str:
        return self.id or f"bad/{self.name}"

    @property
    def is_alone(self) -> bool:
        return self.needs_own_run or bool(self.config) or isinstance(self.outcome, Stopped)

    def lay(self, project: Path) -> None:
        """Lay the files of the case into a project."""
        lay(project / self.path, self.body)
        for name, content in self.files.items():
            lay(project / name, content)


def lay(path: Path, content: Content) -> None:
    if callable(content):
        path.parent.mkdir(parents=True, exist_ok=True)
        content(path)
    else:
        write(path, content)


def article(body: str, front: str = "", title: str = "Et kapitel") -> str:
    """Return an article; its body begins on line 5, and on one more for each line of `front`."""
    return f"---\ntitle: {title}\n{front}---\n\n{body}\n\n{LAST_WORDS}\n"


def linked(target: str) -> Callable[[Path], None]:
    """Return a symbolic link to a target."""
    return lambda path: path.symlink_to(target)
