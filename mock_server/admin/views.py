"""What the emulator holds, as the values of the API: moments as dates, lengths of time as files write them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from mock_server.admin.exchanges import exchanges as exchanges
from mock_server.api import exchange as api
from mock_server.api import values
from mock_server.api.codec import Moment
from mock_server.control.armed import Aim, Targets
from mock_server.control.callbacks import Callback
from mock_server.control.server import PulseView
from mock_server.control.task_view import ItemAt, TaskView
from mock_server.control.time import ClockView
from mock_server.engine.durations import length_text, span_text, time_of_day
from mock_server.engine.forecast import Coming
from mock_server.engine.rules import Rule
from mock_server.engine.scenario import Ahead, Daily, Effect, Lognormal
from mock_server.engine.walk import Stay
from mock_server.faults.armed import Armed
from mock_server.journal.journal import Entry
from mock_server.journal.saw import saw_of
from mock_server.types import Json


def task(view: TaskView, history: tuple[api.Exchange, ...] | UnsetType = UNSET) -> values.Task:
    """One task at the present virtual time, with its last exchanges if there are any to show."""
    return values.Task(
        vendor=view.vendor,
        id=view.id,
        scenario=view.scenario,
        version=view.version,
        step=view.step,
        state=view.state,
        born=Moment.of(view.born),
        since=Moment.of(view.since),
        due=_optional(view.due),
        polls=view.polls,
        asked=view.asked,
        hops=view.hops,
        ended=view.ended,
        expired=view.expired,
        ways=view.ways,
        steps=view.steps,
        step_number=view.step_number,
        moves=values.MovesOn(view.moves.by, view.moves.polls, _optional(view.moves.due)),
        seen=tuple([values.SeenRun(*run.saw, times=run.times) for run in view.seen.runs]),
        last=None if view.seen.last is None else _last(view.seen.last),
        unseen=view.seen.unseen,
        seed=view.seed,
        notify_url=view.notify or None,
        owed=view.owed,
        outcome=view.outcome,
        facts={name: str(value) for name, value in view.facts.items()},
        subject=view.subject or None,
        walking=UNSET if view.items is None else tuple([_item(each) for each in view.items]),
        exchanges=history,
    )


def _item(item: ItemAt) -> values.TaskItem:
    return values.TaskItem(item.step, item.state, _optional(item.due))


def _last(entry: Entry) -> values.LastPoll:
    saw = saw_of(entry)
    at, real = Moment.of(entry.virtual), Moment.of(entry.real)
    return values.LastPoll(entry.number, at, real, entry.step, saw.word, saw.status, entry.faults)


def coming(each: Coming) -> values.Coming:
    """Something that time will do."""
    return values.Coming(each.what, each.to, Moment.of(each.at), UNSET if each.item is None else each.item)


def stay(each: Stay) -> values.ItemStay:
    """An item's stay in one of its steps."""
    return values.ItemStay(each.step.name, each.step.state, _optional(each.since), _optional(each.due))


def callback(each: Callback) -> values.Callback:
    """An attempt to notify of a task, made or planned."""
    at, notice, item, attempt, number, status, outcome, why = each
    return values.Callback(Moment.of(at), notice, item, attempt, number is None, number, status, outcome, why)


def pulse(view: PulseView) -> values.Pulse:
    """A few exact figures."""
    figures = view.glance._asdict()
    del figures["changes"], figures["size"]
    figures |= {"faults": view.faults, "problems": view.problems, "hands": view.actions}
    return values.Pulse(mark=view.mark, clock=clock(view.clock), **figures)


def clock(view: ClockView) -> values.Clock:
    """Where the clock stands, and how far it is ahead of the machine's."""
    return values.Clock(
        now=Moment.of(view.now),
        real=Moment.of(view.real),
        ahead_ms=view.now - view.real,
        speed=view.speed,
        frozen=view.frozen,
    )


def armed(fault: Armed, struck: int, targets: Targets | None = None) -> values.Fault:
    """An armed fault, with its effect as scenario files write it, how often it was applied, and to what it would be."""
    until = _optional(fault.until)
    found = effect(fault.effect)
    if fault.daily is not None:
        found |= {"at": time_of_day(fault.daily), "lasts": length_text(fault.daily.lasts)}
    if fault.submit:
        found["submit"] = True
    if targets is not None:
        found["targets"] = values.Targets(*targets)
    aim = (fault.vendor, fault.id, fault.times, until)
    return values.Fault(fault.number, *aim, _optional(fault.armed), struck, **found)


def rule(rule: Rule) -> values.Rule:
    """A rule of what submits play."""
    where = {key: str(pattern) for key, pattern in rule.where}
    left = None if rule.times is None else rule.times - rule.played
    return values.Rule(rule.number, rule.scenario, rule.vendor, where, left, _optional(rule.until), rule.played)


def aim(body: Mapping[str, Json], lasts: int | None, daily: Daily | None = None) -> Aim:
    """Which tasks the fault that a body arms applies to, and how often, how long, or at what time of day."""
    times = None if "times" not in body else int(body["times"])
    return Aim(body.get("vendor"), body.get("id"), times, None if daily else lasts, daily, body.get("submit", False))


def effect(effect: Effect) -> dict[str, Json]:
    """What a fault does, by the keys of scenario files."""
    delay: str | values.DelayCurve | None = None
    if isinstance(effect.delay, Lognormal):
        delay = values.DelayCurve(length_text(effect.delay.median), length_text(effect.delay.p99))
    elif effect.delay is not None:
        delay = span_text(effect.delay)
    found: dict[str, Json] = {
        "error": effect.error,
        "fault": effect.fault,
        "delay": delay,
        "headers": {name: _header(value) for name, value in effect.headers} or None,
        "over": None if effect.over is None else length_text(effect.over),
        "status": effect.status,
        "body": effect.body,
        "type": effect.type,
        "length": effect.length,
        "redirect": effect.redirect,
    }
    return {key: value for key, value in found.items() if value is not None}


def _header(value: str | Ahead | None) -> str | values.DateAhead | None:
    return values.DateAhead(length_text(value.lasts)) if isinstance(value, Ahead) else value


def _optional(ms: int | None) -> Moment | None:
    return None if ms is None else Moment.of(ms)
