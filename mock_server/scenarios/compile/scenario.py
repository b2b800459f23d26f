"""From a file of the right shape to a scenario: what the schema cannot say is judged here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from mock_server.engine import durations
from mock_server.engine.scenario import PLAIN_ITEM, Scenario, Step
from mock_server.scenarios.compile.faults import faults_of
from mock_server.scenarios.compile.items import ByVendor, FixtureLookup, ItemDesk
from mock_server.scenarios.compile.part import Desk
from mock_server.scenarios.compile.steps import steps_of
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.fixtures import Items
from mock_server.vendors.registry import Registry

LONGEST_NAME = 100
_NAME = re.compile("[a-z0-9-]+")
# What stands before the dot of a vendor's id names a zone (a letter or two and a number); other ids are long hex.
_LIKE_AN_ID = re.compile("[a-z]{1,2}[0-9]|[0-9a-f]{16,}")


def build(desk: Desk, name: str, text: str, registry: Registry, shelves: FixtureLookup) -> Scenario | None:
    """The scenario of the desk's file, whose text this is, or None if anything is wrong with it."""
    source, raw = desk.source, desk.source.value
    _judge_name(desk, name)
    vendors = tuple(raw.get("vendors", registry.names))
    dialects = [registry.dialect(vendor) for vendor in vendors]
    items_desk = ItemDesk(desk, dialects, shelves)
    items = items_desk.items(raw["items"]) if "items" in raw else {}
    steps = _steps(desk, raw, dialects, items)
    if "items" not in raw and any(step.items for step in steps):
        # The steps count on one item; a submit request must not bring more.
        items = dict.fromkeys(vendors, (PLAIN_ITEM,))
    names = [step.name for step in steps] if "steps" in raw else []
    scenario = Scenario(
        name=name,
        digest=_digest(raw, items_desk.used),
        about=raw.get("about", ""),
        steps=steps,
        vendors=vendors,
        claims=_claims(desk, name, raw.get("ids", ())),
        items=items,
        faults=faults_of(desk, raw.get("faults", ()), dialects, names),
        counts_all=raw.get("count", "all") == "all",
        options=_options(desk, raw.get("options", {}), vendors, registry),
        expires=_expires(desk, raw),
        source=source.where,
        text=text,
        lists=items_desk.used,
    )
    return None if desk.problems else scenario


def _steps(desk: Desk, raw: Mapping[str, Json], dialects: Sequence[Dialect], items: ByVendor) -> tuple[Step, ...]:
    by_items = any(item.steps for found in items.values() for item in found)
    if by_items:
        if "steps" in raw:
            desk.add(
                ("steps",),
                "the items have steps of their own, and the whole follows from them",
                "keep one of the two",
                key=True,
            )
        return (Step("items", hold=True),)
    if "steps" not in raw:
        desk.add((), "`steps` is missing", "give the scenario steps, or its items steps of their own")
        return ()
    counted = items or {dialect.name: (PLAIN_ITEM,) for dialect in dialects}
    return steps_of(desk, raw["steps"], dialects, counted)


def _judge_name(desk: Desk, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        what = f'"{name}" is no name for a scenario'
        desk.add((), what, f"a file is named by lower-case letters, digits and -, at most {LONGEST_NAME}")
    elif _LIKE_AN_ID.fullmatch(name):
        desk.add((), f'the name "{name}" looks like a vendor\'s id', "choose a name that says what happens")


def _claims(desk: Desk, name: str, ids: Sequence[str]) -> tuple[str, ...]:
    for k, claim in enumerate(ids):
        if claim in (name, f"{name}.*"):
            desk.add(("ids", k), f'"{claim}" is claimed by the name of the file already', "drop it")
    return tuple(ids)


def _options(desk: Desk, raw: Mapping[str, Json], vendors: Sequence[str], registry: Registry) -> Mapping[str, Json]:
    for problem in registry.judge(raw):
        desk.add(tuple(problem.where.split(".")), problem.what, problem.hint)
    for key in raw:
        if key != "profile" and key not in vendors:
            desk.add(("options", key), f"this scenario is not served by {key}", "see `vendors`", key=True)
    return raw


def _expires(desk: Desk, raw: Mapping[str, Json]) -> int | None:
    if "expires" not in raw:
        return None
    try:
        return durations.length(raw["expires"])
    except durations.BadTime as error:
        desk.add(("expires",), str(error))
        return None


def _digest(raw: Json, used: Mapping[str, Items]) -> str:
    """12 hex digits of what the file says and of the lists it uses. The order of keys counts, for it has a meaning."""
    text = json.dumps([raw, used], ensure_ascii=False, separators=(",", ":"))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
