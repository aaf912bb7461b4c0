"""Rewrites a drawing into what WeasyPrint 70 draws, and names each part that is left out."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import cssselect2
import tinycss2
from lxml import etree
from tinycss2.color5 import parse_color

from pipeline.errors import SourceError
from pipeline.pictures.image_files import verify_image
from pipeline.pictures.svg import HREFS, SVG

_DRAWN = re.compile(
    "svg|g|defs|symbol|use|switch|circle|ellipse|line|path|polyline|polygon|rect|text|tspan|tref|image|linearGradient|"
    "radialGradient|stop|pattern|clipPath|mask|marker|filter|feOffset|feBlend|style|a"
)
_WITHOUT_INK = ("title", "desc", "metadata", "view", "cursor")
_MEANINGS = {
    "foreignObject": "HTML text", "textPath": "text along a line", "script": "what a script draws", "filter": "effects",
    "set": "movement", "animate": "movement", "animateTransform": "movement", "animateMotion": "movement",
}  # fmt: skip
_UNDRAWN_PROPERTIES = re.compile(
    "paint-order|mix-blend-mode|vector-effect|writing-mode|baseline-shift|shape-inside|inline-size|text-decoration|"
    "text-decoration-line|text-transform|word-spacing|text-shadow|mask-image|offset-path|scale|translate|animation|"
    "animation-name|transform-box|d"
)
_NEUTRAL = re.compile(r"|normal|none|auto|baseline|fill|inherit|initial|unset|view-box|lr|lr-tb|horizontal-tb|0(px)?")
_COLOURS = frozenset(("fill", "stroke", "stop-color", "color"))
_NO_COLOUR = re.compile(r"none|inherit|initial|unset|context-fill|context-stroke|url\(.*", re.DOTALL)
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)")
_VARIABLE_VALUE = re.compile(r"(?<![\w-])(--[\w-]+)\s*:([^;{}]*)")
_LIGHT_DARK = re.compile(r"light-dark\(((?:[^,()]|\([^()]*\))+),(?:[^()]|\([^()]*\))*\)")
_FONT = re.compile(r"(?<![\w-])font\s*:\s*((?:[a-z]+\s+|[1-9]00\s+)*)([\d.]+[a-z%]*)(?:\s*/\s*[\w.%]+)?\s+([^;{}]+)")
_NUMBER = r"[\s,]*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
_CURVE_AT_START = re.compile(rf"\A\s*[Mm]{_NUMBER}{_NUMBER}(?=\s*([CcSsQq]){_NUMBER}{_NUMBER})")
_GONE = "gone"
_EVERYWHERE = {"maskUnits": "userSpaceOnUse", "x": "-1e5", "y": "-1e5", "width": "2e5", "height": "2e5"}
_MAX_NESTED_VARIABLES = 5
_MAX_VALUE_LETTERS = 100
_SHORT = 0.001
"""Length of the line inserted before a curve, so that an arrow at its start points along it."""


@dataclass(slots=True)
class SvgRewriter:
    """Rewrites one drawing in place."""

    root: etree._Element
    lost: dict[str, None] = field(default_factory=dict)
    """The parts left out, each once, in the order of the drawing."""
    _tags: set[str] = field(init=False)
    _references: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._tags = {_name(element) for element in self.root.iter()}
        texts = ((*element.attrib.values(), element.text or "") for element in self.root.iter())
        self._references = {id_ for pieces in texts for piece in pieces for id_ in re.findall(r"#([^\s\"')]+)", piece)}

    def rewrite(self) -> tuple[str, ...]:
        """Rewrite the drawing, and return the parts that are left out."""
        for style in self.root.iter(f"{SVG}style"):
            style.text = self._drawn_style("".join(style.itertext()))
        self._insert_values()
        self._remove_outside(self.root)
        self._rewrite_below(self.root)
        etree.strip_elements(self.root, _GONE, with_tail=False)
        self.lost.update(dict.fromkeys(_undrawn_style(self.root)))
        return tuple(self.lost)

    def _lose(self, part: str, detail: str = "") -> None:
        self.lost[f"{part}: {detail[:60]!r}" if detail else part] = None

    # ---- elements

    def _rewrite_below(self, parent: etree._Element) -> None:
        if parent.tag == f"{SVG}switch":
            self._choose_alternative(parent)
        for element in list(parent):
            if self._is_drawn(element):
                self._remove_outside(element)
                self._rewrite_element(element)
                self._rewrite_below(element)
            else:
                element.tag = _GONE

    def _is_drawn(self, element: etree._Element) -> bool:
        """Tell whether WeasyPrint draws an element; one that it leaves out, but a browser draws, is lost."""
        name = _name(element)
        if not str(element.tag).startswith(SVG) or name in _WITHOUT_INK:
            return False
        details = _words(element) if name != "script" else ""
        if _DRAWN.fullmatch(name):
            effects = {_name(child) for child in element} - {"feOffset", "feBlend"} if name == "filter" else set()
            by_box = f"{name}ContentUnits" if name == "mask" else "clipPathUnits"
            if not effects and (name not in ("mask", "clipPath") or element.get(by_box) != "objectBoundingBox"):
                return name != "image" or self._is_embedded(element)
            if name in ("filter", "mask", "clipPath") and element.get("id") not in self._references:
                return False
            details = ", ".join(sorted(effects))
        self._lose(f"{_MEANINGS.get(name, 'an element')} <{name}>", details)
        return False

    def _is_embedded(self, image: etree._Element) -> bool:
        """Tell whether an image holds a whole picture; any other is lost."""
        address = next((image.get(name, "") for name in HREFS if image.get(name)), "")
        head, _, data = address.partition(",")
        try:
            if not re.fullmatch(r"data:image/\w+;base64", head):
                raise ValueError
            verify_image(base64.b64decode(data))
        except (ValueError, SourceError):
            self._lose("a picture <image>", head)
            return False
        return True

    def _choose_alternative(self, switch: etree._Element) -> None:
        """Keep the first child of a switch that can be drawn; HTML with the same words is no loss."""
        children = [child for child in switch if _name(child) not in _WITHOUT_INK]
        fitting = [child for child in children if child.get("systemLanguage") is None] or children
        chosen = next((child for child in fitting if _name(child) != "foreignObject"), None)
        for child in children if chosen is not None else ():
            if child is not chosen:
                words = _words(child)
                before = _name(child) == "foreignObject" or child.get("systemLanguage") is not None
                if before and words and _words(chosen) not in ("", words):
                    self._lose(f"an alternative <{_name(child)}>", words)
                child.tag = _GONE
        switch.tag = f"{SVG}g"

    def _rewrite_element(self, element: etree._Element) -> None:
        name = _name(element)
        if name == "a":
            element.tag = f"{SVG}tspan" if _name(element.getparent()) in ("text", "tspan") else f"{SVG}g"
        elif name == "svg" or (name == "use" and "symbol" in self._tags):
            for side in ("width", "height"):
                element.set(side, element.get(side, "100%"))
        elif name == "mask":
            # WeasyPrint knows the box of rectangles only.
            element.attrib.update(_EVERYWHERE)
        elif name == "marker":
            element.set("orient", element.get("orient", "0").removesuffix("deg"))
        elif name in ("polyline", "polygon") and "marker" in self._tags:
            element.tag = f"{SVG}path"
            element.set("d", f"M{element.attrib.pop('points', '')}{'Z' if name == 'polygon' else ''}")
        elif name == "path" and "marker" in self._tags:
            element.set("d", _CURVE_AT_START.sub(_with_short_line, element.get("d", ""), count=1))

    def _remove_outside(self, element: etree._Element) -> None:
        """Remove handlers of events, and references to other files."""
        for name, value in list(element.attrib.items()):
            is_link = name in HREFS and _name(element) == "a"
            is_file = name in HREFS and not value.startswith(("#", "data:" if _name(element) == "image" else "#"))
            if not is_link and (is_file or has_external_reference(value)):
                self._lose("a file outside the drawing", value)
            if is_link or is_file or has_external_reference(value) or str(name).lower().startswith("on"):
                del element.attrib[name]

    # ---- style

    def _drawn_style(self, css: str) -> str:
        """Return a style sheet without the rules that are not drawn."""
        kept = []
        for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
            try:
                written = rule.serialize()
                if rule.type == "qualified-rule":
                    cssselect2.compile_selector_list(rule.prelude)
            except (TypeError, cssselect2.SelectorError):  # tinycss2 cannot write each rule that it cannot read
                self._lose("a style", tinycss2.serialize(rule.content) if rule.type == "qualified-rule" else "")
                continue
            if rule.type == "qualified-rule":
                if not has_external_reference(written):
                    kept.append(written)
                    continue
                self._lose("a file outside the drawing", written)
            elif rule.type == "at-rule" and rule.lower_at_keyword == "media":
                media = tinycss2.serialize(rule.prelude).strip().lower()
                if media in ("", "all", "screen") and rule.content is not None:
                    kept.append(self._drawn_style(tinycss2.serialize(rule.content)))
                elif media != "print" and "prefers-" not in media:
                    self._lose(f"a style for {media}")
            elif rule.type == "at-rule" and rule.lower_at_keyword not in ("charset", "namespace"):
                self._lose(f"a style @{rule.lower_at_keyword}", tinycss2.serialize(rule.prelude).strip())
        return "\n".join(kept)

    def _insert_values(self) -> None:
        """Insert the values of variables that have one value, light colours, and fonts in parts."""
        styled = [
            (element, name, value) for element in self.root.iter() for name, value in list(element.attrib.items())
            if "var(" in value or "light-dark(" in value or name == "style"
        ]  # fmt: skip
        values = self._variable_values([value for _, _, value in styled])

        def insert(variable: re.Match[str]) -> str:
            known = values.get(variable[1]) or {(variable[2] or "").strip()} - {""}
            if len(known) != 1:
                self._lose("a style", variable[0])
            return next(iter(known)) if len(known) == 1 else (variable[2] or "none")

        for _ in range(_MAX_NESTED_VARIABLES):
            values = {name: {_VARIABLE.sub(insert, each) for each in own} for name, own in values.items()}
            values = {name: own for name, own in values.items() if max(map(len, own)) <= _MAX_VALUE_LETTERS}

        def plain(css: str) -> str:
            css = _VARIABLE.sub(insert, css)
            return _FONT.sub(_font_in_parts, _LIGHT_DARK.sub(lambda colours: colours[1].strip(), css))

        for style in self.root.iter(f"{SVG}style"):
            style.text = plain(style.text or "")
        for element, name, value in styled:
            element.set(name, plain(value))

    def _variable_values(self, attributes: list[str]) -> dict[str, set[str]]:
        """Return every value of each variable, in style sheets and attributes."""
        values: dict[str, set[str]] = {}
        sheets = [style.text or "" for style in self.root.iter(f"{SVG}style")]
        for css in (*sheets, *attributes):
            for name, value in _VARIABLE_VALUE.findall(css):
                values.setdefault(name, set()).add(value.strip())
        return values


def has_external_reference(value: str) -> bool:
    plain = re.sub(r"\\|/\*.*?\*/", "", value).lower()
    return "@import" in plain or any(
        not address.lstrip("\"' ").startswith("#") for address in re.findall(r"url\(([^)]*)\)", plain)
    )


def _name(element: etree._Element | None) -> str:
    return "" if element is None else str(element.tag).rpartition("}")[2]


def _words(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _with_short_line(start: re.Match[str]) -> str:
    """Return the start of a curve with a short line along it: WeasyPrint turns an arrow at a line rightly."""
    x, y = float(start[4]), float(start[5])
    if start[3].isupper():
        x, y = x - float(start[1]), y - float(start[2])
    length = math.hypot(x, y)
    return f"{start[0]} l{x / length * _SHORT:.6f} {y / length * _SHORT:.6f}" if length else start[0]


def _font_in_parts(font: re.Match[str]) -> str:
    style = next((word for word in font[1].split() if word in ("italic", "oblique")), "normal")
    weight = next((word for word in font[1].split() if word.startswith("bold") or word[0].isdigit()), "normal")
    return f"font-style:{style};font-weight:{weight};font-size:{font[2]};font-family:{font[3]}"


def _undrawn_style(root: etree._Element) -> Iterator[str]:
    """Yield what WeasyPrint does not know of the style of a drawing."""
    for name, value in _declarations(root):
        plain = value.strip().lower()
        is_colour = name in _COLOURS and not _NO_COLOUR.fullmatch(plain)
        by_function = name in ("filter", "clip-path", "mask") and plain != "none" and not plain.startswith("url(")
        if (_UNDRAWN_PROPERTIES.fullmatch(name) and not _NEUTRAL.fullmatch(plain)) or by_function:
            yield f"the style {name}: {value[:60].strip()}"
        elif is_colour and parse_color(plain) is None:
            yield f"the colour {value[:60].strip()}"


def _declarations(root: etree._Element) -> Iterator[tuple[str, str]]:
    for element in root.iter():
        yield from ((str(name), value) for name, value in element.attrib.items() if name != "d")
        rules = tinycss2.parse_stylesheet(element.text or "") if element.tag == f"{SVG}style" else ()
        contents = (element.get("style", ""), *(rule.content for rule in rules if rule.type == "qualified-rule"))
        for content in contents:
            for each in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
                if each.type == "declaration":
                    yield each.lower_name, tinycss2.serialize(each.value)
