"""Findings of an import, each with the paragraph of the article that it is about."""

from __future__ import annotations

import re

from pipeline.findings import Finding, make_finding

_FIRST, _LAST = 0xF0000, 0xFFFFD
_MARK = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")


class PlacedFindings:
    """Findings that are made before the lines of an article are known.

    Each has a mark: a character that no text holds. It travels at the end of its paragraph until the text is written.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[str, str, str]] = []
        self._seen: set[str] = set()
        self._unplaced: list[tuple[str, str, str]] = []

    def add(self, code: str, message: str, hint: str = "") -> str:
        """Add a finding and return its mark."""
        if len(self._entries) > _LAST - _FIRST:
            return ""
        self._entries.append((code, message, hint))
        return chr(_FIRST + len(self._entries) - 1)

    def add_once(self, code: str, message: str) -> str:
        """Add a finding where no other has these words, and return its mark."""
        if message in self._seen:
            return ""
        self._seen.add(message)
        return self.add(code, message)

    def add_to_file(self, code: str, message: str, hint: str = "") -> None:
        self._unplaced.append((code, message, hint))

    def place(self, written: str, source: str) -> tuple[str, list[Finding]]:
        """Return a text without marks, and the findings with their lines in it."""
        lines = {
            ord(mark) - _FIRST: number
            for number, line in enumerate(written.split("\n"), 1)
            for mark in _MARK.findall(line)
        }
        found = [
            make_finding(code, source, lines.get(at, 0), message, hint)
            for at, (code, message, hint) in enumerate(self._entries)
        ]
        found += [make_finding(code, source, 0, message, hint) for code, message, hint in self._unplaced]
        return without_marks(written).rstrip("\n") + "\n", found


def without_marks(written: str) -> str:
    return _MARK.sub("", written)
