"""Markdown to pandoc's document model: many texts per process, and none can hold up the others."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import ConfigError

DIALECT = (
    "commonmark_x"
    "+alerts"  # > [!WARNING]
    "+autolink_bare_uris"  # web sites make links of addresses, and a reader of a mail expects it
    "+sourcepos"  # every finding names its line
    "-emoji"  # :10: is text
    "-fancy_lists"  # `A. Hansen` begins no list, and `a)` keeps its letter
    "-implicit_header_references"  # [Øvelser] stays in its brackets
    "-raw_attribute"  # no author writes raw LaTeX or HTML for one output
    "-smart"  # typography is our own, by language
    "-subscript"  # a~b: the web writes <sub>
    "-superscript"  # x^2 … 2^ would be one long superscript
    "-tex_math_dollars"  # $ is money
    "-yaml_metadata_block"  # `---` in the text is a rule; front matter has been read before
)
"""What a web CMS writes: CommonMark with tables, footnotes, definition lists, divs, spans and attributes."""

MEMORY = "-M512M"
"""A footnote in a circle takes all memory there is otherwise."""

# Source positions wrap every word in a span; taking those away here makes JSON a fifth, and decoding as much faster.
# A quotation mark within a JSON string is escaped, so that the pattern cannot match inside of text.
_WRAPPED = re.compile(
    rb'\{"t":"Span","c":\[\["",\[\],\[\["wrapper","1"\],\["data-pos","[0-9:;-]*"\]\]\],\['
    rb'(\{"t":"(?:Space|SoftBreak|LineBreak)"\}|\{"t":"Str","c":"[^"\\]*(?:\\.[^"\\]*)*"\})\]\]\}'
)


@dataclass(frozen=True, slots=True)
class Document:
    """A text as pandoc read it."""

    data: bytes
    """pandoc's JSON, without the wrappers of single words."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why pandoc could not read a text."""

    message: str


def read_many(texts: Sequence[str], timeout_s: float) -> list[Document | Failure]:
    """Read Markdown texts, in order.

    All go to one process; where it stops or takes too long, the text it stopped at is read alone, in a sandbox, and the
    rest goes on in a new process. So a bad text costs itself, and what was read before it stands.

    Args:
        timeout_s: Limit of a process, for many texts or for one.

    Raises:
        ConfigError: pandoc is not installed.
    """
    results: list[Document | Failure] = []
    while len(results) < len(texts):
        results += _read_batch(texts[len(results) :], timeout_s)
        if len(results) < len(texts):
            results.append(read_alone(texts[len(results)], timeout_s))
    return results


def read_alone(text: str, timeout_s: float) -> Document | Failure:
    """Read one text in a process of its own, in pandoc's sandbox."""
    command = [str(program()), "--sandbox", "--from", DIALECT, "--to", "json", "+RTS", MEMORY, "-RTS"]
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=timeout_s, env=_environment(), check=False
        )
    except subprocess.TimeoutExpired:
        return Failure(f"reading took longer than {timeout_s:g} s")
    if done.returncode == _OUT_OF_MEMORY:
        return Failure(f"reading took more memory than {MEMORY[2:]}B")
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"]
        return Failure(f"pandoc: {reason[0]}")
    return _document(done.stdout.strip())


_OUT_OF_MEMORY = 251


def _read_batch(texts: Sequence[str], timeout_s: float) -> list[Document | Failure]:
    """Read texts in one process; fewer results than texts where it did not come to the end."""
    # pandoc's Lua has no sandbox: it is given texts only, never files to open, and reads with none in reach.
    command = [str(program()), "lua", "+RTS", MEMORY, "-RTS", str(_script()), DIALECT]
    lines = b"".join(json.dumps(text).encode() + b"\n" for text in texts)
    try:
        done = subprocess.run(
            command, input=lines, capture_output=True, timeout=timeout_s, env=_environment(), check=False
        )
        output = done.stdout
    except subprocess.TimeoutExpired as stopped:
        output = stopped.stdout or b""
    # What stands behind the last line end was cut off in the middle.
    return [_document(line) for line in output.split(b"\n")[:-1]][: len(texts)]


def _document(data: bytes) -> Document | Failure:
    if data.startswith(b'"'):
        return Failure(f"pandoc: {json.loads(data)}")
    return Document(_WRAPPED.sub(rb"\1", data))


@cache
def program() -> Path:
    """Return the pandoc that pypandoc_binary brought along.

    Found without importing pypandoc, whose own search starts pandoc to ask for its version.

    Raises:
        ConfigError: It is not installed.
    """
    spec = find_spec("pypandoc")
    for folder in spec.submodule_search_locations or () if spec else ():
        for name in ("pandoc", "pandoc.exe"):
            path = Path(folder) / "files" / name
            if path.is_file():
                return path
    raise ConfigError("pandoc is missing", hint="pip install pypandoc_binary")


def _script() -> Path:
    return Path(__file__).with_name("pandoc.lua")


def _environment() -> dict[str, str]:
    """Return the environment of pandoc: nothing of the user's but what Windows needs to start a program."""
    return {"LANG": "C.UTF-8"} | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
