"""Addresses of sources as paper shows them: DOI, PMID or PMC number, or an address that can be typed."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

_NUMBERS = (
    (re.compile(r"(?:\bdoi\.org/|/doi/(?:abs/|full/|pdf/|epdf/)?)(10\.\d{4,9}/[^\s?#]+)"), "doi:"),
    (re.compile(r"/(PMC\d{4,})\b"), ""),
    (re.compile(r"(?:\bpubmed\.ncbi\.nlm\.nih\.gov|/pubmed)/(\d{4,})\b"), "PMID "),
)
_TRACKING = re.compile(r"utm_|gad_|gclid|gbraid|wbraid|fbclid|msclkid|mc_[ce]id|_ga")


def source_number(address: str) -> str:
    """Return the number by which libraries know what an address leads to: `PMC4464797`; empty where it names none."""
    for pattern, label in _NUMBERS:
        if found := pattern.search(unquote(address)):
            return f"{label}{found[1].rstrip('/.')}"
    return ""


def says_number(words: str, number: str) -> bool:
    """Tell whether words say a number of a source, whatever stands before it."""
    return re.sub(r"^(?:doi:|PMID )", "", number).casefold() in words.casefold()


def without_tracking(address: str) -> str:
    """Return an address without what only counts visitors."""
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if not _TRACKING.match(name)]
    return address if len(kept) == len(query) else urlunsplit(parts._replace(query=urlencode(kept)))


def path_behind_host(address: str, words: str) -> str:
    """Return what of an address stands behind its host, where the words are that host only; else nothing."""
    shown, said = (re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", each.strip()) for each in (address, words))
    return shown[len(said) :] if said.casefold() == shown.partition("/")[0].casefold() else ""
