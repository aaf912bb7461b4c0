"""What SpamAssassin says of a message, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess

from pipeline.sending.records import Check, Verdict

POINTS = 5.0
"""From here on SpamAssassin calls it spam."""
TIMEOUT_S = 120


def check_spam(message: bytes) -> Check:
    """Return what its rules say of a message; its points are theirs, and no promise of any receiver."""
    program = shutil.which("spamassassin")
    if not program:
        return Check("spam", "unchecked", "spam_absent")
    try:
        # Without the network: it would ask servers whether they know this very mail.
        done = subprocess.run(
            [program, "--local", "-t"], input=message, capture_output=True, timeout=TIMEOUT_S, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        return Check("spam", "unchecked", "spam_failed", {"told": error})
    told = done.stdout.decode("utf-8", "replace")
    at = re.search(r"(?ms)^X-Spam-Status:.*?score=(-?[\d.]+).*?tests=([\w,\s=-]*?)\s+autolearn", told)
    if not at:
        return Check("spam", "unchecked", "spam_silent")
    points, rules = float(at[1]), ", ".join(re.findall(r"[\w-]+", at[2]))
    verdict: Verdict = "failure" if points >= POINTS else "pass"
    return Check("spam", verdict, "spam_points", {"points": points, "limit": POINTS, "rules": rules or "–"})
