"""JSON Schemas of `publish.toml` and of front matter, for completion and validation in editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from pipeline import writers
from pipeline.config import SECTIONS
from pipeline.model import FRONT_MATTER_KEYS, ValueForm
from pipeline.reading.frontmatter import names_of

BEGIN, END = "<!-- keys: nox -s docs -->", "<!-- end of keys -->"
"""Stand around the table of front-matter keys in `docs/articles.md`."""
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_LIST: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_DATE: dict[str, Any] = {"type": "string", "examples": ["2025-04-30", "30-04-2025", "30. april 2025"]}
_LISTED_ARTICLE: dict[str, Any] = {
    "anyOf": [
        _TEXT,
        {
            "type": "object",
            "not": {"required": ["part"]},
            "additionalProperties": {"enum": ["full", "teaser"]},
            "maxProperties": 1,
        },
        {
            "type": "object",
            "properties": {"id": _TEXT, "dose": _TEXT, "dose_by": _TEXT},
            "required": ["id"],
            "additionalProperties": False,
        },
    ]
}
"""An article of an edition, with or without how much of it a newsletter shows."""
_EDITION_PART: dict[str, Any] = {
    "type": "object",
    "properties": {"part": _TEXT, "articles": {"type": "array", "items": _LISTED_ARTICLE, "minItems": 1}},
    "required": ["part", "articles"],
    "additionalProperties": False,
}
_COLLECTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": _TEXT,
        "position": {"type": ["integer", "string"], "pattern": r"^[0-9]+(\.[0-9]+)*$"},
        "type": {"enum": ["series", "set"]},
    },
    "required": ["title"],
    "additionalProperties": False,
}
_FORMS: Mapping[ValueForm, dict[str, Any]] = {
    "date": _DATE,
    "names": _TEXT_LIST,
    "tags": _TEXT_LIST,
    "points": _TEXT_LIST,
    "formats": _TEXT_LIST,
    "contents": {"type": "array", "items": {"anyOf": [*_LISTED_ARTICLE["anyOf"], _EDITION_PART]}},
    "series": {"anyOf": [_TEXT, _COLLECTION, {"type": "array", "items": {"anyOf": [_TEXT, _COLLECTION]}}]},
    "events": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"title": _TEXT, "date": _DATE, "time": _TEXT, "place": _TEXT, "url": _TEXT},
            "required": ["title"],
        },
    },
    "hours": {"type": "object", "additionalProperties": _TEXT},
    "flag": {"type": "boolean"},
    "related": {"type": "array", "items": {"anyOf": [_TEXT, {"type": "object"}]}},
    "accept": {"type": "object", "additionalProperties": _TEXT},
}
"""The shape of each form that is more than a text."""


def config_schema() -> dict[str, Any]:
    tables = dict(SECTIONS) | {name: writers.load_writer(name).Options for name in writers.installed_writers()}
    return {
        "$schema": _DRAFT,
        "title": "publish.toml",
        "type": "object",
        "properties": {name: _options_schema(shape) for name, shape in tables.items()},
        "additionalProperties": False,
    }


def front_matter_schema() -> dict[str, Any]:
    properties = {
        key.name: _FORMS.get(key.form, _TEXT)
        | {"description": f"{key.meaning[:1].upper()}{key.meaning[1:]}. Also known as {', '.join(names_of(key)[1:])}."}
        for key in FRONT_MATTER_KEYS.values()
    }
    # Other keys are allowed: sites keep their own beside ours, and reading notes them.
    return {"$schema": _DRAFT, "title": "Front matter of an article", "type": "object", "properties": properties}


def with_keys(document: str) -> str:
    """Return a document with the table of front-matter keys between its markers."""
    rows = (f"| `{key.name}` | {key.meaning} | {_coded(names_of(key)[1:])} |" for key in FRONT_MATTER_KEYS.values())
    table = "\n".join(("| key | meaning | other names |", "|---|---|---|", *rows))
    before, _, rest = document.partition(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _options_schema(shape: type[Any]) -> dict[str, Any]:
    definition: dict[str, Any] = msgspec.json.schema(shape)["$defs"][shape.__name__]
    return definition | {"additionalProperties": False, "description": (shape.__doc__ or "").strip()}


if __name__ == "__main__":
    import sys
    from pathlib import Path

    page = Path(sys.argv[1])
    page.write_text(with_keys(page.read_text("utf-8")), "utf-8", newline="\n")
