"""A status body read back into neutral states: what was shown, as far as the vendor's codes tell states apart."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from mock_server import paths
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import FAILURES, Shown, State
from mock_server.vendors.dialect import Dialect, ItemView, View
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import PROFILES, Registry
from tests.support.harness import VENDORS

REGISTRY = Registry()
DIALECTS = [
    REGISTRY.dialect(vendor, {"profile": profile, vendor: dict(zip(knobs, words, strict=True))})
    for vendor in VENDORS
    for profile in PROFILES
    for knobs in [tuple(REGISTRY.dialect(vendor).knobs)]
    for words in product(*REGISTRY.dialect(vendor).knobs.values())
]
SAME = {State.WAITING: State.PROCESSING}
"""The states that a vendor without a word for the whole cannot tell from others."""


def named(dialect: Dialect) -> str:
    return f"{dialect.name}-{dialect.profile}-{'-'.join(str(getattr(dialect, knob)) for knob in dialect.knobs)}"


def body_of(dialect: Dialect, state: State, shown: tuple[Shown, ...], fields: dict[str, Any]) -> Any:
    """The body of a task whose items show this, each with the same fields."""
    pool = Fixtures([paths.data("fixtures")]).items(dialect.name)
    draws = Draws(0, "t.1")
    words = dialect.words(draws, 1_700_000_000_000, pool)
    items = []
    for k, (each, reason) in enumerate(shown):
        made = dialect.item(ItemView(each, reason, fields, pool[k]))
        minted = dialect.item_words(draws, k, words) if made.minted else {}
        items.append({**made.layout, **{name: minted[name] for name in made.minted}})
    return dialect.body(View("t.1", state, items, words))


@pytest.mark.parametrize("dialect", DIALECTS, ids=named)
def test_the_states_of_every_body_are_read_back(dialect: Dialect) -> None:
    for state in dialect.states:
        for word in dialect.item_states:
            why = "not a media" if word in FAILURES else None
            shown = (Shown(word, why), Shown(word, why))
            body = body_of(dialect, state, shown, {})
            read = dialect.read_status(body)
            assert read is not None
            again = body_of(dialect, read.state, read.items, {})
            assert again == body, "what was read shows the same"
            if dialect.has_whole:
                assert read.items == shown
                assert dialect.body(View("", read.state, [], _words(dialect)))["code"] == body["code"]
            else:
                assert [each.state for each in read.items] == [SAME.get(word, word)] * 2


def _words(dialect: Dialect) -> Any:
    pool = Fixtures([paths.data("fixtures")]).items(dialect.name)
    return dialect.words(Draws(0, "t.1"), 0, pool)


@pytest.mark.parametrize("dialect", DIALECTS, ids=named)
def test_each_item_is_read_with_its_own_state_and_the_fields_that_it_shows(dialect: Dialect) -> None:
    fields: dict[str, Any] = {name: f"my {name}" for name in dialect.item_fields if name != "fsize"}
    shown = (Shown(State.SUCCEEDED), Shown(State.PROCESSING))
    read = dialect.read_status(body_of(dialect, State.PROCESSING, shown, fields))
    assert read is not None
    assert (read.state, read.items) == (State.PROCESSING, shown)
    done, working = read.fields
    assert fields.items() >= {name: value for name, value in done.items() if name != "fsize"}.items()
    assert set(working) <= set(done)


def test_one_code_of_several_states_is_read_as_the_one_that_fits_the_items() -> None:
    wangsu = REGISTRY.dialect("wangsu")
    for item, whole in ((State.SUCCEEDED, State.SUCCEEDED), (State.FAILURE_NOTIFIED, State.FAILED)):
        read = wangsu.read_status(body_of(wangsu, State.SUCCEEDED, (Shown(State.SUCCEEDED), Shown(item)), {}))
        assert read is not None
        assert read.state is whole


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"code": 0},
        {"code": 0, "items": {}},
        {"code": "0", "items": []},
        {"code": True, "items": []},
        {"code": 0.0, "items": []},
        {"code": 99, "items": []},
        {"code": 0, "items": [{}]},
        {"code": 0, "items": [{"code": 99}]},
        {"code": 0, "items": [{"code": [0]}]},
        {"code": 0, "items": [0]},
        {"preheating_results": [{"status": "sleeping"}]},
        {"preheating_results": [{"status": None}]},
        {"preheating_results": "none"},
    ],
)
def test_a_body_without_known_codes_is_not_read(vendor: str, body: Any) -> None:
    assert REGISTRY.dialect(vendor).read_status(body) is None
