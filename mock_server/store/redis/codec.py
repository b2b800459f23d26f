"""Values as bytes and back. Whatever Python may hold in a text or a number comes back as it was.

Most is msgpack of plain tuples, by position. What msgpack cannot say, as a lone surrogate or a number beyond 64 bits,
is wrapped; it is looked for only after the plain way failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.ids import IdPattern
from mock_server.engine.rules import Rule, SubmitRules
from mock_server.engine.scenario import Ahead, Daily, Effect, Lognormal, Span
from mock_server.engine.state import State
from mock_server.engine.task import Key, Record
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Delivery, Request, Response, request_of
from mock_server.journal.actions import Action
from mock_server.journal.entry import Entry, Told
from mock_server.journal.moves import Move
from mock_server.store.store import Control

_TEXT, _NUMBER = 1, 2
"""What is wrapped."""
_POLL, _OLD = 1, 2


def _unwrap(code: int, data: memoryview) -> object:
    text = bytes(data).decode("utf-8", "surrogatepass")
    return int(text) if code == _NUMBER else text


def _wrapped(value: Any) -> Any:
    """The value, what msgpack cannot say in it wrapped."""
    if isinstance(value, str):
        return msgspec.msgpack.Ext(_TEXT, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, int) and not isinstance(value, bool):
        return msgspec.msgpack.Ext(_NUMBER, str(value).encode())
    if isinstance(value, tuple | list):
        return [_wrapped(each) for each in value]
    if isinstance(value, Mapping):
        return {_wrapped(name): _wrapped(each) for name, each in value.items()}
    return value


_encode: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(tuple, ext_hook=_unwrap).decode


def packed(value: Any) -> bytes:
    """The bytes of a tuple of plain values."""
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        return _encode(_wrapped(value))


def field_of(key: Key) -> bytes:
    """The name of a task in the store."""
    return f"{key[0]}/{key[1]}".encode("utf-8", "surrogatepass")


def key_of(field: bytes) -> Key:
    """The key of a task by that name."""
    vendor, _, id = field.decode("utf-8", "surrogatepass").partition("/")
    return Key(vendor, id)


def record_of(data: bytes) -> Record:
    """The record that `packed` made these bytes of."""
    record: Record = _decode(data)
    return record


def entry_bytes(entry: Entry) -> bytes:
    """An entry without its number."""
    real, virtual, request, response, verdict, poll, vendor, id, scenario, step, asked, *_ = entry
    faults, crossed, original, note, _, state, sources, born, told, read = entry[11:]
    method, target, _, _, headers, body, old, _ = request
    flags = _POLL * poll + _OLD * old
    before, said = None if original is None else _response(original), None if read is None else read.value
    rare = (faults, crossed, before, note, sources, told, said)
    values = (
        real, virtual, flags, method, target, headers, body, _response(response), verdict, vendor, id, scenario, step,
        asked, None if state is None else state.value, born,
    )  # fmt: skip
    # What few entries have goes last, and most often not at all.
    return packed(values if rare == _USUAL else (*values, *rare))


_USUAL = ((), (), None, "", (), None, None)


def entry_of(data: bytes, number: int = 0) -> Entry:
    """The entry of these bytes, with a number."""
    found = _decode(data)
    real, virtual, flags, method, target, headers, body, response, verdict, vendor, id, scenario, step, *rest = found
    asked, state, born, *rare = rest
    faults, crossed, original, note, sources, told, read = rare or _USUAL
    return Entry(
        real,
        virtual,
        _request(method, target, headers, body, old=bool(flags & _OLD)),
        _response_of(response),
        verdict,
        bool(flags & _POLL),
        vendor,
        id,
        scenario,
        step,
        asked,
        tuple(faults),
        tuple([Crossing(*each) for each in crossed]),
        None if original is None else _response_of(original),
        note,
        number,
        None if state is None else State(state),
        tuple(sources),
        born,
        None if told is None else Told(*told),
        None if read is None else State(read),
    )


def _request(method: str, target: str, headers: Any, body: bytes, *, old: bool) -> Request:
    return request_of(method, target, tuple([(name, value) for name, value in headers]), body, old=old)


def _response(response: Response) -> tuple[object, ...]:
    status, reason, headers, body, delay, delivery = response
    return (status, reason, headers, body) if not delay and delivery is None else response


def _response_of(raw: Any) -> Response:
    status, reason, headers, body, *more = raw
    delay, delivery = more or (0, None)
    pairs = tuple([(name, value) for name, value in headers])
    return Response(status, reason, pairs, body, delay, None if delivery is None else Delivery(*delivery))


def move_bytes(move: Move) -> bytes:
    """A move without its number, what came before it and its task."""
    return packed((move.scenario, move.crossing, move.by, move.born))


def move_of(number: int, after: int, key: Key, data: bytes) -> Move:
    """The move of these bytes."""
    scenario, crossing, by, born = _decode(data)
    return Move(number, after, *key, scenario, Crossing(*crossing), by, born)


def action_bytes(action: Action) -> bytes:
    """An action without its number."""
    return packed(action[1:])


def action_of(number: int, data: bytes) -> Action:
    """The action of these bytes, with a number."""
    return Action(number, *_decode(data))


def control_bytes(control: Control) -> bytes:
    """A control, how often its faults were applied included."""
    armed = control.armed
    faults = [(*_armed(each), armed.struck(each.number)) for each in armed]
    rules = [(*rule._replace(where=()), list(rule.where)) for rule in control.rules.rules]
    listed = (control.clock, faults, armed.last, control.offset, control.unmatched, control.made, rules)
    return packed((*listed, control.rules.last, control.uploads))


def control_of(data: bytes) -> Control:
    """The control of these bytes."""
    clock, faults, last, offset, unmatched, made, rules, last_rule, uploads = _decode(data)
    struck = {each[0]: each[-1] for each in faults if each[-1]}
    armed = ArmedFaults([_armed_of(each[:-1]) for each in faults], last, struck)
    found = tuple([_rule_of(each) for each in rules])
    return Control(Clock(*clock), armed, offset, unmatched, made, SubmitRules(found, last_rule), uploads)


def _rule_of(raw: Any) -> Rule:
    *plain, where = raw
    pairs = tuple([(name, IdPattern(*pattern)) for name, pattern in where])
    return Rule(*plain)._replace(where=pairs)


def _armed(fault: Armed) -> tuple[object, ...]:
    effect = fault.effect
    delay = effect.delay
    kind = None if delay is None else ("span" if isinstance(delay, Span) else "lognormal", *delay)
    headers = [(name, list(value) if isinstance(value, Ahead) else value) for name, value in effect.headers]
    rest = (effect.over, effect.status, effect.body, effect.type, effect.length, effect.redirect)
    return (fault.number, (effect.error, effect.fault, kind, headers, *rest), *fault[2:])


def _armed_of(raw: Any) -> Armed:
    number, (error, fault, kind, headers, *rest), vendor, id, times, until, daily, armed, submit = raw
    delay = None if kind is None else Span(*kind[1:]) if kind[0] == "span" else Lognormal(*kind[1:])
    pairs = tuple([(name, Ahead(*value) if isinstance(value, list) else value) for name, value in headers])
    effect = Effect(error, fault, delay, pairs, *rest)
    return Armed(number, effect, vendor, id, times, until, None if daily is None else Daily(*daily), armed, submit)
