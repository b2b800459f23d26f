"""The words that a state may have, over several vendors."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.engine.scenario import State
from mock_server.vendors.registry import Registry


def words(sets: Iterable[Iterable[State]]) -> tuple[str, ...]:
    """The states of several vendors, each once, in the order of their rank."""
    found = {state for states in sets for state in states}
    return tuple(state.value for state in State if state in found)


def item_words(registry: Registry) -> tuple[str, ...]:
    """Every word an item of some vendor may show."""
    return words(dialect.item_states for dialect in registry.dialects())
