"""The table `[newsletter]` of `publish.toml`."""

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
    """How newsletters are made."""

    reason: str = ""
    """Why the reader gets this mail: one sentence of the footer."""
    unsubscribe: str = ""
    """An `https:` address, a `mailto:`, or the merge tag of a mailing service, such as `*|UNSUB|*`."""
    picture_base: str = ""
    """The `https:` address below which the files of `outputs/newsletter/pictures/` will lie.

    Empty: the message carries its pictures within. Set: it refers to the web, and so does one more file,
    `<id>.paste.html`, which can be pasted into any mailing service once the pictures are uploaded. `<id>.html` shows
    its pictures from the disk either way.
    """
    files_base: str = ""
    """The `https:` address below which `outputs/handout/` and `outputs/epub/` will lie; empty: no links to files."""
    subject_prefix: str = ""
    """Put before every subject, with a space: `Nyt fra klinikken:`."""
    articles: Literal["teaser", "full"] = "teaser"
    """How an edition of several articles shows each of them, where it does not say so itself."""

    def __post_init__(self) -> None:
        """Refuse what no mail can carry.

        Raises:
            ConfigError: All of it at once.
        """
        faults = [
            f"{FILE_NAME}: [newsletter] {entry.name} holds a line break or another control character"
            for entry in fields(self)
            if _CONTROL_CHARACTER.search(getattr(self, entry.name))
        ]
        faults += [
            f"{FILE_NAME}: [newsletter] {name} is {address!r}, expected an address such as https://klinik.example/post"
            for name, address in (("picture_base", self.picture_base), ("files_base", self.files_base))
            if address and not re.match(r"https://[^/\s\"<>]+[^\s\"<>]*$", address)
        ]
        scheme = _URL_SCHEME.match(self.unsubscribe)
        if (scheme and scheme[0].lower() not in ("https:", "mailto:")) or re.search(r"[<>\"]", self.unsubscribe):
            faults.append(
                f"{FILE_NAME}: [newsletter] unsubscribe is {self.unsubscribe!r}, "
                "expected an address with https: or mailto:, or a mailing service's merge tag"
            )
        if faults:
            raise ConfigError("\n".join(faults))
