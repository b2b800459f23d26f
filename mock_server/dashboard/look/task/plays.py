"""Which scenario a task plays, or an id would, and the diagram of it with the place where the task is."""

from __future__ import annotations

from mock_server.api.values import Task, TaskWhole
from mock_server.dashboard.abouts import about_of
from mock_server.dashboard.links import scenario_page
from mock_server.dashboard.look.drawings import diagrams
from mock_server.dashboard.look.task.shown import TaskPage
from mock_server.dashboard.visit import Visit
from mock_server.engine.scenario import Scenario
from mock_server.scenarios.timeline import timeline_of
from mock_server.scenarios.timeline.light import light_of


def name_of(whole: TaskWhole) -> str | None:
    """The scenario that a task plays; of an id that has none, the one that claims it."""
    return whole.claimed_by if whole.task is None else whole.task.scenario


def with_scenario(visit: Visit, page: TaskPage, whole: TaskWhole) -> TaskPage:
    """With the scenario that it plays, or would, and the diagram."""
    library, renderer = visit.controls.server.catalogue.library, visit.controls.server.renderer
    task = page.task
    name = whole.claimed_by or "" if task is None else task.scenario
    current = library.scenarios.get(name)
    found = current if task is None else version_of(visit, task)
    address = "" if current is None else scenario_page(name)
    page = page._replace(scenario=name, outdated=_is_outdated(task, current), scenario_address=address)
    if found is None:
        return page
    timeline = timeline_of(found, renderer, shows=False)
    light = light_of(whole, timeline)
    where = "" if task is None else visit.words("draw.is_in", step=task.step)
    level, upright = diagrams(visit.words, timeline, light, where)
    saw = {stretch.name: stretch.saw for track in timeline.tracks for stretch in track.stretches}
    ways = () if task is None else tuple((way, saw.get(way, "")) for way in task.ways)
    steps = () if task is None or task.items else tuple((step, saw.get(step, "")) for step in task.steps)
    item_steps = tuple(dict.fromkeys(stretch.name for track in timeline.tracks for stretch in track.stretches))
    return page._replace(
        about=about_of(visit, found), timeline=timeline, level=level, upright=upright, ways=ways, steps=steps,
        item_steps=item_steps,
    )  # fmt: skip


def version_of(visit: Visit, task: Task) -> Scenario | None:
    """The scenario as it was when the task was born, or as it is; None if both are gone."""
    library = visit.controls.server.catalogue.library
    return library.versions.get(task.version, library.scenarios.get(task.scenario))


def looks_of(scenario: Scenario | None) -> dict[str, str]:
    """By the name of each step what it shows."""
    if scenario is None:
        return {}
    looks = {step.name: "error" if step.state is None else step.state.value for step in scenario.steps}
    if scenario.by_items:
        for item in scenario.items_of(scenario.vendors[0]):
            looks |= {step.name: step.state.value for step in item.steps}
    return looks


def _is_outdated(task: Task | None, current: Scenario | None) -> bool:
    return task is not None and current is not None and current.version != task.version
