"""Scenario files and bodies that take as much work as something of their size can: each a function of the size.

A size of 1 is as much as the bounds of a file or body allow, or a little more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mock_server.scenarios.source import LARGEST
from mock_server.types import Json

END = "  - {state: succeeded}\n"
STEP = "steps: [{state: succeeded}]\n"


def _repeated(unit: Callable[[int], str], most: int, size: float, between: str = "") -> str:
    return between.join(unit(k) for k in range(int(most * size)))


def _steps(unit: str, most: int = 999) -> Callable[[float], str]:
    """Steps that are all alike, `#` stands for a number, and a last one that succeeded."""
    return lambda size: "steps:\n" + _repeated(lambda k: f"  - {{{unit.replace('#', str(k))}}}\n", most, size) + END


def _flow(before: str, unit: str, after: str, most: int = 9_000) -> Callable[[float], str]:
    return lambda size: before + _repeated(lambda k: unit.replace("#", str(k)), most, size, ", ") + after


def _text(before: str, unit: str, after: str) -> Callable[[float], str]:
    """As much text as a file may hold."""
    return lambda size: before + unit * int((LARGEST - len(before) - len(after)) * size / len(unit)) + after


WEIGHTS = ", ".join(f"w{k}: 1" for k in range(9))
FILES: Mapping[str, Callable[[float], str]] = {
    "unknown keys": lambda size: STEP + _repeated(lambda k: f"key{k}: 1\n", 9_000, size),
    "unknown keys of steps": _steps("stote: w, polsl#: 1"),
    "unknown states": _steps("state: w#"),
    "unknown steps": _steps("state: waiting, polls: 1, next: stepp#"),
    "unknown steps with weights": _steps(f"state: waiting, polls: 1, name: name#, next: {{{WEIGHTS}}}", 600),
    "long names": _steps(f"state: waiting, polls: 1, name: {'n' * 90}#, next: {'m' * 90}#"),
    "steps of one name": _steps("state: succeeded, name: n"),
    "steps that nothing leads to": _steps("state: succeeded, name: n#"),
    "unknown steps of faults": lambda size: (
        _steps("state: waiting, polls: 1, name: name#", 900)(size)
        + "faults:\n"
        + _repeated(lambda k: f"  - {{when: {{step: nome{k}}}, fault: reset}}\n", 900, size)
    ),
    "unknown errors": lambda size: (
        STEP + "faults:\n" + _repeated(lambda k: f"  - {{error: trhottled{k}}}\n", 999, size)
    ),
    "unknown fields": _flow("items: [{", "kye#: 1", "}]\n" + STEP),
    "unknown options": _flow(STEP + "options: {", "o#: a", "}"),
    "unknown vendors": _flow(STEP + "vendors: [", "o#", "]"),
    "too many ids": _flow(STEP + "ids: [", "o#", "]"),
    "ids that are mappings": _flow(STEP + "ids: [", "{a: #}", "]", 4_500),
    "bad headers": _flow("steps: [{state: succeeded, headers: {", "'x y#': a", "}}]"),
    "many headers": _flow("steps: [{state: succeeded, headers: {", "x#: a", "}}]"),
    "keys given twice": lambda size: STEP + "about: x\n" * int(9_000 * size),
    "tags": _flow("x: [", "!t# a", "]"),
    "anchors": lambda size: _repeated(lambda k: f"a{k}: &b{k} x\n", 9_000, size),
    "places that are not there": _flow("steps: [{state: succeeded, with: {qiniu: {", "nope#.x: 1", "}}}]"),
    "new places": _flow("steps: [{state: succeeded, off_contract: true, with: {qiniu: {", "n#: 1", "}}}]"),
    "new places of many items": _flow(
        "items: 1000\nsteps: [{state: succeeded, off_contract: true, with: {qiniu: {", "items.*.n#: 1", "}}}]"
    ),
    "a large value for many items": _flow(
        "items: 1000\nsteps: [{state: succeeded, off_contract: true, with: {qiniu: {items.*.n: [", "1", "]}}}]"
    ),
    "a long text for many items": _text(
        "items: 1000\nsteps: [{state: succeeded, off_contract: true, with: {qiniu: {items.*.n: ", "x", "}}}]"
    ),
    "bodies off their contract": lambda size: (
        "items: 1000\n"
        + _steps("state: processing, polls: 1, off_contract: true, with: {qiniu: {items.*.code: x#}}")(size)
    ),
    "bodies that break their contract": lambda size: (
        "items: 1000\n" + _steps("state: processing, polls: 1, with: {qiniu: {items.*.code: x#}}")(size)
    ),
    "bodies that differ": lambda size: "items: 1000\n" + _steps("state: failed, reason: r#, polls: 1")(size),
    "bodies that are alike": lambda size: (
        "items: 1000\n" + _steps("state: processing, polls: 1, items: {processing: 1000}")(size)
    ),
    "items that all have steps": lambda size: (
        "items:\n"
        + _repeated(lambda k: f"  - steps: [{{state: waiting, polls: {k + 1}}}, {{state: failed}}]\n", 999, size)
    ),
    "items whose steps are all wrong": lambda size: (
        "items:\n"
        + _repeated(lambda k: f"  - steps: [{{state: succeeded, polls: {k + 1}}}, {{state: failed}}]\n", 999, size)
    ),
    "items with fields of the wrong type": lambda size: (
        STEP + "items:\n" + _repeated(lambda _: "  - {cmd: [], key: [], url: [], hash: [], fsize: []}\n", 999, size)
    ),
    "bodies of notifications that differ": lambda size: (
        "items: 1000\nnotify: {send: ["
        + _repeated(lambda k: f"{{shows: s{k}}}", 100, size, ", ")
        + "]}\n"
        + _steps("name: s#, state: failed, reason: r#, polls: 1")(size)
    ),
    "notifications of unknown steps": lambda size: (
        _steps("state: waiting, polls: 1, name: name#", 900)(size)
        + "notify: {send: ["
        + _repeated(lambda k: f"{{on: nome{k}, shows: nume{k}}}", 100, size, ", ")
        + "]}\n"
    ),
    "too many notifications": _flow(STEP + "notify: {send: [", "{item: #}", "]}"),
    "a comment": _text(STEP, "#", ""),
    "empty lines": _text("", "\n", STEP),
    "a long word": _text("steps: [{state: ", "w", "}]"),
    "a long number": _text(STEP + "x: ", "9", ""),
    "a quoted text": _text('about: "', "\\n", '"\n' + STEP),
    "a folded text": _text("about: >\n", "  a\n\n", STEP),
    "a quote that is never closed": _text(STEP + "about: '", "x\n ", ""),
    "brackets that are never closed": _text("steps: ", "[", ""),
    "tabs": _text("steps:\n", "\t- x\n", ""),
}

BODIES: Mapping[str, tuple[str, Callable[[int], Json]]] = {
    "unknown keys of a fault": ("/faults", lambda count: {f"key{k}": 1 for k in range(count)}),
    "unknown keys of a task": ("/tasks", lambda count: {f"key{k}": 1 for k in range(count)}),
    "unknown keys of a question": ("/requests/verify", lambda count: {"where": {f"key{k}": 1 for k in range(count)}}),
    "unknown keys of a bundle": ("/bundle", lambda count: {f"key{k}": 1 for k in range(count)}),
    "unknown keys of the clock": ("/clock", lambda count: {f"key{k}": 1 for k in range(count)}),
    "unknown scopes": ("/reset", lambda count: {"only": [f"key{k}" for k in range(count)]}),
    "scopes that are mappings": ("/reset", lambda count: {"only": [{"k": k} for k in range(count)]}),
    "unknown fields of items": (
        "/tasks",
        lambda count: {"vendor": "qiniu", "scenario": "slow", "items": [{f"f{k}": 1} for k in range(count)]},
    ),
    "bad headers": ("/faults", lambda count: {"headers": {f"a b{k}": 1 for k in range(count)}}),
    "many headers": ("/faults", lambda count: {"headers": {f"ab{k}": "1" for k in range(count)}}),
    "a long word": ("/faults", lambda count: {"error": "x" * count}),
    "a long name": ("/tasks", lambda count: {"vendor": "qiniu", "scenario": "x" * min(count, 2_000)}),
}
"""By what they hold: the path below `/__admin` to which the body is sent, and the body of a size."""
