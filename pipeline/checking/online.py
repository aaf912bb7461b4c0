"""Whether outside addresses still lead somewhere: asked politely, and remembered from one run to the next."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from pipeline.checking.asking import NO_NAMES, UNKNOWN_NAME, Answer, Standing, ask
from pipeline.findings import Finding, found

VERSION = 1
HOSTS_AT_ONCE = 8
PAUSE_S = 1.0
"""Between two questions to one host."""
_DAY_S = 86_400
SOON_DAYS = 1
"""What could not be told is asked again after a day; what is well, after `[check] online_days`."""
_ENOUGH_HOSTS = 3
"""That so many names are all unknown says something of this machine, and nothing of them."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address stands."""

    source: str
    line: int
    address: str
    accept: tuple[str, ...] = ()
    """Codes of findings that the article's author means."""


@dataclass(frozen=True, slots=True)
class Known:
    """An answer, and when it was given."""

    standing: Standing
    detail: str
    asked: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Asker:
    """How addresses are asked, and where answers are kept."""

    memory: Path
    """A file in the project's cache."""
    days: int
    """How long a good answer holds."""
    private_hosts: tuple[str, ...] = ()
    pause_s: float = PAUSE_S


def check_online(places: Iterable[Place], asker: Asker, progress: Progress) -> Iterator[Finding]:
    """Yield what is found of outside addresses."""
    them = tuple(places)
    answers = answers_of(dict.fromkeys(page_of(place.address) for place in them), asker, progress)
    for place in them:
        finding = finding_of(place, answers[page_of(place.address)])
        if finding and finding.code not in place.accept:
            yield finding


def page_of(address: str) -> str:
    """Return an address without its anchor, which no server is told."""
    return address.partition("#")[0]


def finding_of(place: Place, answer: Known) -> Finding | None:
    """Return what an answer means for the article that leads there; nothing where all is well."""
    code, message = {
        "dead": ("address-dead", f"{place.address} leads nowhere: {answer.detail}"),
        "private": ("address-dead", f"{place.address} is out of a reader's reach: {answer.detail}"),
        "moved": ("address-moved", f"{place.address} has moved to {answer.detail}"),
        "unsure": ("address-unsure", f"{place.address} could not be checked: {answer.detail}"),
    }.get(answer.standing, ("", ""))
    return found(code, place.source, place.line, message, quote=place.address) if code else None


def answers_of(addresses: Iterable[str], asker: Asker, progress: Progress) -> Mapping[str, Known]:
    """Return how it stands with each address: remembered, or asked now, host by host."""
    now = int(time.time())
    wanted = tuple(addresses)
    known = {page: entry for page, entry in _load(asker.memory).items() if _holds(entry, now, asker.days)}
    by_host: dict[str, list[str]] = defaultdict(list)
    for page in wanted:
        if page not in known:
            by_host[urlsplit(page).netloc.rpartition("@")[2].casefold()].append(page)
    total = sum(map(len, by_host.values()))
    asked: dict[str, Answer] = {}
    with ThreadPoolExecutor(HOSTS_AT_ONCE) as threads:
        for answers in threads.map(lambda pages: _ask_host(pages, asker), by_host.values()):
            asked |= answers
            progress("ask", len(asked), total)
    if len(by_host) >= _ENOUGH_HOSTS and all(answer.detail in (UNKNOWN_NAME, NO_NAMES) for answer in asked.values()):
        return {page: known.get(page, Known("unsure", "this machine has no network", now)) for page in wanted}
    known |= {page: Known(answer.standing, answer.detail, now) for page, answer in asked.items()}
    if asked:
        _save(asker.memory, known)
    return {page: known[page] for page in wanted}


def _ask_host(pages: list[str], asker: Asker) -> dict[str, Answer]:
    """Ask one host for its pages, one after the other; a host that turns us away is left alone."""
    answers: dict[str, Answer] = {}
    for number, page in enumerate(pages):
        if number:
            time.sleep(asker.pause_s)
        answers[page] = ask(page, asker.private_hosts)
        if answers[page].status == HTTPStatus.TOO_MANY_REQUESTS:
            rest = Answer("unsure", "its server wants no more questions")
            return answers | dict.fromkeys(pages[number + 1 :], rest)
    return answers


def _holds(entry: Known, now: int, days: int) -> bool:
    age = now - entry.asked
    return 0 <= age < _DAY_S * (days if entry.standing in ("alive", "moved") else min(days, SOON_DAYS))


def _load(path: Path) -> dict[str, Known]:
    """Return remembered answers; none where the file is damaged, since all of it can be asked again."""
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["version"] != VERSION:
            return {}
        entries = {str(page): Known(**entry) for page, entry in document["answers"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {page: entry for page, entry in entries.items() if entry.standing in get_args(Standing)}


def _save(path: Path, known: Mapping[str, Known]) -> None:
    document = {"version": VERSION, "answers": {page: asdict(known[page]) for page in sorted(known)}}
    draft = path.with_name(f".{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    draft.replace(path)
