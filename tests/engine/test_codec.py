"""Articles as data: every class of the model comes back as it was, and nothing else is taken for one."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import typing
from datetime import date

import pytest

from pipeline import model
from pipeline.engine.codec import decode, encode
from pipeline.model import Article, Emph, Metadata, Para, Str

CLASSES = [kind for kind in vars(model).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]


def example(hint: object, depth: int = 0) -> object:
    """Return a value of a type, with something in every field."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    plain = {str: f"Ondt i ryggen \u00a0 \ud83d {depth}", int: 7, bool: True, date: date(2026, 3, 2)}
    if hint in plain:
        return plain[hint]
    if origin is typing.Literal:
        return inner[-1]
    if origin is collections.abc.Mapping:
        return {"title": example(inner[1], depth)}
    if origin is tuple:
        return tuple(example(each, depth) for each in inner if each is not Ellipsis)
    if inner:  # of a union each class in turn, and words where it goes deep
        inner = tuple(each for each in inner if each is not type(None))
        return example(Str if depth > 3 and Str in inner else Para if depth > 3 else inner[depth % len(inner)], depth)
    return filled(hint, depth + 1)  # type: ignore[arg-type]  # a class of the model


def filled(kind: type, depth: int = 0) -> typing.Any:
    hints = typing.get_type_hints(kind)
    return kind(**{entry.name: example(hints[entry.name], depth) for entry in dataclasses.fields(kind)})


def article(*blocks: model.Block) -> Article:
    return Article("a", "sources/a.md", Metadata("A"), blocks)


@pytest.mark.parametrize("kind", typing.get_args(model.Block))
def test_every_block_comes_back(kind: type) -> None:
    one = article(filled(kind))

    assert decode(encode(one)) == one


@pytest.mark.parametrize("kind", typing.get_args(model.Inline))
def test_every_inline_comes_back(kind: type) -> None:
    one = article(Para((filled(kind), Emph((filled(kind),)))))

    assert decode(encode(one)) == one


def test_an_article_with_something_in_every_field_comes_back() -> None:
    one = filled(Article)

    assert decode(encode(one)) == one
    assert encode(decode(encode(one))) == encode(one)


def test_every_class_of_the_model_is_met_in_an_article() -> None:
    """An edition is put together of articles, and never stored."""
    met = "".join(encode(article(*map(filled, typing.get_args(model.Block)))).decode() for _ in range(1))
    met += (
        "".join(encode(article(Para((filled(kind),)))).decode() for kind in typing.get_args(model.Inline))
        + encode(filled(Article)).decode()
    )

    assert [kind.__name__ for kind in CLASSES if f'["{kind.__name__}"' not in met] == [
        "FrontMatterKey",
        "ArticleMeta",
        "Edition",
    ]


BROKEN = {
    "no JSON": b"\x80\x04\x95",
    "another class": json.dumps(["Edition", "a"]).encode(),
    "no list": b'{"Article": 1}',
    "too few values": json.dumps(["Article", "a", "b"]).encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_other_data_is_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of several kinds
        decode(BROKEN[name])


@pytest.mark.parametrize(
    "block",
    [
        ["Str", "a"], ["Path", "/etc/passwd"], ["Para", [["Str", 7]], 0], ["Para", [["Str", "a"]], True],
        ["Para", "a", 0], ["Para", [["Para", [], 0]], 0], [["Para"], [], 0], [], "Para", None,
        ["Callout", "loud", [], [], 0],
        ["Para", [["eval", "1"]], 0],
    ],
)  # fmt: skip
def test_a_block_of_another_shape_is_refused(block: object) -> None:
    form = json.loads(encode(article(Para((Str("a"),), 1))))
    form[4] = [block]

    with pytest.raises(ValueError, match=r"expected|in tuple|longer|shorter"):
        decode(json.dumps(form).encode())


def test_a_date_that_is_none_is_refused() -> None:
    data = encode(Article("a", "a.md", Metadata(published=date(2026, 3, 2)), ()))

    with pytest.raises(ValueError, match="month"):
        decode(data.replace(b"2026-03-02", b"2026-13-02"))


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode(b'["Article",' + b"[" * 100_000 + b"]" * 100_000 + b"]")
