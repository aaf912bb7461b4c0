"""Evidence of a campaign: preflight checks and counts without addresses, saved as JSON and HTML; and its report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pipeline import __version__
from pipeline.engine.output_dir import OutputDir
from pipeline.mailing.outbox import STATES, Campaign, State
from pipeline.mailing.preflight import Preflight
from pipeline.mailing.published_edition import NEWSLETTER_FORMAT
from pipeline.rendering.styles import Styles
from pipeline.rendering.words import Words

LOCK_WAIT_S = 5.0
_LISTED_STATES: tuple[State, ...] = ("in doubt", "refused", "deferred")


def save_evidence(
    preflight: Preflight, counts: Mapping[str, int], outputs: OutputDir, styles: Styles, words: Words
) -> Path:
    """Save the evidence of a campaign beside its edition, and return the path of the HTML page.

    Args:
        counts: Number of messages in each state of the outbox.
    """
    name = f"{NEWSLETTER_FORMAT}/{preflight.edition}.{preflight.list}.evidence"
    page = styles.render(
        "sending/evidence.html.j2", preflight=preflight, counts=counts, version=__version__, words=words
    )
    with outputs.lock(LOCK_WAIT_S):
        moves = [
            (outputs.stage("evidence.json", evidence_json(preflight, counts, words)), f"{name}.json"),
            (outputs.stage("evidence.html", page.encode()), f"{name}.html"),
        ]
        outputs.move(moves)
        outputs.release()
    return outputs.published_dir / f"{name}.html"


def evidence_json(preflight: Preflight, counts: Mapping[str, int], words: Words) -> bytes:
    """Return the evidence as JSON: names and verdicts that are the same in every language, and results in words."""
    document = {
        "edition": preflight.edition,
        "list": preflight.list,
        "content_sha256": preflight.content,
        "looked_at": preflight.day.isoformat(),
        "program": __version__,
        "language": words.language,
        "checks": [{"name": c.name, "verdict": c.verdict, "found": c.told(words)} for c in preflight.checks],
        "outbox": dict(counts),
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def campaign_report(campaign: Campaign, edition: str, title: str, words: Words) -> str:
    """Return the report of a campaign as text. It holds addresses: print it, never save it."""
    counts = campaign.counts()
    lines = [words.fill("sending_report", edition=edition, title=title), ""]
    labels = {state: words[f"sending_{state.replace(' ', '_')}"] for state in STATES}
    width = max(map(len, labels.values()))
    lines += [f"  {labels[state]:<{width}}  {counts[state]:>7}" for state in STATES]
    lines.append(f"  {words['sending_total']:<{width}}  {sum(counts.values()):>7}")
    for state in _LISTED_STATES:
        if not (listed := campaign.messages_in_state(state)):
            continue
        lines += ["", words[f"sending_{state.replace(' ', '_')}_why"]]
        for address, status, changed in listed:
            moment = datetime.fromisoformat(changed).astimezone().strftime("%Y-%m-%d %H:%M")
            lines.append(f"  {address or words['sending_forgotten']} ({', '.join(filter(None, (moment, status)))})")
    return "\n".join(lines)
