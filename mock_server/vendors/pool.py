"""Makes pools of plausible items with a vendor's Faker provider.

Faker is imported on use, and only to make a pool: a running server reads the pools from files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module

from mock_server.errors import InvalidInput, Problem
from mock_server.types import Bound, Json

Item = dict[str, Json]

MOST = 1000
"""Items of the largest pool; more would only slow a server's start, which reads them."""
MADE = Bound("Items that `mock-server fixture` makes", MOST, "items", "The command is refused.")

_TRIES = 50


def make_items(provider: str, count: int, seed: int) -> list[Item]:
    """`count` different items of a provider, named `module:Class`; the same for the same seed on every machine.

    InvalidInput: no such provider, `count` is not from 1 to `MOST`, or the provider has too few different items.
    """
    if not 1 <= count <= MOST:
        raise InvalidInput([Problem("count", f"{count} items asked for, expected 1 to {MOST}")])
    item = _maker(provider, seed)
    found: dict[str, Item] = {}
    for _ in range(count * _TRIES):
        made = item()
        found.setdefault(json.dumps(made, sort_keys=True), made)
        if len(found) == count:
            return list(found.values())
    hint = "ask for fewer, or give the provider more words"
    raise InvalidInput([Problem("count", f"{provider} has only {len(found)} different items, not {count}", hint)])


def dump_items(items: Sequence[Item]) -> str:
    """The text of a pool's file: readable JSON in plain UTF-8, fields in the provider's order."""
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _maker(provider: str, seed: int) -> Callable[[], Item]:
    """The provider's `item`, on a separate generator, so that no other user of Faker in this process is reseeded."""
    from faker import Generator

    module, _, name = provider.partition(":")
    try:
        made = getattr(import_module(module), name)(Generator().seed_instance(seed))
    except (ImportError, AttributeError, ValueError) as error:
        hint = "expected module:Class, a Faker provider with a method item()"
        raise InvalidInput([Problem("provider", f"cannot load {provider!r}: {error}", hint)]) from error
    item: Callable[[], Item] = made.item
    return item
