"""From a file that fits the schema to a scenario: what the schema cannot say is checked here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from mock_server.engine import durations
from mock_server.engine.scenario import PLAIN_ITEM, Scenario, Step
from mock_server.scenarios.compile.faults import faults_of
from mock_server.scenarios.compile.items import FixtureLookup, ItemCompiler, Served, wholes_of
from mock_server.scenarios.compile.notify import Notifying, notify_of
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.steps import steps_of
from mock_server.scenarios.compile.submits import submits_of
from mock_server.types import Bound, Json
from mock_server.vendors.fixtures import Items
from mock_server.vendors.registry import Registry

LONGEST_NAME = 100
NAME = Bound(
    "Name of a scenario",
    LONGEST_NAME,
    "characters",
    "The file is not loaded, and an upload is refused with 422.",
)
_NAME = re.compile("[a-z0-9-]+")
# What stands before the dot of a vendor's id names a zone (a letter or two and a number); other ids are long hex.
_LIKE_AN_ID = re.compile("[a-z]{1,2}[0-9]|[0-9a-f]{16,}")


class File(NamedTuple):
    """What is written, the name of its scenario, and what people call the file."""

    text: str | bytes
    name: str
    where: str


def scenario_of(root: Part, file: File, registry: Registry, lookup: FixtureLookup) -> Scenario | None:
    """The scenario of a file, whose root this is; None if anything is wrong with it."""
    _check_name(root, file.name)
    vendors = tuple(root.get("vendors", registry.names))
    dialects = tuple(registry.dialect(vendor) for vendor in vendors)
    compiler = ItemCompiler(dialects, lookup)
    items = compiler.items(root.child("items")) if "items" in root else {}
    steps = _steps(root, Served(dialects, items))
    if "items" not in root and any(step.items for step in steps):
        # The steps count on one item; a submit request must not bring more.
        items = dict.fromkeys(vendors, (PLAIN_ITEM,))
    names = [step.name for step in steps] if "steps" in root else wholes_of(Served(dialects, items))
    scenario = Scenario(
        name=file.name,
        digest=_digest(root.value, compiler.used),
        about=root.get("about", ""),
        steps=steps,
        vendors=vendors,
        claims=_claims(root.child("ids"), file.name),
        submits=submits_of(root.child("submits"), dialects),
        items=items,
        faults=faults_of(root.child("faults"), dialects, names),
        counts_all=root.get("count", "all") == "all",
        options=_options(root, vendors, registry),
        expires=root.child("expires").read(durations.length),
        notify=notify_of(root, Notifying(dialects, steps, items)),
        source=file.where,
        text=file.text if isinstance(file.text, str) else file.text.decode("utf-8"),
        lists=compiler.used,
    )
    return None if root.problems else scenario


def _steps(root: Part, served: Served) -> tuple[Step, ...]:
    """The steps of the task; where the items have steps of their own, one that leaves all to them."""
    by_items = any(item.steps for items in served.items.values() for item in items)
    if by_items:
        if "steps" in root:
            what = "the items have steps of their own, and the whole follows from them"
            root.report(what, "keep one of the two", key="steps")
        return (Step("items", hold=True),)
    if "steps" not in root:
        root.report("`steps` is missing", "give the scenario steps, or its items steps of their own")
        return ()
    plain = {dialect.name: (PLAIN_ITEM,) for dialect in served.dialects}
    return steps_of(root.child("steps"), served._replace(items=served.items or plain))


def _check_name(root: Part, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        hint = f"a file is named by lower-case letters, digits and -, at most {LONGEST_NAME}"
        root.report(f'"{name}" is no name for a scenario', hint)
    elif _LIKE_AN_ID.fullmatch(name):
        root.report(f'the name "{name}" looks like a vendor\'s id', "choose a name that says what happens")


def _claims(ids: Part, name: str) -> tuple[str, ...]:
    for claim in ids.elements():
        if claim.value in (name, f"{name}.*"):
            claim.report(f'"{claim.value}" is claimed by the name of the file already', "drop it")
    return tuple(ids.value or ())


def _options(root: Part, vendors: Sequence[str], registry: Registry) -> Mapping[str, Json]:
    found: Mapping[str, Json] = root.get("options", {})
    for problem in registry.judge(found):
        root.child(*problem.where.split(".")).report(problem.what, problem.hint)
    for key in found:
        if key != "profile" and key not in vendors:
            root.child("options").report(f"this scenario is not served by {key}", "see `vendors`", key=key)
    return found


def _digest(raw: Mapping[str, Json], used: Mapping[str, Items]) -> str:
    """12 hex digits of what the file says and of the lists it uses. The order of keys counts, for it has a meaning."""
    text = json.dumps([raw, used], ensure_ascii=False, separators=(",", ":"))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
