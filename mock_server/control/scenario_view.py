"""Scenarios as people see them: in a list, whole, as a timeline, and checked before they are in force.

It needs the timeline, which a server imports only where somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.api.scenarios import Checked, Counted, Group, ScenarioBrief, ScenarioWhole
from mock_server.api.timeline import Timeline
from mock_server.assembly import Server
from mock_server.emulator.playback import Playback
from mock_server.emulator.strip import strips
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.scenarios import Loaded
from mock_server.scenarios.find import is_found
from mock_server.scenarios.shows import group_of, shows_of
from mock_server.scenarios.timeline import timeline_of


def listed(
    server: Server, group: Group | None = None, find: str = "", also: Callable[[Scenario], str] = lambda _: ""
) -> list[Scenario]:
    """The scenarios in force by name: those of a group, and those in which each word of `find` occurs.

    `also`: what else is shown of a scenario, to be searched too.
    """
    found = sorted(server.catalogue.library.scenarios.values(), key=lambda scenario: scenario.name)
    return [each for each in found if group in (None, group_in(server, each)) and _is_found(server, each, find, also)]


def group_in(server: Server, scenario: Scenario) -> Group:
    """What a scenario of this server is about."""
    return group_of(scenario, len(server.registry.names), shipped=server.catalogue.is_shipped(scenario))


def brief_of(server: Server, scenario: Scenario) -> ScenarioBrief:
    """A scenario in a list."""
    return ScenarioBrief(**_fields(server, scenario))


def whole_of(server: Server, scenario: Scenario) -> ScenarioWhole:
    """A scenario with its text, and for each vendor a target to try."""
    return ScenarioWhole(**_fields(server, scenario), **_texts(server, scenario))


def checked_of(server: Server, loaded: Loaded) -> Checked:
    """A scenario that is not in force: as it would be, with its timeline and what polls would see."""
    scenario = loaded.scenario
    seed, now = server.settings.seed, server.ledger.now()
    keys = [Key(vendor, scenario.name) for vendor in scenario.vendors]
    return Checked(
        **_fields(server, scenario),
        **_texts(server, scenario),
        checked=Counted(loaded.steps, loaded.edges, loaded.bodies),
        timeline=timeline_of(scenario, server.renderer, pace=server.catalogue.library.pace),
        polls=strips([Playback(server.renderer, scenario, key, seed, now) for key in keys]),
    )


def timeline(server: Server, scenario: Scenario, *, bodies: bool = False) -> Timeline:
    """A scenario step by step. `bodies`: with what each vendor sends, whole."""
    return timeline_of(scenario, server.renderer, bodies=bodies, pace=server.catalogue.library.pace)


def _fields(server: Server, scenario: Scenario) -> dict[str, Any]:
    catalogue = server.catalogue
    return {
        "name": scenario.name,
        "about": scenario.about,
        "version": scenario.version,
        "vendors": scenario.vendors,
        "ids": scenario.claims,
        "steps": tuple(step.name for step in scenario.steps),
        "source": scenario.source,
        "uploaded": catalogue.uploads.get(scenario.name) is scenario,
        "group": group_in(server, scenario),
        "replaces": catalogue.replaced_by(scenario),
        "shows": shows_of(scenario),
    }


def _is_found(server: Server, scenario: Scenario, find: str, also: Callable[[Scenario], str]) -> bool:
    dialects = [server.registry.dialect(vendor, scenario.options) for vendor in scenario.vendors]
    return is_found(scenario, dialects, find, also(scenario) if find else "")


def _texts(server: Server, scenario: Scenario) -> dict[str, Any]:
    examples = {vendor: server.registry.dialect(vendor).example(scenario.name) for vendor in scenario.vendors}
    lists = {vendor: tuple(map(dict, items)) for vendor, items in scenario.lists.items()}
    return {"text": scenario.text, "examples": examples, "lists": lists}
