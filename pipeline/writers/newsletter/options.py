"""The options of the newsletter writer: the table `[newsletter]` of `publish.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Literal

from pipeline.config import FILE_NAME
from pipeline.errors import ConfigError

_URL_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Options:
    """The keys of `[newsletter]`."""

    reason: str = ""
    """Why the reader receives this mail: a sentence in the footer."""
    unsubscribe: str = ""
    """An `https:` address, a `mailto:`, or the merge tag of a mailing service, such as `*|UNSUB|*`."""
    picture_base: str = ""
    """The `https:` address of the uploaded files of `outputs/newsletter/pictures/`.

    Empty: the message embeds its pictures. Set: it loads them from the web, and so does an additional file,
    `<id>.paste.html`, to paste into any mailing service. `<id>.html` always shows its pictures from the disk.
    """
    files_base: str = ""
    """The `https:` address of the uploaded `outputs/handout/` and `outputs/epub/`; empty: no links to files."""
    subject_prefix: str = ""
    """Prefix of every subject: `Nyt fra klinikken:`."""
    articles: Literal["teaser", "full"] = "teaser"
    """How an edition of several articles shows each of them by default."""

    def __post_init__(self) -> None:
        """Validate the options.

        Raises:
            ConfigError: With all problems.
        """
        problems = [
            f"{FILE_NAME}: [newsletter] {entry.name} holds a line break or another control character"
            for entry in fields(self)
            if _CONTROL_CHARACTER.search(getattr(self, entry.name))
        ]
        problems += [
            f"{FILE_NAME}: [newsletter] {name} is {address!r}, expected an address such as https://klinik.example/post"
            for name, address in (("picture_base", self.picture_base), ("files_base", self.files_base))
            if address and not re.match(r"https://[^/\s\"<>]+[^\s\"<>]*$", address)
        ]
        scheme = _URL_SCHEME.match(self.unsubscribe)
        if (scheme and scheme[0].lower() not in ("https:", "mailto:")) or re.search(r"[<>\"]", self.unsubscribe):
            problems.append(
                f"{FILE_NAME}: [newsletter] unsubscribe is {self.unsubscribe!r}, "
                "expected an address with https: or mailto:, or a mailing service's merge tag"
            )
        if problems:
            raise ConfigError("\n".join(problems))
