"""The `submits` of a scenario: for which vendors each entry is."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.engine.submits import Wanted, where_of
from mock_server.scenarios.compile.part import Part
from mock_server.vendors.dialect import Dialect


def submits_of(submits: Part, dialects: Sequence[Dialect]) -> tuple[Wanted, ...]:
    """The entries. Each is for those of the vendors that have all its keys; what is for none of them is reported."""
    return tuple(_wanted(entry, dialects) for entry in submits.elements())


def _wanted(entry: Part, dialects: Sequence[Dialect]) -> Wanted:
    vendors = tuple(dialect.name for dialect in dialects if dialect.submit_keys.keys() >= entry.value.keys())
    if not vendors:
        _report(entry, dialects)
    return Wanted(where_of(entry.value), vendors)


def _report(entry: Part, dialects: Sequence[Dialect]) -> None:
    """Says why an entry is for nobody: the keys that no vendor of the file has, else that none has them all."""
    known = {dialect.name: ", ".join(dialect.submit_keys) or "none" for dialect in dialects}
    hint = "; ".join(f"{vendor} has {keys}" for vendor, keys in known.items())
    alone = [key for key in entry.value if not any(key in dialect.submit_keys for dialect in dialects)]
    for key in alone:
        entry.report(f"no vendor of this scenario has `{key}`", hint, key=key)
    if not alone:
        entry.report("no vendor of this scenario has all of these keys", hint)
