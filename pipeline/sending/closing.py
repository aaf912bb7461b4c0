"""What became of a campaign, in the language of the clinic: counts, and by name everyone that needs a person's word."""

from __future__ import annotations

from datetime import datetime

from pipeline.rendering.words import Words
from pipeline.sending.outbox import STATES, Campaign, State

_NAMED: tuple[State, ...] = ("in doubt", "refused", "deferred")


def report(campaign: Campaign, edition: str, title: str, words: Words) -> str:
    """Return the report of a campaign. It names addresses: it is for the screen, and kept nowhere."""
    counts = campaign.counts()
    lines = [words.fill("sending_report", edition=edition, title=title), ""]
    labels = {state: words[f"sending_{state.replace(' ', '_')}"] for state in STATES}
    width = max(map(len, labels.values()))
    lines += [f"  {labels[state]:<{width}}  {counts[state]:>7}" for state in STATES]
    lines.append(f"  {words['sending_total']:<{width}}  {sum(counts.values()):>7}")
    for state in _NAMED:
        named = campaign.named(state)
        if not named:
            continue
        lines += ["", words[f"sending_{state.replace(' ', '_')}_why"]]
        for address, status, changed in named:
            moment = datetime.fromisoformat(changed).astimezone().strftime("%Y-%m-%d %H:%M")
            told = ", ".join(filter(None, (moment, status)))
            lines.append(f"  {address or words['sending_forgotten']} ({told})")
    return "\n".join(lines)
