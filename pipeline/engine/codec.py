"""The codec of articles: JSON that names the classes of `pipeline.model`, decoded with a check of every type.

The JSON may come from anywhere: decoding makes only objects of the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache, partial
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pipeline.model import Article

_PLAIN = frozenset({str, int, bool, type(None)})


def encode(article: Article) -> bytes:
    """Return an article as JSON: each object of the model is a list of its class's name and its values in order."""
    # Not msgspec: front matter may hold unpaired surrogates, which JSON can escape and UTF-8 cannot hold.
    return json.dumps(_encoded(article), separators=(",", ":")).encode()


def decode(data: bytes) -> Article:
    """Return the encoded article.

    Raises:
        ValueError: The data is not JSON, or does not fit the model.
    """
    try:
        article: Article = _decoder(Article)(json.loads(data))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return article


def _encoded(value: Any) -> object:
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return [_encoded(item) for item in value]
    if kind is dict:
        return {name: _encoded(item) for name, item in value.items()}
    if kind is date:
        return value.isoformat()
    return [kind.__name__, *[_encoded(getattr(value, name)) for name in _hints(kind)]]


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    """Return the type of each field of a class, in order."""
    if not is_dataclass(kind) or kind.__module__ != Article.__module__:
        raise TypeError(f"{kind} is no class of the model")
    hints = get_type_hints(kind)
    return {entry.name: hints[entry.name] for entry in fields(kind)}


@cache
def _decoder(hint: Any) -> Callable[[Any], Any]:
    """Return the function that checks a JSON value against a type, and converts it."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return partial(_checked, hint)
    if hint is date:
        return lambda value: date.fromisoformat(_checked(str, value))
    if origin is Literal:
        return lambda value: inner[inner.index(_checked(str, value))]
    if origin is Mapping:
        decoder = _decoder(inner[1])
        return lambda value: {name: decoder(item) for name, item in _checked(dict, value).items()}
    if origin is tuple and inner[-1] is Ellipsis:
        decoder = _decoder(inner[0])
        return lambda value: tuple([decoder(item) for item in _checked(list, value)])
    if origin is tuple:
        decoders = tuple(map(_decoder, inner))
        return lambda value: _each(decoders, _checked(list, value))
    if type(None) in inner:
        decoder = _decoder(next(kind for kind in inner if kind is not type(None)))
        return lambda value: None if value is None else decoder(value)
    return partial(_object, {kind.__name__: kind for kind in inner or (hint,)})


def _checked(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{str(value)[:60]!r}, expected {kind.__name__}")
    return value


def _each(decoders: tuple[Callable[[Any], Any], ...], values: list[Any]) -> tuple[Any, ...]:
    return tuple([decoder(value) for decoder, value in zip(decoders, values, strict=True)])


def _object(classes: Mapping[str, type], value: Any) -> Any:
    """Return an object of one of the classes."""
    name, *values = _checked(list, value) or [None]
    if _checked(str, name) not in classes:
        raise ValueError(f"{name[:60]!r}, expected {' or '.join(classes)}")
    return classes[name](*_each(_fields(classes[name]), values))


@cache
def _fields(kind: type) -> tuple[Callable[[Any], Any], ...]:
    return tuple(map(_decoder, _hints(kind).values()))
