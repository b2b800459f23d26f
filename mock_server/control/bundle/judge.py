"""Whether the parts of a bundle fit together: what its schema cannot say."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, islice

from mock_server.control.armed import NO_ID
from mock_server.control.bundle.outbox import MANUAL, Place, judge
from mock_server.control.bundle.schema import OWING
from mock_server.engine.scenario import Item, Scenario
from mock_server.engine.task import MOST_SET, manual_text
from mock_server.errors import MOST_PROBLEMS, Problem, did_you_mean, json_path, unknown_vendor
from mock_server.scenarios.library import claims_of
from mock_server.schema.findings import listed
from mock_server.schema.parts import mapping
from mock_server.schema.validator import Validator
from mock_server.types import Json
from mock_server.vendors.registry import Registry


def judge_parts(registry: Registry, bundle: Json, scenarios: Mapping[str, Scenario]) -> list[Problem]:
    """The first problems of a bundle of the right shape; `scenarios` are those of its texts that could be read."""
    found = chain(
        _scenarios(bundle, scenarios),
        _tasks(registry, bundle, scenarios),
        _keys(bundle),
        _armed(registry, bundle),
        _rules(registry, bundle),
        _journal(bundle),
    )
    listed = list(islice(found, MOST_PROBLEMS))
    return [*listed, Problem("$", "and more")] if next(found, None) is not None else listed


def _scenarios(bundle: Json, scenarios: Mapping[str, Scenario]) -> Iterator[Problem]:
    owners: dict[tuple[str, str], str] = {}
    versions = set()
    for k, raw in enumerate(bundle["scenarios"]):
        if raw["version"] in versions:
            yield Problem(f"$.scenarios[{k}].version", f"{raw['version']} stands here twice", "keep one of them")
        versions.add(raw["version"])
        scenario = scenarios.get(raw["version"])
        for claim in claims_of(scenario) if scenario is not None and raw["in_force"] else ():
            assert scenario is not None
            others = {owners.setdefault((vendor, claim), raw["version"]) for vendor in scenario.vendors}
            for other in sorted(others - {raw["version"]}):
                what = f'"{claim}" is claimed by {other} already'
                yield Problem(f"$.scenarios[{k}]", what, "one of the two cannot be in force")


def _tasks(registry: Registry, bundle: Json, scenarios: Mapping[str, Scenario]) -> Iterator[Problem]:
    listed = {raw["version"] for raw in bundle["scenarios"]}
    for k, raw in enumerate(bundle["tasks"]):
        where = f"$.tasks[{k}]"
        if raw["vendor"] not in registry:
            yield unknown_vendor(f"{where}.vendor", raw["vendor"], registry.names)
        scenario = scenarios.get(raw["scenario"])
        if scenario is None:
            if raw["scenario"] not in listed:
                hint = did_you_mean(raw["scenario"], listed)
                yield Problem(f"{where}.scenario", f"the bundle has no scenario {raw['scenario']}", hint)
            continue
        if raw["vendor"] in registry and raw["vendor"] not in scenario.vendors:
            yield Problem(f"{where}.vendor", f"{scenario.name} does not serve {raw['vendor']}")
        if raw["vendor"] in registry and raw["given"] is not None:
            yield from _items(registry, raw["vendor"], raw["given"].get("items", ()), f"{where}.given.items")
            yield from _facts(registry, raw["vendor"], raw["given"].get("facts", ()), f"{where}.given.facts")
        if raw["step"] >= len(scenario.steps):
            yield Problem(f"{where}.step", f"{scenario.name} has {len(scenario.steps)} steps, counted from 0")
        if len(raw["buckets"]) != len(scenario.rates):
            what = f"{scenario.name} has {len(scenario.rates)} rates, and each has one bucket"
            yield Problem(f"{where}.buckets", what)
        if raw["vendor"] in scenario.vendors and raw["vendor"] in registry:
            if "manual" in raw:
                yield from _manual(scenario, raw, f"{where}.manual")
            yield from _notices(registry, scenario, raw, where)
            if isinstance(raw.get("outbox"), str) and bundle["version"] >= OWING:
                yield Problem(f"{where}.outbox", "expected an object", "leave it out where nothing is owed")


def _notices(registry: Registry, scenario: Scenario, raw: Json, where: str) -> Iterator[Problem]:
    """What is wrong with whom a task notifies, and with what it owes."""
    outbox = raw.get("outbox", {})
    silent = raw["notify"] and registry.dialect(raw["vendor"]).terms is None
    if silent and isinstance(outbox, dict) and outbox != {"who": "nobody"}:
        yield Problem(f"{where}.outbox", f"{raw['vendor']} notifies nobody", 'expected {"who": "nobody"}')
    if isinstance(outbox, dict) and outbox:
        given = (raw["given"] or {}).get("items", ())
        count = len(scenario.items_of(raw["vendor"], tuple(map(Item, given))))
        yield from judge(Place(f"{where}.outbox", raw, scenario, count))
        for k, moment in enumerate(outbox.get("moments", ())):
            if len(moment) > MANUAL:
                yield from _manual(
                    scenario, {**raw, "polls": moment[4], "manual": moment[MANUAL]}, f"{where}.outbox.moments[{k}]"
                )


def _manual(scenario: Scenario, raw: Json, where: str) -> Iterator[Problem]:
    """What is wrong with what people set: the places of items that they moved, and the reasons for it."""
    if len(manual_text(raw["manual"])) > MOST_SET.value:
        yield Problem(where, f"expected no more than {MOST_SET.value} bytes")
    count = len(raw["manual"].get("reasons", ()))
    items = scenario.items_of(raw["vendor"])
    for k, (item, step, _, polls, _, reason) in enumerate(raw["manual"].get("items", ())):
        if item >= len(items) or step >= len(items[item].steps):
            yield Problem(f"{where}.items[{k}]", f"{scenario.name} has no such item, or the item has no such step")
        if polls > raw["polls"]:
            yield Problem(f"{where}.items[{k}]", f"the item was moved after {polls} polls, and there were fewer")
        if reason is not None and reason >= count:
            yield Problem(f"{where}.items[{k}]", f"there are {count} reasons, counted from 0")


def _items(registry: Registry, vendor: str, items: Sequence[Json], where: str) -> Iterator[Problem]:
    """What is wrong with the items of a task: they are those that a call could have created it with."""
    if items:
        shape = Validator({"type": "array", "items": mapping(registry.dialect(vendor).item_fields)})

        def at(path: Sequence[str | int], *, key: bool = False) -> str:
            return where + json_path(path).removeprefix("$")

        yield from listed(shape.findings(items), where, at)


def _facts(registry: Registry, vendor: str, facts: Collection[str], where: str) -> Iterator[Problem]:
    """What is wrong with what was submitted of a job: the vendor's submits say nothing else."""
    known = registry.dialect(vendor).facts
    for name in facts:
        if name not in known:
            yield Problem(f"{where}.{name}", f"{vendor} has no such fact", did_you_mean(name, known))


def _keys(bundle: Json) -> Iterator[Problem]:
    tasks: set[tuple[str, str]] = set()
    for k, raw in enumerate(bundle["tasks"]):
        if (raw["vendor"], raw["id"]) in tasks:
            yield Problem(f"$.tasks[{k}].id", f"the task {raw['id']!r} stands here twice", "keep one of them")
        tasks.add((raw["vendor"], raw["id"]))
    for k, key in enumerate(bundle["ended"]):
        if tuple(key) not in tasks:
            yield Problem(f"$.ended[{k}]", f"no task {key[1]!r} is in the bundle")
    for k, key in enumerate(bundle["dropped"]):
        if tuple(key) in tasks:
            yield Problem(f"$.dropped[{k}]", f"the task {key[1]!r} is still there")


def _armed(registry: Registry, bundle: Json) -> Iterator[Problem]:
    numbers: set[int] = set()
    for k, raw in enumerate(bundle["armed"]):
        where = f"$.armed[{k}]"
        if raw["number"] in numbers:
            yield Problem(f"{where}.number", f"the number {raw['number']} stands here twice", "keep one of them")
        numbers.add(raw["number"])
        if raw.get("submit") and "id" in raw:
            yield Problem(f"{where}.id", NO_ID, "leave out one of the two")
        vendor, error = raw.get("vendor"), raw["effect"].get("error")
        if vendor is not None and vendor not in registry:
            yield unknown_vendor(f"{where}.vendor", vendor, registry.names)
            continue
        for name in registry.names if vendor is None else (vendor,):
            rows = registry.dialect(name).errors
            if isinstance(error, str) and error not in rows:
                words = [word for word in rows if not word.isdigit()]
                yield Problem(f"{where}.effect.error", f'{name} has no error "{error}"', did_you_mean(error, words))
        delay = raw["effect"].get("delay", {})
        low, high = delay.get("low", delay.get("median", 1)), delay.get("high", delay.get("p99", 1))
        if low > high or ("median" in delay and not low):
            yield Problem(f"{where}.effect.delay", "expected the smaller number first, and a median above 0")


def _rules(registry: Registry, bundle: Json) -> Iterator[Problem]:
    numbers: set[int] = set()
    for k, raw in enumerate(bundle.get("rules", ())):
        where, vendor = f"$.rules[{k}]", raw.get("vendor")
        if raw["number"] in numbers:
            yield Problem(f"{where}.number", f"the number {raw['number']} stands here twice", "keep one of them")
        numbers.add(raw["number"])
        if vendor is not None and vendor not in registry:
            yield unknown_vendor(f"{where}.vendor", vendor, registry.names)
        if "times" in raw and raw.get("played", 0) >= raw["times"]:
            yield Problem(f"{where}.played", f"it is for {raw['times']} submits, so it is used up")


def _journal(bundle: Json) -> Iterator[Problem]:
    counters, before = bundle["counters"], bundle["counters"]["evicted_to"]
    for k, raw in enumerate(bundle["entries"]):
        if raw["number"] <= before or raw["number"] > counters["exchanges"]:
            what = "expected numbers that rise, above what was evicted and up to all exchanges"
            yield Problem(f"$.entries[{k}].number", what)
        before = max(before, raw["number"])
        if raw.get("sources") and len(raw["sources"]) != len(raw["faults"]):
            yield Problem(f"$.entries[{k}].sources", "expected one for each fault of the exchange")
        for name, body in _bodies(raw):
            if not isinstance(body, str) and not _is_base64(body.get("base64")):
                yield Problem(f"$.entries[{k}].{name}.body", 'expected text, or bytes as {"base64": ...}')
    for name in ("moves", "actions"):
        before = 0
        for k, raw in enumerate(bundle.get(name, ())):
            if raw["number"] <= before:
                yield Problem(f"$.{name}[{k}].number", "expected numbers that rise")
            before = max(before, raw["number"])
    kept = len(bundle["entries"]) + counters["evicted"] + counters["forgotten"]
    if kept != counters["exchanges"]:
        what = f"{counters['exchanges']} exchanges, but {kept} kept, evicted or forgotten"
        yield Problem("$.counters.exchanges", what)


def _bodies(raw: Json) -> Iterator[tuple[str, Json]]:
    return ((name, raw[name]["body"]) for name in ("request", "response", "original") if name in raw)


def _is_base64(text: Json) -> bool:
    try:
        base64.b64decode(text or "", validate=True)
    except binascii.Error:
        return False
    return text is not None
