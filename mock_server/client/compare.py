"""Two runs side by side: what the clients of the same tasks asked and saw differently, exchange by exchange. Pure.

The exchanges of a task are aligned as the lines of two texts are, so that one more poll is one line more, and does not
make all later ones differ. Attempts to notify come after the requests, notification by notification: whether a poll or
an attempt came first is a race between two sockets. What differs on every run is not compared: times, headers that
carry them, and signatures.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from mock_server.api.exchange import Exchange, Header, Told

VOLATILE = frozenset(
    {
        "authorization",
        "content-length",
        "date",
        "expires",
        "host",
        "last-modified",
        "user-agent",
        "x-mock-server",
        "x-reqid",
        "x-request-id",
    }
)
"""Headers whose values differ from run to run, or from one version of a client to the next; and our own notes."""
_DATED = "-date"
"""How the names of headers end that tell when a request was signed."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_MOST_LEAVES = 100
"""Differing fields of one body that are told."""


class TaskId(NamedTuple):
    """A task as two runs have it in common. Both are None for the requests that met none."""

    vendor: str | None
    id: str | None

    @property
    def known(self) -> bool:
        """Whether it is a task."""
        return self.vendor is not None or self.id is not None

    def __str__(self) -> str:
        return " ".join(word for word in (self.vendor, self.id) if word) or "requests without a task"


class Pair(NamedTuple):
    """Two exchanges in the same place, or one that the other run lacks; `differs` says what differs, a line each."""

    a: Exchange | None
    b: Exchange | None
    differs: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both runs have it, and nothing that is compared differs."""
        return self.a is not None and self.b is not None and not self.differs


class Compared(NamedTuple):
    """One task in two runs. `only`: the one run that has it."""

    task: TaskId
    pairs: tuple[Pair, ...]
    only: Literal["a", "b"] | None = None

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.only is None and all(pair.same for pair in self.pairs)


class Ignored(NamedTuple):
    """What is not compared: headers by their names in lower case, fields of bodies by their names."""

    headers: Collection[str] = VOLATILE
    fields: Collection[str] = ()


def compare(a: Sequence[Exchange], b: Sequence[Exchange], ignored: Ignored | None = None) -> tuple[Compared, ...]:
    """The tasks of two runs, those of `a` first, each with its exchanges side by side."""
    ignored = ignored or Ignored()
    first, second = _by_task(a), _by_task(b)
    found = []
    for task in dict.fromkeys((*first, *second)):
        left, right = first.get(task, []), second.get(task, [])
        pairs = tuple(_pairs(left, right, ignored))
        found.append(Compared(task, pairs, None if left and right else "a" if left else "b"))
    return tuple(found)


def _by_task(exchanges: Sequence[Exchange]) -> Mapping[TaskId, list[Exchange]]:
    found: dict[TaskId, list[Exchange]] = {}
    for each in exchanges:
        known = each.scenario is not None or each.step is not None
        found.setdefault(TaskId(each.vendor, each.id) if known else TaskId(None, None), []).append(each)
    return {task: sorted(each, key=_place) for task, each in found.items()}


def _place(each: Exchange) -> tuple[int, ...]:
    """Where an exchange stands among those of its task: the requests as they came, then the attempts to notify."""
    if each.told is None:
        return (0, each.number)
    item = -1 if each.told.item is None else each.told.item
    return (1, each.told.notice, item, each.told.attempt, each.number)


def _pairs(a: Sequence[Exchange], b: Sequence[Exchange], ignored: Ignored) -> Iterator[Pair]:
    import difflib  # on first use: it takes others with it

    first, second = [_mark(each, ignored) for each in a], [_mark(each, ignored) for each in b]
    for kind, start, end, low, high in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Pair(*both) for both in zip(a[start:end], b[low:high], strict=True))
        else:
            for one, other in zip_longest(a[start:end], b[low:high]):
                both = one is not None and other is not None
                yield Pair(one, other, tuple(_differences(one, other, ignored)) if both else ())


def _mark(each: Exchange, ignored: Ignored) -> str:
    """All of an exchange that is compared, as text. Two of the same text are the same."""
    return json.dumps(_parts(each, ignored), sort_keys=True, default=str)


def _differences(a: Exchange, b: Exchange, ignored: Ignored) -> Iterator[str]:
    """What differs between two exchanges, a line each."""
    first, second = _parts(a, ignored), _parts(b, ignored)
    told = 0
    for name in dict.fromkeys((*first, *second)):
        old, new = first.get(name), second.get(name)
        if old != new:
            told += 1
            if told > _MOST_LEAVES:
                yield "…"
                return
            yield f"{name}: {_shown(old)} -> {_shown(new)}"


def _parts(each: Exchange, ignored: Ignored) -> dict[str, Any]:
    """What is compared of an exchange, by what people call it."""
    if each.told is not None:
        return _attempt_parts(each, each.told, ignored)
    request, response = each.request, each.response
    parts: dict[str, Any] = {"method": request.method, "target": request.target}
    parts |= _headers("request header", request.headers, ignored)
    parts |= _body("request body", request.body, ignored)
    parts |= {"saw": each.saw, "status": None if each.unsent else response.status, "delivery": response.delivery}
    parts["held back (ms)"] = response.delay_ms
    if not each.unsent:
        parts |= _headers("header", response.headers, ignored)
        parts |= _body("body", response.body, ignored)
    return parts


def _attempt_parts(each: Exchange, told: Told, ignored: Ignored) -> dict[str, Any]:
    """What is compared of an attempt to notify. What its receiver says besides the status is its own affair."""
    parts: dict[str, Any] = {"url": each.request.target, "notification": told.notice, "item": told.item}
    parts |= {"attempt": told.attempt, "signed": told.signed, "key": told.key}
    parts |= _headers("header", each.request.headers, ignored)
    parts |= _body("body", _decoded(each.request.body), ignored)
    return parts | {"outcome": told.outcome, "status": each.response.status or None, "why": each.note or None}


def _decoded(body: bytes) -> bytes:
    """The body of a notification; where it is JSON in base64, that JSON."""
    try:
        plain = urlsafe_b64decode(body)
        json.loads(plain)
    except (ValueError, RecursionError):
        return body
    return plain


def _headers(what: str, headers: Sequence[Header], ignored: Ignored) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in headers:
        name = each.name.lower()
        if name not in ignored.headers and not name.endswith(_DATED):
            found.setdefault(f"{what} {name}", []).append(each.value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _body(what: str, body: bytes, ignored: Ignored) -> dict[str, Any]:
    """The fields of a body that is JSON, by their paths; else the body as it is. Times are left out."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {what: body.decode("utf-8", "backslashreplace")} if body else {}
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [(f"{what} $", value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{path}.{name}", each) for name, each in value.items() if name not in ignored.fields]
        elif isinstance(value, list) and value:
            waiting += [(f"{path}[{k}]", each) for k, each in enumerate(value)]
        elif not (isinstance(value, str) and _TIME.match(value)):
            found[path] = value
    return dict(sorted(found.items()))


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
