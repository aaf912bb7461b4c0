"""QR codes are read by a QR code reader."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.writers.handout.print_html import QR_CODE_MM, QUIET_ZONE_MODULES, qr_code

ADDRESS = "https://klinik.example/blog/ondt-i-ryggen"


def test_a_telephone_reads_the_address() -> None:
    picture = Image.open(io.BytesIO(qr_code(ADDRESS)[0])).convert("L")

    text, _, _ = cv2.QRCodeDetector().detectAndDecode(np.array(picture))

    assert text == ADDRESS


def test_the_quiet_zone_is_four_modules_and_comes_on_top_of_the_width() -> None:
    png, width_mm = qr_code(ADDRESS)

    picture = Image.open(io.BytesIO(png)).convert("L")
    left, top, right, _ = Image.eval(picture, lambda value: 255 - value).getbbox() or (0, 0, 0, 0)
    modules = picture.width // 8
    assert left == top == QUIET_ZONE_MODULES * 8
    assert width_mm * (right - left) / picture.width == pytest.approx(QR_CODE_MM, abs=0.01)
    assert modules == (right - left) // 8 + 2 * QUIET_ZONE_MODULES


def test_the_same_address_gives_the_same_bytes() -> None:
    assert qr_code(ADDRESS) == qr_code.__wrapped__(ADDRESS)
