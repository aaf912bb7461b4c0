"""Remarks of judges, and the short list of those that are meant, each with its reason, in `accepted.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True, slots=True)
class Remark:
    """What a judge says against a mail."""

    judge: str
    mail: str
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Remarks that are meant: a pattern for the whole message, and why."""

    judge: str
    message: re.Pattern[str]
    reason: str

    def covers(self, remark: Remark) -> bool:
        return self.judge == remark.judge and self.message.fullmatch(remark.message) is not None


def load() -> tuple[Accepted, ...]:
    """Return the list; an entry without its reason is an error."""
    entries = tomllib.loads(FILE.read_text("utf-8"))["accepted"]
    return tuple(Accepted(entry["judge"], re.compile(entry["message"]), entry["reason"]) for entry in entries)


def left(remarks: Iterable[Remark], accepted: tuple[Accepted, ...]) -> tuple[Remark, ...]:
    """Return the remarks that no entry covers."""
    return tuple(remark for remark in remarks if not any(entry.covers(remark) for entry in accepted))
