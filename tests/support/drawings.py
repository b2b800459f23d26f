"""The golden drawings: what `show --svg` prints of ten scenarios, and what a page shows of a task of each.

`python -m tests.support.drawings` (or `make goldens`) writes them; the difference is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mock_server.api.timeline import Timeline
from mock_server.api.values import SeenRun
from mock_server.paths import data
from mock_server.scenarios.timeline import svg, timeline_of
from mock_server.scenarios.timeline.bare import bare
from mock_server.scenarios.timeline.light import ItemLight, Light, Taken
from mock_server.scenarios.timeline.panel import panel
from tests.support.emulators import renderer
from tests.support.loading import load

FOLDER = Path(__file__).resolve().parents[1] / "scenarios" / "drawings"
PANELS = FOLDER.parent / "panels"
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


def lit(timeline: Timeline) -> Light:
    """The light of a task that a person moved on, and that is in the last step but one."""
    track = timeline.tracks[-1]
    if track.first is not None:
        half = 1 + (track.last or 0) // 2
        ended = ItemLight(1, frozenset({0})) if len(track.stretches) > 1 else ItemLight(0)
        return Light(items=(*[ended] * half, *[ItemLight(0)] * (1 + (track.last or 0) - half)))
    ways = [(k, way.to) for k, stretch in enumerate(track.stretches) for way in stretch.transitions]
    here = max(0, len(track.stretches) - 2)
    taken = {ends: Taken(1 + n % 2, manual=n % 3 == 2) for n, ends in enumerate(ways) if here in ends or n % 3 == 0}
    seen = (SeenRun("error", 599, True, 2), SeenRun("processing", 200, False, 14), SeenRun("cut", None, True, 1))
    polls = {k: seen if k else (SeenRun("waiting", 200, False, 3),) for k in range(here + 1)}
    return Light(here, frozenset(range(here)), {**taken, (len(track.stretches) - 1, 0): Taken(1, manual=True)}, polls)


def panels() -> dict[Path, str]:
    """What a page shows of a task of each, level and upright, by its file."""
    return {
        PANELS / f"{name}.{word}.svg": bare(panel(timeline, lit(timeline), upright=upright), "diagram", name)
        for name, timeline in timelines()
        for word, upright in (("level", False), ("upright", True))
    }


def write() -> int:
    """Writes every golden drawing; how many changed."""
    for folder in (FOLDER, PANELS):
        folder.mkdir(exist_ok=True)
    goldens = {**drawings(), **panels()}
    changed = {path: text for path, text in goldens.items() if not path.is_file() or path.read_text("utf-8") != text}
    for path, text in changed.items():
        path.write_text(text, "utf-8")
    return len(changed)


if __name__ == "__main__":
    print(f"{write()} golden drawings changed")
