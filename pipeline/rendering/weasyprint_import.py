"""Imports WeasyPrint, without the search for its libraries that takes half of the time.

It tries names of other systems first, and for each of them Python asks ldconfig, gcc and ld: 54 processes. On Linux the
libraries have one name, which needs no search.
"""

from __future__ import annotations

import ctypes.util
import io
import sys
from contextlib import redirect_stdout, suppress


def _find_nothing(name: str) -> str | None:  # noqa: ARG001
    return None


def _import_by_name() -> None:
    search = ctypes.util.find_library
    ctypes.util.find_library = _find_nothing
    try:
        # Where that fails, WeasyPrint says so on the terminal; whoever imports it next lets it search.
        with suppress(OSError), redirect_stdout(io.StringIO()):
            import weasyprint  # noqa: F401
    finally:
        ctypes.util.find_library = search


if sys.platform == "linux":
    _import_by_name()
