"""Every body of a scenario, rendered once before anyone polls it and held against its contract."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.engine.cursor import step_items
from mock_server.engine.draws import Draws
from mock_server.engine.run import Run, sample
from mock_server.engine.scenario import NO_ADJUST, Item, Scenario, Shown, Step
from mock_server.scenarios.compile.overrides import report_bad_place
from mock_server.scenarios.compile.part import Part
from mock_server.schema.breach import Breach
from mock_server.types import Bound
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.places import MOST_CHANGES, BadPlace, weight
from mock_server.vendors.render import Rendered, Renderer

MOST_VIEWS = 150_000
"""Items that the bodies of all different steps of a scenario may hold together, with the values that `with` puts in. A
body off its contract counts `SLOWER` times, since only the slower validator says what is wrong. A scenario with more is
not loaded."""
SLOWER = 20
VIEWS = Bound(
    "Items in all different bodies of a scenario, with the values that `with` puts in",
    MOST_VIEWS,
    "items",
    f"The scenario is not loaded: it is too much to check. A body off its contract counts {SLOWER} times.",
)


class BodyCheck:
    """The check of one scenario's bodies; what is wrong with them is reported on the file. `count`: bodies so far."""

    def __init__(self, root: Part, scenario: Scenario, renderer: Renderer) -> None:
        self.count = 0
        self._views = 0
        self.dialects = [renderer.registry.dialect(name, scenario.options) for name in scenario.vendors]
        self._root = root
        self._scenario = scenario
        self._renderer = renderer
        self._draws = Draws(0, scenario.name)

    def check_steps(self, steps: Sequence[Step]) -> None:
        """Checks every step's bodies; those that show the same as an earlier step's are counted but not made again."""
        known: set[tuple[object, ...]] = set()
        for k, step in enumerate(steps):
            shows = (step.state, step.error, step.items, step.reason)
            if step.adjust is NO_ADJUST:
                if shows in known:
                    self.count += len(self.dialects)
                    continue
                known.add(shows)
            self._views += sum(self._weight(dialect.name, step) for dialect in self.dialects)
            if self._views > MOST_VIEWS:
                what = f"too much to check: up to here the steps differ in {self._views} items, {MOST_VIEWS} at most"
                self._root.child("steps", k).report(what, "use fewer items or fewer steps")
                return
            self._check_step(k, step)

    def _check_step(self, k: int, step: Step) -> None:
        """Renders the step for every vendor: places must exist, and an off-contract response must be declared."""
        part = self._root.child("steps", k)
        broken = False
        for dialect in self.dialects:
            items = self._scenario.items_of(dialect.name)
            shown = () if step.error is not None else step_items(step, len(items))
            rendered = self._render(dialect, k, shown, items)
            if rendered is None:
                broken = True
                continue
            if rendered.breach is not None:
                broken = True
                self._views += SLOWER * len(items)
            if rendered.breach is not None and rendered.broken:
                hint = "mend it, or say `off_contract: true` if that is meant"
                override = next((key for key in ("with", "without") if dialect.name in part.get(key, ())), None)
                if override is None:
                    part.report(_sentence(dialect, rendered.breach), hint)
                else:
                    part.child(override).report(_sentence(dialect, rendered.breach), hint, key=dialect.name)
        if step.adjust.off_contract and not broken:
            what = "`off_contract` is said, and yet the response keeps every vendor's contract"
            part.report(what, "drop it, or break the contract", key="off_contract")

    def _weight(self, vendor: str, step: Step) -> int:
        """How many items the step's body of a vendor holds, and about how many values are put there."""
        items, put = len(self._scenario.items_of(vendor)), step.adjust.put.get(vendor, ())
        weights = [(place.count("*"), weight(value)) for place, value in put]
        widest = max([items, *(each for _, each in weights)])
        return items + sum(min(MOST_CHANGES, each * int(widest**stars)) for stars, each in weights)

    def check_derived(self, dialect: Dialect, items: tuple[Item, ...], row: tuple[Shown, ...]) -> None:
        """Checks the body whose whole follows from what the items show together."""
        rendered = self._render(dialect, 0, row, items)
        if rendered is not None and rendered.breach is not None:
            self._root.child("items").report(_sentence(dialect, rendered.breach))

    def check_faults(self) -> None:
        """Checks the error bodies that faults put in place of a response."""
        for k, fault in enumerate(self._scenario.faults):
            if fault.effect.error is None:
                continue
            for dialect in self.dialects:
                self.count += 1
                options = self._scenario.options
                rendered = self._renderer.error(dialect.name, fault.effect.error, self._draws, 1, options=options)
                if rendered.breach is not None:
                    self._root.child("faults", k).report(_sentence(dialect, rendered.breach))

    def check_notice(self, run: Run, part: Part) -> None:
        """Checks the body of a notification of a task as it stands; what is wrong is reported at `part`."""
        dialect = self._renderer.registry.dialect(run.key.vendor, run.scenario.options)
        if self._views > MOST_VIEWS:
            return
        self.count += 1
        self._views += self._weight(dialect.name, run.step)
        if self._views > MOST_VIEWS:
            what = f"too much to check: steps and notifications show {self._views} items, {MOST_VIEWS} at most"
            part.report(what, "use fewer items, or fewer different steps")
            return
        try:
            told = self._renderer.notice(run)
        except BadPlace as error:
            place = ".".join(map(str, error.place))
            what = f'step {run.step.name}, as a notification, has no place "{place}" in the body of {dialect.name}'
            part.report(what, f"it is a place of the status alone; name another step, or leave out {dialect.name}")
            return
        if told.breach is not None:
            self._views += SLOWER * len(run.items)
        if told.broken and told.breach is not None:
            where = f"step {run.step.name}, as a notification," if run.step.state else "the notification"
            what = f"{where} breaks the contract of {dialect.name} at {told.breach.path} ({told.breach.rule})"
            part.report(f"{what}: {told.breach.message}", "mend the step, or say `off_contract: true` there")

    def _render(self, dialect: Dialect, k: int, shown: tuple[Shown, ...], items: tuple[Item, ...]) -> Rendered | None:
        """The response of step `k`; None, and a report, where an override names a place that the body lacks."""
        self.count += 1
        try:
            run = sample(self._scenario, dialect.name, k, items)
            # A breach that the file declares is not reported, so that nobody asks where it is.
            return self._renderer.shown(run, shown, named=not run.step.adjust.off_contract)
        except BadPlace as error:
            report_bad_place(self._root.child("steps", k), dialect.name, error)
            self._views += MOST_CHANGES if error.too_much else 0
            return None


def _sentence(dialect: Dialect, breach: Breach) -> str:
    return f"the response breaks the contract of {dialect.name} at {breach.path} ({breach.rule}): {breach.message}"
