"""The steps of a task: what each shows, for every vendor that serves the scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mock_server.engine.scenario import FAILURES, Shown, State, Step
from mock_server.errors import did_you_mean
from mock_server.scenarios.compile.items import ByVendor, judge_reason, judge_word
from mock_server.scenarios.compile.overrides import adjust_of
from mock_server.scenarios.compile.part import Desk
from mock_server.scenarios.compile.transitions import Way, judge_loops, judge_reach, names_of, way_of
from mock_server.scenarios.language.faults import errors_of
from mock_server.types import Json, JsonPath
from mock_server.vendors.dialect import Dialect

Raw = Mapping[str, Json]


def steps_of(desk: Desk, raw: Sequence[Raw], dialects: Sequence[Dialect], items: ByVendor) -> tuple[Step, ...]:
    """The steps, which have the right shape. Reach and loops are judged once every single step is sound."""
    path: JsonPath = ("steps",)
    before = len(desk.problems)
    names = names_of(desk, path, raw)
    ways = [way_of(desk, (*path, k), step, k, names, inner=False) for k, step in enumerate(raw)]
    steps = tuple(
        _step(desk, (*path, k), step, name, way, dialects, items)
        for k, (step, name, way) in enumerate(zip(raw, names, ways, strict=True))
    )
    if len(desk.problems) == before:
        judge_reach(desk, path, steps)
        judge_loops(desk, path, names, ways)
    return steps


def judge_error(desk: Desk, path: JsonPath, error: int | str, dialects: Sequence[Dialect]) -> None:
    """Notes which vendors do not know an error; a status is known to all."""
    for dialect in dialects:
        if isinstance(error, str) and error not in errors_of(dialect):
            hint = did_you_mean(error, errors_of(dialect))
            desk.add(
                path, f'{dialect.name} has no error "{error}"', f"{hint}; or leave {dialect.name} out of `vendors`"
            )


def _step(
    desk: Desk, path: JsonPath, raw: Raw, name: str, way: Way, dialects: Sequence[Dialect], items: ByVendor
) -> Step:
    vendors = [dialect.name for dialect in dialects]
    adjust = adjust_of(desk, path, raw, vendors)
    if "error" in raw:
        error = raw["error"] if isinstance(raw["error"], str) else int(raw["error"])
        judge_error(desk, (*path, "error"), error, dialects)
        for key in ("items", "reason", "inconsistent"):
            if key in raw:
                desk.add(
                    (*path, key), f"an error response shows no items, so `{key}` means nothing", "drop it", key=True
                )
        return Step(name, None, error, *way, adjust=adjust)
    state = State(raw["state"])
    for dialect in dialects:
        if state not in dialect.states:
            others = ", ".join(word.value for word in State if word in dialect.states)
            hint = f"leave {dialect.name} out of `vendors`, or use another of: {others}"
            desk.add((*path, "state"), f'{dialect.name} has no state "{state}"', hint)
    shown = _shown(desk, (*path, "items"), raw["items"], dialects, items) if "items" in raw else None
    judge_reason(desk, path, raw, any(one.state in FAILURES for one in shown or (Shown(state),)))
    return Step(name, state, None, *way, shown, raw.get("reason"), adjust)


def _shown(desk: Desk, path: JsonPath, raw: Json, dialects: Sequence[Dialect], items: ByVendor) -> tuple[Shown, ...]:
    """What each item shows, by position; as many as every vendor has items."""
    if isinstance(raw, dict):
        for word in raw:
            judge_word(desk, (*path, word), State(word), dialects)
        counts = {vendor: len(found) for vendor, found in items.items()}
        total = sum(map(int, raw.values()))
        if total <= max(counts.values()):
            shown = [Shown(State(word)) for word, count in raw.items() for _ in range(int(count))]
        else:
            shown = []
    else:
        shown = [_one(desk, (*path, k), one, dialects) for k, one in enumerate(raw)]
        total = len(shown)
    for dialect in dialects:
        have = len(items[dialect.name])
        if total != have:
            hint = "say with the scenario's `items` how many there are" if have == 1 else "give each item its state"
            desk.add(path, f"{_number(total)} here, but the scenario has {_number(have)} for {dialect.name}", hint)
    return tuple(shown)


def _one(desk: Desk, path: JsonPath, raw: Json, dialects: Sequence[Dialect]) -> Shown:
    if isinstance(raw, str):
        judge_word(desk, path, State(raw), dialects)
        return Shown(State(raw))
    state = State(raw["state"])
    judge_word(desk, (*path, "state"), state, dialects)
    judge_reason(desk, path, raw, state in FAILURES)
    return Shown(state, raw.get("reason"))


def _number(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
