"""What the next polls of a task would see if they came now: the decision made again and again, and never committed.

It is the very decision of a poll, so armed and scripted faults, limits of rate and changes of step are those that polls
then meet, as long as nothing else happens before them.
"""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.emulator.commit import Instant
from mock_server.emulator.decide import Rules, decide_status
from mock_server.engine.run import Run, run_of
from mock_server.engine.task import Key, unpack
from mock_server.http.message import Request
from mock_server.journal.journal import Entry


def polls_ahead(
    rules: Rules, key: Key, request: Request, run: Run | None, at: Instant, *, every: int = 0
) -> Iterator[Entry]:
    """The entry of each coming poll, in order and without end. Pure: nothing is changed by asking.

    The first poll comes at the instant `at`, the others `every` virtual milliseconds after the one before. `run` None:
    the task is not born yet, and the first poll gives birth to it.
    """
    speed = at.control.clock.speed
    if at.control.armed:
        # How often faults were applied is counted in place: here in a copy.
        at = at._replace(control=at.control._replace(armed=at.control.armed.only(lambda _: True)))
    while True:
        change = decide_status(rules, key, request, run, at)
        assert change.entry is not None, "a poll has an entry"
        yield change.entry
        control = at.control.spend(change.spent) if change.spent else at.control
        at = at._replace(now=at.now + every, real=at.real + round(every / speed), control=control)
        if change.record is not None:
            task = unpack(change.record)
            run = run_of(at.library.played(task), key, task, at.now)
