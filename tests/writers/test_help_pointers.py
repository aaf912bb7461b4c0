"""The band below the lead: it leads to every box of help that stands overleaf, whatever room the band takes itself."""

from __future__ import annotations

from pipeline.rendering.pdf_layout import Layout, lay_out
from pipeline.writers.handout.help_pointers import HELP_ID, lay_out_pointing

CSS = "@page { size: 100mm 120mm; margin: 0 } body { margin: 0 } div { break-inside: avoid }"
BOXES = tuple(f"{HELP_ID}{number}" for number in (1, 2, 3))


def lay(pointed: frozenset[str] | None) -> Layout:
    """Lay out a page whose third box is overleaf without a band; each part of the band takes 30 mm."""
    band = "".join(f'<div data-leads="{box}" style="height: 30mm">Se side 2</div>' for box in sorted(pointed or ()))
    boxes = "".join(f'<div id="{box}" style="height: 45mm">Tegn</div>' for box in BOXES)
    lead = '<div style="height: 20mm">Indledning</div>'
    return lay_out(f"<html><body>{lead}{band}{boxes}</body></html>", CSS, {})


def test_a_box_that_the_band_moves_overleaf_is_led_to_as_well() -> None:
    layout = lay_out_pointing(lay)

    overleaf = {box for box in BOXES if layout.page_of[box] > 1}
    led_to = {element.get("data-leads") for element in layout.root.iter() if element.get("data-leads")}
    assert overleaf == led_to == set(BOXES)
