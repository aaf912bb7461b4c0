"""Runs pandoc: Markdown texts in batches to its JSON document model, with time and memory limits."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired

from pipeline.errors import ConfigError
from pipeline.limits import WALL_CLOCK_FACTOR
from pipeline.programs import NEUTRAL_FOLDER
from pipeline.timing import timed_phase

if sys.platform != "win32":
    import resource

# What a web CMS writes: CommonMark with tables, footnotes, definition lists, divs, spans and attributes.
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

_SCRIPT = Path(__file__).with_name("pandoc.lua")
MEMORY_MB = 512  # A footnote in a circle takes all memory there is otherwise
_MEMORY_OPTION = f"-M{MEMORY_MB}M"

# Source positions wrap every word in a span; taking those away here makes JSON a fifth, and decoding as much faster.
# A quotation mark within a JSON string is escaped, so that the pattern cannot match inside of text.
_WRAPPER_SPAN = re.compile(
    rb'\{"t":"Span","c":\[\["",\[\],\[\["wrapper","1"\],\["data-pos","[0-9:;-]*"\]\]\],\['
    rb'(\{"t":"(?:Space|SoftBreak|LineBreak)"\}|\{"t":"Str","c":"[^"\\]*(?:\\.[^"\\]*)*"\})\]\]\}'
)
_TOKEN = re.compile(rb'"data-pos","(?P<line>[0-9]+)[^"]*"|"[^"\\]*(?:\\.[^"\\]*)*"|(?P<opens>[\[{])|(?P<closes>[\]}])')


@dataclass(frozen=True, slots=True)
class PandocDocument:
    data: bytes  # pandoc's JSON, without the wrappers of single words

    def deepest_line(self) -> int:
        """Return the line of the text, from 1, on which elements nest most deeply; 0 where pandoc gave none."""
        depth, greatest, line, found = 0, 0, 0, 0
        for token in _TOKEN.finditer(self.data):
            if token["line"]:
                line = int(token["line"])
            elif token["opens"]:
                depth += 1
                if depth > greatest:
                    greatest, found = depth, line
            elif token["closes"]:
                depth -= 1
        return found


@dataclass(frozen=True, slots=True)
class PandocFailure:
    message: str


@timed_phase("pandoc")
def parse_many(texts: Sequence[str], timeout_s: int) -> list[PandocDocument | PandocFailure]:
    """Read Markdown texts, in order.

    All go to one process; where it stops or takes too long, the text it stopped at is read alone, in a sandbox, and the
    rest goes on in a new process. So a bad text fails alone, and the texts before it are kept.

    Args:
        timeout_s: Limit of a process, for many texts or for one, in seconds of a processor: what other work a machine
            has must not decide what is published.

    Raises:
        ConfigError: pandoc is not installed.
    """
    results: list[PandocDocument | PandocFailure] = []
    while len(results) < len(texts):
        results += _parse_batch(texts[len(results) :], timeout_s)
        if len(results) < len(texts):
            results.append(parse_one(texts[len(results)], timeout_s))
    return results


def parse_one(text: str, timeout_s: int) -> PandocDocument | PandocFailure:
    """Read one text in a process of its own, in pandoc's sandbox."""
    done = convert(text.encode(), ("--from", DIALECT, "--to", "json"), timeout_s)
    return done if isinstance(done, PandocFailure) else _parse_document(done.strip())


def convert(data: bytes, options: Sequence[str], timeout_s: int) -> bytes | PandocFailure:
    """Convert one document in a process of its own, in pandoc's sandbox, where it opens no file and no address.

    Args:
        options: Of pandoc: `--from`, `--to` and the like.
    """
    command = [str(pandoc_path()), "--sandbox", *options, "+RTS", _MEMORY_OPTION, "-RTS"]
    done = _run_pandoc(command, data, timeout_s)
    if done.is_timed_out:
        return PandocFailure(f"reading took longer than {timeout_s} s")
    if done.code == _OUT_OF_MEMORY:
        return PandocFailure(f"reading took more memory than {MEMORY_MB} MB")
    if done.code:
        reason = done.log.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.code}"]
        return PandocFailure(f"pandoc: {reason[0]}")
    return done.output


_OUT_OF_MEMORY = 251


def _parse_batch(texts: Sequence[str], timeout_s: int) -> list[PandocDocument | PandocFailure]:
    """Read texts in one process; fewer results than texts where it did not come to the end."""
    # pandoc's Lua has no sandbox: it is given texts only, never files to open, and reads with none in reach.
    command = [str(pandoc_path()), "lua", "+RTS", _MEMORY_OPTION, "-RTS", str(_SCRIPT), DIALECT]
    done = _run_pandoc(command, b"".join(json.dumps(text).encode() + b"\n" for text in texts), timeout_s)
    # The output behind the last line end is incomplete.
    documents = [_parse_document(line) for line in done.output.split(b"\n")[:-1]][: len(texts)]
    if done.is_timed_out and len(documents) == len(texts) - 1:
        documents.append(PandocFailure(f"reading took longer than {timeout_s} s"))  # alone, it would take as long again
    return documents


@dataclass(frozen=True, slots=True)
class _PandocResult:
    code: int
    output: bytes
    log: bytes
    is_timed_out: bool


def _run_pandoc(command: Sequence[str], text: bytes, timeout_s: int) -> _PandocResult:
    # Nothing of the user's environment but what Windows needs to start a program.
    environment = {"LANG": "C.UTF-8"} | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, cwd=NEUTRAL_FOLDER) as process:
        if sys.platform == "linux":  # the kernel holds what pandoc's own runtime does not, within Lua
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_DATA, (_DATA_BYTES, _DATA_BYTES))
                resource.prlimit(process.pid, resource.RLIMIT_CPU, (timeout_s, timeout_s + 1))
        try:
            output, log = process.communicate(text, timeout_s * WALL_CLOCK_FACTOR)
        except TimeoutExpired as stopped:
            process.kill()
            process.communicate()
            return _PandocResult(-signal.SIGTERM, stopped.stdout or b"", b"", is_timed_out=True)
    return _PandocResult(process.returncode, output, log, is_timed_out=process.returncode in _TIMEOUT_SIGNALS)


_TIMEOUT_SIGNALS = {-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGKILL", 0)} - {0}
# Above what the runtime allows: where it holds, its own word is the better one.
_DATA_BYTES = (MEMORY_MB + 256) * 1_000_000


def _parse_document(data: bytes) -> PandocDocument | PandocFailure:
    if data.startswith(b'"'):
        return PandocFailure(f"pandoc: {json.loads(data)}")
    return PandocDocument(_WRAPPER_SPAN.sub(rb"\1", data))


@cache
def pandoc_path() -> Path:
    """Return the pandoc that pypandoc_binary brought along.

    Found without importing pypandoc, whose own search starts pandoc to ask for its version.

    Raises:
        ConfigError: It is not installed.
    """
    spec = find_spec("pypandoc")
    folders = spec.submodule_search_locations or () if spec else ()
    paths = (Path(folder) / "files" / name for folder in folders for name in ("pandoc", "pandoc.exe"))
    if path := next(filter(Path.is_file, paths), None):
        return path
    raise ConfigError("pandoc is missing", hint="pip install pypandoc_binary")
