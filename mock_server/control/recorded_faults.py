"""The faults of a recording: what those of a task's polls did, as scenario files write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime

from mock_server.control.recorded_text import by_polls
from mock_server.engine.run import Run
from mock_server.engine.scenario import Ahead
from mock_server.faults.kinds import FAULTS, OFF_LENGTH
from mock_server.http.message import Pairs
from mock_server.journal.journal import Entry
from mock_server.types import Json
from mock_server.vendors.render import Renderer

_PLAIN = frozenset({"headers", "delay", "status"})
"""Faults behind which the headers that were changed by hand can be told from the vendor's."""
_OF_BODY = frozenset({"content-length", "content-type"})


def faults_of(renderer: Renderer, run: Run, polls: Sequence[Entry], lost: list[str]) -> Iterator[dict[str, Json]]:
    """A fault for each different set of effects, with the numbers of the polls that it struck.

    What cannot be told is added to `lost`, a sentence each.
    """
    yield from by_polls(
        (number, effect) for number, entry in enumerate(polls, 1) for effect in _struck(renderer, run, entry, lost)
    )


def _struck(renderer: Renderer, run: Run, entry: Entry, lost: list[str]) -> list[dict[str, Json]]:
    """What the faults of one poll did, an error together with all that goes with it."""
    effects = list(_effects(renderer, run, entry, lost))
    if any("error" in effect for effect in effects):  # no other fault goes with an error
        return [{name: value for effect in effects for name, value in effect.items()}]
    return effects


def _effects(renderer: Renderer, run: Run, entry: Entry, lost: list[str]) -> Iterator[dict[str, Json]]:
    """What the faults of one poll did, as scenario files write it, in the order in which they applied."""
    response = entry.response
    for name in dict.fromkeys(entry.faults):
        if name == "headers":
            headers = _headers(renderer, run, entry)
            if headers:
                yield {"headers": headers}
            else:
                lost.append(f"the headers that a fault changed for poll {entry.asked}")
        elif name == "delay":
            yield {"delay": f"{response.delay}ms"}
        elif name == OFF_LENGTH and entry.original is not None and _off_by(entry):
            yield {"length": _off_by(entry)}
        elif name in FAULTS:
            over = None if response.delivery is None else response.delivery.over
            yield {"fault": name, **({"over": f"{over}ms"} if over and FAULTS[name].over is not None else {})}
        elif name == "status":
            yield {"status": response.status}
        elif name == "redirect":
            yield {"redirect": response.header("Location") or "/"}
        elif name == "body":
            yield from _body(entry, lost)
        else:
            yield {"error": int(name) if name.isdigit() else name}


def _headers(renderer: Renderer, run: Run, entry: Entry) -> dict[str, Json]:
    """The headers that faults set or, with null, removed; empty where that cannot be told."""
    sources = [source for name, source in zip(entry.faults, entry.sources, strict=False) if name == "headers"]
    if sources and all(source < 0 for source in sources):
        written: dict[str, tuple[str, Json]] = {}
        for source in sources:
            for name, value in run.scenario.faults[-source - 1].effect.headers:
                written.setdefault(name.lower(), (name, _ahead(value.lasts) if isinstance(value, Ahead) else value))
        return dict(written.values())
    others = set(entry.faults) - _PLAIN
    before = None if entry.original is None else entry.original.headers
    if len(others) == 1:
        (error,) = others
        if error in FAULTS or error in ("body", "redirect"):
            return {}
        options, asked = run.scenario.options, entry.asked
        word = int(error) if error.isdigit() else error
        before = renderer.error(run.key.vendor, word, run.draws, asked, options=options).response.headers
    if before is None or len(others) > 1:
        return {}
    changed = _changed(before, entry)
    if "status" in entry.faults:  # which may take the body away, and its headers with it
        changed = {name: value for name, value in changed.items() if name.lower() not in _OF_BODY}
    return changed


def _changed(before: Pairs, entry: Entry) -> dict[str, Json]:
    """How the headers of a response differ from those before its faults."""
    after = entry.response.headers
    had, has = dict(_lower(before)), dict(_lower(after))
    changed: dict[str, Json] = {name: None for name, _ in before if name.lower() not in has}
    for name, value in after:
        if had.get(name.lower()) != value:
            changed[name] = _date_ahead(value, entry) or value if name.lower() == "retry-after" else value
    return changed


def _lower(pairs: Pairs) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for name, value in pairs)


def _date_ahead(value: str, entry: Entry) -> Mapping[str, Json] | None:
    """A date as so long after the response; None where the value is no date, or none after it."""
    try:
        lasts = round(parsedate_to_datetime(value).timestamp() * 1_000) - entry.real
    except ValueError:
        return None
    return _ahead(lasts) if lasts > 0 else None


def _ahead(lasts: int) -> dict[str, Json]:
    return {"ahead": f"{lasts}ms"}


def _body(entry: Entry, lost: list[str]) -> Iterator[dict[str, Json]]:
    try:
        text = entry.response.body.decode("utf-8")
    except UnicodeDecodeError:
        lost.append(f"the body that a fault gave to poll {entry.asked}")
        return
    type = entry.response.header("Content-Type")
    yield {"body": text, **({"type": type} if type else {})}


def _off_by(entry: Entry) -> int:
    """How far the Content-Length is off; 0 if it is no number."""
    length = entry.response.header("Content-Length") or ""
    return int(length) - len(entry.response.body) if length.isascii() and length.isdigit() else 0
