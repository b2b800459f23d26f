"""A vendor that does not exist, with words unlike any real one's: what the core does for it, it does for anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Profile, State
from mock_server.http.message import Pairs
from mock_server.types import Json
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.dialect import Dialect, ErrorRow, ItemBody, ItemView, Route, View, error_table, row_of
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.notices import Terms
from mock_server.vendors.registry import Vendor

LIGHTS: Mapping[State, str] = {
    State.WAITING: "red",
    State.PROCESSING: "amber",
    State.SUCCEEDED: "green",
    State.FAILED: "black",
}


@dataclass(frozen=True)
class Lamp(Dialect):
    """A task is a lamp, an item a bulb. Its responses are arrays, which no real vendor's are."""

    profile: Profile = "sdk"
    glow: str = "dim"

    name: ClassVar[str] = "lamp"
    routes: ClassVar[tuple[Route, ...]] = (
        Route("status", "/lamps/<room>/now", ("PUT", "HEAD"), "lamp"),
        Route("status_by_form", "/lamps/<room>/now", ("POST",), "lamp", "form"),
    )
    segments: ClassVar[frozenset[str]] = frozenset({"lamps"})
    states: ClassVar[frozenset[State]] = frozenset(LIGHTS)
    item_states: ClassVar[frozenset[State]] = frozenset(LIGHTS)
    has_whole: ClassVar[bool] = True
    item_fields: ClassVar[Mapping[str, Json]] = {"watt": {"type": "integer", "description": "Watts."}}
    knobs: ClassVar[Mapping[str, tuple[str, ...]]] = {"glow": ("dim", "bright")}
    terms: ClassVar[Terms] = Terms((500, 2_000))
    errors: ClassVar[Mapping[str, ErrorRow]] = error_table(
        {
            "illegal": ErrorRow(422, "No", "L1", "bad {field}"),
            "unauthorized": ErrorRow(401, "No", "L2", "who"),
            "unknown": ErrorRow(410, "Gone", "L3", "no lamp"),
            "no_route": ErrorRow(404, "No", "L4", "no way"),
            "method": ErrorRow(405, "No", "L5", "only put"),
            "throttled": ErrorRow(420, "Calm", "L6", "slower"),
        }
    )

    def new_id(self, draws: Draws) -> str:
        """A lamp's number."""
        return f"lamp-{draws.whole(0, 999_999, 'id')}"

    def example(self, id: str) -> str:
        """The lamp in the hall."""
        return self.routes[0].target(id, room="hall")

    def glance(self, body: Json) -> str:
        """The lamp's light."""
        return str(body[1])

    def item(self, item: ItemView) -> ItemBody:
        """`[watt, light]`."""
        return ItemBody([item.fields.get("watt", 40), LIGHTS[item.state]])

    def body(self, view: View) -> Json:
        """`[id, light, [[watt, light]…], glow]`."""
        return [view.id, LIGHTS[view.state], view.items, self.glow]

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """`[code, text]`."""
        row = row_of(self.errors, error, "L{status}")
        return row, [row.code, row.text.format(field=field or "lamp")]

    def headers(self, draws: Draws, asked: int) -> Pairs:
        """A type of its own."""
        return (("Content-Type", "application/lamp+json"), ("X-Asked", str(asked)))


STATUS_SCHEMA = {
    "type": "array",
    "prefixItems": [
        {"type": "string"},
        {"enum": list(LIGHTS.values())},
        {"type": "array", "items": {"prefixItems": [{"type": "integer"}, {"enum": list(LIGHTS.values())}]}},
        {"enum": ["dim", "bright"]},
    ],
    "minItems": 4,
    "maxItems": 4,
}
ERROR_SCHEMA = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}

VENDOR = Vendor(Lamp, "tests.support.made_up_vendor:NoProvider")


def contracts(folder: Path) -> Contracts:
    """The lamp's schemas, written below `folder`."""
    (folder / "lamp").mkdir(parents=True)
    for profile in ("document", "sdk", "live"):
        for kind in ("status", "notice"):
            (folder / "lamp" / f"{kind}.{profile}.schema.json").write_text(json.dumps(STATUS_SCHEMA))
    (folder / "lamp" / "error.schema.json").write_text(json.dumps(ERROR_SCHEMA))
    return Contracts(folder)


def fixtures(folder: Path) -> Fixtures:
    """The lamp's pool, written below `folder`."""
    (folder / "lamp").mkdir(parents=True)
    (folder / "lamp" / "items.json").write_text('[{"watt": 40}]')
    return Fixtures([folder])
