"""The golden drawings: what `show --svg` prints of ten scenarios.

`python -m tests.support.drawings` (or `make goldens`) writes them; the difference is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mock_server.api.timeline import Timeline
from mock_server.paths import data
from mock_server.scenarios.timeline import svg, timeline_of
from tests.support.emulators import renderer
from tests.support.loading import load

FOLDER = Path(__file__).resolve().parents[1] / "scenarios" / "drawings"
SHIPPED = ("expires", "not-found-at-first", "notify-failed", "one-by-one", "partial-failure", "realistic", "throttled")
ODD = {
    "looped": "about: The worker dies twice; the job goes back into the queue.\n"
    "steps:\n"
    "  - {state: waiting, polls: 1}\n"
    "  - {state: processing, for: 20s, next: {succeeded: 2, failed: 1, waiting: 1}}\n"
    "  - {state: succeeded}\n"
    "  - {state: failed}\n"
    "faults: [{when: {step: processing, chance: 0.3}, error: 599}]\n",
    "drawn-items": "about: 十个文件, three to five minutes each, one in ten fails.\n"
    "items:\n"
    "  count: 10\n"
    "  each:\n"
    "    steps:\n"
    "      - {state: processing, for: 3m..5m, next: {succeeded: 9, failed: 1}}\n"
    "      - {state: succeeded}\n"
    "      - {state: failed}\n",
    "approve": "about: Somebody approves, or it fails by itself. <b>&amp;</b>\n"
    "steps:\n"
    "  - {state: waiting, polls: 1}\n"
    "  - {state: processing, name: held, for: 1m, next: {failed: 1, succeeded: 0, waiting: 0}}\n"
    "  - {state: succeeded}\n"
    "  - {state: failed}\n",
}
"""Scenarios with what no shipped one has: a loop, chance among items, ways that only people take."""


def timelines() -> Iterator[tuple[str, Timeline]]:
    """The scenarios that are drawn, by name."""
    texts = {name: (data("scenarios") / f"{name}.yaml").read_text("utf-8") for name in SHIPPED}
    for name, text in {**texts, **ODD}.items():
        yield name, timeline_of(load(text, name).scenario, renderer())


def drawings() -> dict[Path, str]:
    """Every golden drawing as it is made now, by its file."""
    return {FOLDER / f"{name}.svg": svg(timeline) for name, timeline in timelines()}


def write() -> int:
    """Writes every golden drawing; how many changed."""
    FOLDER.mkdir(exist_ok=True)
    changed = {path: text for path, text in drawings().items() if not path.is_file() or path.read_text("utf-8") != text}
    for path, text in changed.items():
        path.write_text(text, "utf-8")
    return len(changed)


if __name__ == "__main__":
    print(f"{write()} golden drawings changed")
