"""QR codes as PNG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

QUIET_ZONE_MODULES = 4
"""Modules of white around the code: ISO/IEC 18004, 9.1."""
_PX_PER_MODULE = 8


@dataclass(frozen=True, slots=True)
class QrCode:
    """A picture of an address."""

    png: bytes
    width_mm: float
    """With its quiet zone."""


@lru_cache(maxsize=64)  # a handout is laid out in several settings, its code is one
def qr_code(address: str, code_mm: float) -> QrCode:
    """Return the code of an address, its modules together `code_mm` wide.

    Error correction M: a fold or a coffee stain of 15 % is survived.
    """
    import segno

    code = segno.make(address, error="m", micro=False, boost_error=False)
    modules = code.symbol_size(border=0)[0]
    png = io.BytesIO()
    code.save(png, kind="png", scale=_PX_PER_MODULE, border=QUIET_ZONE_MODULES)
    return QrCode(png.getvalue(), round(code_mm * (modules + 2 * QUIET_ZONE_MODULES) / modules, 2))
