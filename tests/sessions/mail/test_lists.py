"""What the session `mail` keeps: its list of accepted remarks, its goldens, and how it compares them."""

from __future__ import annotations

import io
import json
import re

from PIL import Image, ImageDraw

from tests.sessions.mail import accepting, browsing
from tests.sessions.mail.accepting import Remark
from tests.sessions.mail.judging import HERE

GOLDEN_BYTES = 60_000


def test_every_accepted_remark_has_a_reason_and_none_accepts_all() -> None:
    entries = accepting.load()

    assert entries
    for entry in entries:
        assert len(entry.reason) > 20, entry
        assert not entry.covers(Remark(entry.judge, "brev", "something new")), entry


def test_a_remark_of_another_judge_is_not_accepted() -> None:
    kept = accepting.left(
        (Remark("axe", "brev", "no-inline-style: no"), Remark("html-validate", "brev", "no-inline-style: no")),
        accepting.load(),
    )

    assert [remark.judge for remark in kept] == ["axe"]


def test_goldens_are_there_and_small() -> None:
    names = {f"{browsing.file_name(*golden)}.png" for golden in browsing.GOLDEN}

    assert {path.name for path in browsing.GOLDENS.iterdir()} == names
    assert all(path.stat().st_size < GOLDEN_BYTES for path in browsing.GOLDENS.iterdir())


def test_a_moved_line_is_far_from_its_golden_and_smoother_letters_are_near() -> None:
    def drawn(at: int, ink: str) -> Image.Image:
        page = Image.new("RGB", (160, 160), "white")
        ImageDraw.Draw(page).rectangle((20, at, 140, at + 10), fill=ink)
        data = io.BytesIO()
        page.save(data, "PNG")
        return browsing.opened(data.getvalue())

    assert browsing.distance(drawn(40, "#1f2a2e"), drawn(52, "#1f2a2e")) > browsing.TONE_TOLERANCE
    assert browsing.distance(drawn(40, "#1f2a2e"), drawn(40, "#2a3438")) <= browsing.TONE_TOLERANCE
    assert browsing.distance(drawn(40, "#1f2a2e"), Image.new("RGB", (1, 1))) > browsing.TONE_TOLERANCE


def test_judges_are_pinned_to_one_version() -> None:
    pinned = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]

    assert {"axe-core", "caniemail", "html-validate", "mjml", "vnu-jar"} == set(pinned)
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())
