"""One scenario: drawn as written or as played, what each step shows, its file, and how to try it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from mock_server.api.scenarios import ScenarioWhole
from mock_server.api.timeline import Timeline
from mock_server.control.scenario_view import timeline, whole_of
from mock_server.dashboard.abouts import About, about_of
from mock_server.dashboard.address import EDIT, HOME, SCENARIO
from mock_server.dashboard.look.drawings import Drawn, diagrams
from mock_server.dashboard.look.quote import Part, lines_of
from mock_server.dashboard.look.snippets import Snippet, forms_of
from mock_server.dashboard.visit import Visit, link
from mock_server.scenarios.timeline.light import played

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_LINES = 2_000


class Shown(NamedTuple):
    """What one vendor shows in a step."""

    vendor: str
    status: int
    text: str
    ours: bool
    body: str


class Row(NamedTuple):
    """A step: its name, what a client reads, how long it holds, and what each vendor shows."""

    title: str
    name: str
    saw: str
    stay: str
    shown: tuple[Shown, ...]


class ScenarioLook(NamedTuple):
    """What the page shows. `vendor` and `id` are those to try."""

    whole: ScenarioWhole
    about: About
    timeline: Timeline
    level: Drawn
    upright: Drawn
    played: bool
    tasks: int
    rows: tuple[Row, ...]
    lines: tuple[tuple[Part, ...], ...]
    more_lines: int
    vendor: str
    id: str
    forms: tuple[Snippet, ...]
    edit_address: str
    tasks_address: str


def look(visit: Visit) -> ScenarioLook:
    """The page. InvalidInput: there is no scenario of this name."""
    server = visit.controls.server
    name = unquote(visit.path.removeprefix(f"{SCENARIO}/"))
    scenario = visit.controls.scenarios.read(name)
    whole, drawn = whole_of(server, scenario), timeline(server, scenario, bodies=True)
    coverage = next((each for each in visit.controls.coverage().scenarios if each.name == name), None)
    light = played(coverage, drawn) if visit.get("as") == "played" and coverage is not None else None
    if drawn.tracks[0].first is not None:
        light = None  # where items walk on their own, only each of them was counted
    level, upright = diagrams(visit.words, drawn, light)
    chosen = visit.get("vendor")
    vendor = chosen if chosen in whole.vendors else whole.vendors[0]
    id = f"{name}.{_suffix(visit)}"
    target = server.registry.dialect(vendor).example(id)
    lines = lines_of(whole.text)
    return ScenarioLook(
        whole,
        about_of(visit, scenario),
        drawn,
        level,
        upright,
        light is not None,
        0 if coverage is None else coverage.tasks,
        tuple(_rows(drawn)),
        lines[:_MOST_LINES],
        max(0, len(lines) - _MOST_LINES),
        vendor,
        id,
        forms_of("GET", visit.vendors_base + target),
        link(EDIT, **{"from": name}),
        link(HOME, scenario=name),
    )


def _rows(drawn: Timeline) -> Iterator[Row]:
    for track in drawn.tracks:
        for stretch in track.stretches:
            shown = tuple(
                Shown(
                    each.vendor, each.status, each.text, each.ours, json.dumps(each.body, ensure_ascii=False, indent=2)
                )
                for each in stretch.responses
            )
            yield Row(track.title if track.first is not None else "", stretch.name, stretch.saw, stretch.stay, shown)


def _pretty(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)


def _suffix(visit: Visit) -> str:
    """Four letters that are others each time the page is loaded, lest two people try one task."""
    number, text = visit.controls.server.real(), ""
    for _ in range(4):
        number, digit = divmod(number, len(_DIGITS))
        text += _DIGITS[digit]
    return text
