"""What the faults of an exchange made of its response, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from mock_server.faults.kinds import FAULTS, OFF_LENGTH
from mock_server.http.message import Response
from mock_server.journal.entry import Entry
from mock_server.journal.saw import saw_of
from mock_server.types import Bound

COMPARED = Bound(
    "Lines of a body that are compared with those of another",
    2_000,
    "lines",
    "Those of a longer one are all shown as changed (`changes` of one exchange).",
)

Part = Literal["status", "header", "body", "delay", "delivery"]
Sign = Literal["-", "+", " "]


class Line(NamedTuple):
    """One line: `-` is only in the response before the faults, `+` only in the one that left, a blank in both."""

    part: Part
    sign: Sign
    text: str


def changes_of(entry: Entry) -> tuple[Line, ...]:
    """The lines of both responses, none where no fault changed anything and the contract held."""
    if entry.original is None:
        return ()
    return tuple(_lines(entry.original, entry.response))


def arrived(response: Response) -> int:
    """How many bytes of the body reach the client of a GET."""
    size = len(response.body)
    kind = None if response.delivery is None else response.delivery.kind
    if kind is None or not FAULTS[kind].destroys:
        return size
    length = response.header("Content-Length") or ""
    if kind == OFF_LENGTH and length.isascii() and length.isdigit():
        return min(int(length), size)
    return {"all": size, "half": size // 2, "none": 0}[FAULTS[kind].sends]


def is_unjudged(entry: Entry) -> bool:
    """Whether a fault damaged or replaced the body after it was held against the contract."""
    return entry.told is None and (entry.read is not None or saw_of(entry).word in ("spoiled", "cut"))


def pretty_body(body: bytes) -> str:
    """A body for people: JSON a member a line, its keys in their order; all else as it is."""
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _lines(before: Response, after: Response) -> Iterator[Line]:
    yield from _compared("status", [f"{before.status} {before.reason}"], [f"{after.status} {after.reason}"])
    yield from _compared("header", _headers(before), _headers(after))
    yield from _compared("body", pretty_body(before.body).splitlines(), pretty_body(after.body).splitlines())
    if before.delay != after.delay:
        yield Line("delay", "+", f"{after.delay} ms")
    if after.delivery is not None:
        yield Line("delivery", "+", _delivery(after, after.delivery.kind))


def _headers(response: Response) -> list[str]:
    return [f"{name}: {value}" for name, value in response.headers]


def _compared(part: Part, before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    if max(len(before), len(after)) > COMPARED.value and before != after:
        yield from (Line(part, "-", text) for text in before)
        yield from (Line(part, "+", text) for text in after)
        return
    import difflib  # on first use: it takes others with it

    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, low, high in matcher.get_opcodes():
        if kind == "equal":
            yield from (Line(part, " ", text) for text in before[start:end])
        else:
            yield from (Line(part, "-", text) for text in before[start:end])
            yield from (Line(part, "+", text) for text in after[low:high])


def _delivery(response: Response, kind: str) -> str:
    """The fault of the connection, and how much of the body the client got."""
    fault = FAULTS[kind]
    if not fault.destroys:
        return f"{kind}: {fault.about}"
    return f"{kind}: {fault.about}; the client got {arrived(response)} of {len(response.body)} bytes of the body"
