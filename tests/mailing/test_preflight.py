"""What is looked at before sending: the spam filter itself, and words for all that can be found."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from pipeline.errors import SendError
from pipeline.mailing import preflight
from pipeline.mailing.preflight import PreflightCheck
from pipeline.rendering.styles import find_styles
from pipeline.rendering.words import load_words
from tests.mailing.test_message_template import addressed

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""Every spam filter takes this line for spam: https://spamassassin.apache.org/gtube/."""


@pytest.mark.skipif(not shutil.which("spamassassin"), reason="this machine has no spamassassin")
def test_spamassassin_judges_the_message_itself() -> None:
    spoilt = re.sub(
        rb"(?m)^(Content-Type: text/plain.*?\r\n\r\n)", rb"\1" + GTUBE + b"\r\n", addressed(), count=1, flags=re.DOTALL
    )

    good, bad = preflight.check_spam(addressed()), preflight.check_spam(spoilt)

    assert (good.verdict, good.found) == ("pass", "spam_points"), good
    assert isinstance(good.facts["points"], float)
    assert (bad.verdict, bad.found) == ("failure", "spam_points"), bad
    assert "GTUBE" in str(bad.facts["rules"])


@pytest.mark.parametrize(
    ("script", "found"), [("exit 1", "spam_failed"), ("echo hej", "spam_silent"), (None, "spam_absent")]
)
def test_a_spam_filter_that_does_not_answer_leaves_it_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, found: str
) -> None:
    if script:
        program = tmp_path / "spamassassin"
        program.write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if script else str(tmp_path))

    check = preflight.check_spam(b"Subject: x\r\n\r\nhej\r\n")

    assert (check.verdict, check.found) == ("unchecked", found)


@pytest.mark.parametrize(
    ("what", "told"), [("link", "cannot be read"), ("bytes", "was changed"), ("none", "cannot be read")]
)
def test_a_message_that_changes_behind_its_check_is_not_sent(tmp_path: Path, what: str, told: str) -> None:
    path, message = tmp_path / "ryg.eml", b"Subject: x\r\n\r\nhej\r\n"
    if what == "link":
        (tmp_path / "elsewhere").write_bytes(message)
        path.symlink_to(tmp_path / "elsewhere")
    elif what == "bytes":
        path.write_bytes(message + b"more")

    with pytest.raises(SendError, match=f"{told}.*: nothing is sent"):
        preflight._read_unchanged(path, hashlib.sha256(message).hexdigest())


@pytest.mark.parametrize("language", ["da", "en"])
def test_there_are_words_for_all_that_can_be_found(tmp_path: Path, language: str) -> None:
    words = load_words(find_styles(tmp_path), language)
    source = Path(preflight.__file__).read_text("utf-8")
    whole = re.findall(r'Check\(\s*"(\w+)",\s*"?[\w ]+"?(?: if [^,]+)?,\s*"(\w+)"', source)
    faultless = re.findall(r'_violations_check\("(\w+)"', source)
    names = {name for name, _ in whole} | set(faultless)
    found = {key for _, key in whole} | {f"{name}_good" for name in faultless}

    assert len(names) >= 13
    assert len(found) >= 20
    assert [name for name in names if not words[f"preflight_name_{name}"]] == []
    assert [key for key in found if not words[f"preflight_{key}"]] == []
    numbers = PreflightCheck("spam", "pass", "spam_points", {"points": 1234.5, "limit": 5.0, "rules": "–"}).told(words)
    assert numbers.startswith("1.234,5" if language == "da" else "1,234.5")
    assert PreflightCheck("faults", "failure", "faults", {"told": "x"}).told(words).endswith(": x")
