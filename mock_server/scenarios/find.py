"""Which scenarios a text finds: by their names, by what they are about, and by what polls see of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from mock_server.engine.scenario import Scenario
from mock_server.faults.kinds import FAULTS, FOUND
from mock_server.http.responses import reason_of
from mock_server.scenarios.timeline import phrases
from mock_server.vendors.dialect import Dialect


def is_found(scenario: Scenario, dialects: Sequence[Dialect], text: str, also: str = "") -> bool:
    """Whether each word of the text occurs in what there is to read of a scenario, in any case.

    `dialects` are those of the vendors that it serves, with its own options. `also` is read too.
    """
    words = text.lower().split()
    if not words:
        return True
    whole = "\n".join((also, *_readable(scenario, dialects))).lower()
    return all(word in whole for word in words)


def _readable(scenario: Scenario, dialects: Sequence[Dialect]) -> Iterator[str]:
    """What somebody can read of a scenario, and of what its polls see: statuses, codes and texts of its errors too."""
    yield scenario.name
    yield scenario.about
    for line in scenario.text.splitlines():
        if not line.lstrip().startswith("#"):
            yield line
    errors = {step.error for step in scenario.steps}
    if scenario.expires is not None:
        errors.add("unknown")
    for step in scenario.steps:
        if step.adjust.status is not None:
            yield _status(step.adjust.status)
    for fault in scenario.faults:
        effect = fault.effect
        errors.add(effect.error)
        yield f"{phrases.condition(fault.when)}: {phrases.effect(effect)}"
        if effect.fault is not None:
            yield FAULTS[effect.fault].about
        if effect.status is not None or effect.redirect is not None:
            yield _status(effect.status or FOUND)
    for dialect in dialects:
        for error in errors:
            if error is not None:
                row, body = dialect.error(error)
                yield f"{row.status} {row.reason} {row.code} {row.text} {json.dumps(body, ensure_ascii=False)}"


def _status(status: int) -> str:
    return f"{status} {reason_of(status)}"
