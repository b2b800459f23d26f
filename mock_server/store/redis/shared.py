"""The control that all replicas share: a text with a version, and what was used up since it was written.

A poll that an armed fault strikes writes one number, not the control. So the control is what its text says, after those
uses. Whoever changes it writes what it is by then as the next text, unless another use or change came between.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from secrets import token_hex
from typing import Any, NamedTuple

import msgspec

from mock_server.engine.machine_clock import monotonic_ns
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.store.redis.codec import control_bytes, control_of
from mock_server.store.redis.link import Command, Link
from mock_server.store.store import Away, Control

FAULT, RULE = "a", "r"
"""How the name begins under which the uses of a fault, or of a rule, are counted."""


class Reading(NamedTuple):
    """What decisions are made on. `version` and `uses` are the control's, `values` those of the tasks asked for."""

    control: Control
    base: Control
    """What the control's text says, before what was used up since."""
    version: bytes
    uses: bytes
    generation: int
    unmatched: int
    """How many requests that met no task were counted since the text."""
    now: int
    """The real time of Redis, in milliseconds, never less than that of any commit."""
    values: tuple[bytes | None, ...] = ()
    gone: frozenset[int] = frozenset()
    """The positions of those tasks that had to go."""


class _Known(NamedTuple):
    version: bytes
    uses: bytes
    base: Control
    control: Control
    """That after its uses, which nobody changes in place."""


def control_from(text: bytes, used: Any, unmatched: int) -> Control:
    """A control from its text and what was counted since; `used` as Redis lists a hash."""
    counts = used if isinstance(used, dict) else dict(zip(used[::2], used[1::2], strict=True))
    return _with(_applied(control_of(text), {name: int(times) for name, times in counts.items()}), unmatched)


class Shared:
    """What this replica knows of the control, and how it reads what is newer. Any thread may call it."""

    def __init__(self, link: Link, fresh: Control) -> None:
        """`fresh` is the control that an empty store begins with."""
        self._link = link
        self._fresh = fresh
        self._known = _Known(b"", b"", fresh, fresh)
        self.clock = (0, 0)
        """The real time of Redis when it was last heard of, and this machine's monotonic nanoseconds then."""

    def read(self, *fields: bytes) -> Reading:
        """The control now, and these tasks. An empty store gets its first control."""
        return self._link.drive(self.reading(*fields))

    def reading(self, *fields: bytes) -> Generator[Command, Any, Reading]:
        """As `read`, in steps."""
        while True:
            known = self._known
            question: Command = "read", (known.version, known.uses, *fields)
            try:
                answer = yield question
            except Away:
                answer = yield question
            version, uses, generation, text, used, unmatched, now, values, gone = answer
            self.clock = int(now), monotonic_ns()
            if version is None:
                self.write(None, self._fresh, now=int(now))
                continue
            if used is not None:
                counts = {name: int(times) for name, times in zip(used[::2], used[1::2], strict=True)}
                base = known.base if text is None else control_of(text)
                known = self._known = _Known(version, uses, base, _applied(base, counts))
            control = _with(known.control, unmatched)
            places = frozenset([each - 1 for each in gone])
            return Reading(control, known.base, version, uses, generation, unmatched, int(now), tuple(values), places)

    def write(
        self,
        before: Reading | None,
        control: Control,
        scopes: Collection[str] = (),
        *,
        now: int = 0,
        changed: bool = True,
        staged: tuple[str, list[str]] | None = None,
    ) -> bool:
        """Puts a control in place of the one that was read, and begins these scopes anew. False: another came between.

        `before` None: only if there is none yet. `staged` is where all that is to be there instead stands, and what.
        Away: it may have been written, but neither twice nor in part.
        """
        begins = "tasks" in scopes or "clock" in scopes or staged is not None
        words: dict[str, Any] = {
            "new": token_hex(8),
            "first": before is None,
            "known": "" if before is None else before.version.decode(),
            "uses": "" if before is None else before.uses.decode(),
            "unmatched": 0 if before is None else before.unmatched,
            "at": now if before is None else before.now,
            "changes": int(changed and before is not None),
            "generation": int(begins),
            "stage": "",
            "staged": False,
            **{scope: scope in scopes or staged is not None for scope in ("tasks", "journal", "coverage")},
        }
        if staged is not None:
            words["stage"], words["staged"] = staged
        question = msgspec.msgpack.encode(words)
        text = control_bytes(control)
        try:
            answer = self._link.run("control", question, text)
        except Away:
            answer = self._link.run("control", question, text)  # the same change is made once, however often it is sent
        return bool(answer == b"done")


def _with(control: Control, unmatched: int) -> Control:
    """A control after so many more requests that met no task."""
    return control._replace(unmatched=control.unmatched + unmatched) if unmatched else control


def _applied(base: Control, used: Mapping[bytes, int]) -> Control:
    """A control after these uses."""
    control = base
    if base.armed:
        uses = {int(name[1:]): times for name, times in used.items() if name.startswith(FAULT.encode())}
        left = [_left(fault, uses.get(fault.number, 0)) for fault in base.armed]
        struck = {each.number: base.armed.struck(each.number) + uses.get(each.number, 0) for each in base.armed}
        struck = {number: times for number, times in struck.items() if times}
        control = control._replace(armed=ArmedFaults([each for each in left if each], base.armed.last, struck))
    for name, times in used.items():
        if name.startswith(RULE.encode()):
            for _ in range(times):
                control = control._replace(rules=control.rules.used(int(name[1:])))
    return control


def _left(fault: Armed, uses: int) -> Armed | None:
    """A fault after so many uses; None if it is used up."""
    if fault.times is None or not uses:
        return fault
    return fault._replace(times=fault.times - uses) if fault.times > uses else None
