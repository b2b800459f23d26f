"""What a report of a bug needs of an exchange: what its client got, why, what came before, and how to repeat it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby

from mock_server.admin import views
from mock_server.api.exchange import Exchange, Struck
from mock_server.api.values import PollAhead, SeenRun, TaskWhole
from mock_server.control.server import Controls
from mock_server.dashboard.look.frame import FaultLine, fault_line
from mock_server.engine.durations import length_text
from mock_server.engine.task import Key
from mock_server.journal.changes import arrived, is_unjudged
from mock_server.journal.journal import Entry
from mock_server.journal.saw import saw_of
from mock_server.scenarios.timeline import timeline_of

_LOOKED = 50
"""Exchanges of the task among which its earlier polls are found."""
_ACTIONS = 12
"""Actions that the report of a task names."""
_RUNS = 12
"""Runs of equal polls that are named."""


def report(controls: Controls, entry: Entry, exchange: Exchange, repeat: str, address: str) -> str:
    """The report of one exchange. `repeat` is a command that makes the request again, `address` that of its page."""
    about = [
        f"vendor {exchange.vendor}" if exchange.vendor else "",
        f"task {exchange.id}" if exchange.id else "",
        f"scenario {exchange.scenario}" if exchange.scenario else "",
        f"step {exchange.step}" if exchange.step else "",
    ]
    rows = [
        f"{exchange.request.method} {exchange.request.target}",
        f"{_which(exchange)}{', '.join(word for word in about if word)}",
        f"the client got: {_got(entry, exchange)}",
        *_earlier(controls, entry),
        *(f"fault: {_fault(controls, entry, *each)}" for each in exchange.faults_applied),
        f"contract: {_contract(entry, exchange)}",
        f"at {exchange.at:%Y-%m-%d %H:%M:%S}Z by the server's clock, exchange {exchange.number}: {address}",
        f"repeat: {repeat}",
    ]
    if not exchange.unsent and entry.response.status:
        rows += ["", *(f"{each.name}: {each.value}" for each in exchange.response.headers), "", _body(entry)]
    return "\n".join(rows)


def report_of_task(whole: TaskWhole, address: str, repeat: str, newest: str) -> str:
    """The report of a task: what it is, what its client saw, what was done to it, and its newest poll if kept."""
    task = whole.task
    assert task is not None
    seen = [_run(each) for each in task.seen]
    done = [f"{each.at:%H:%M:%S} {each.what} {each.detail}".strip() for each in whole.hands[-_ACTIONS:]]
    word = "expired" if task.expired else task.state or "error"
    rows = [
        f"{task.vendor} task {task.id}, scenario {task.version}, seed {task.seed}",
        f"now {word}, step {task.step} ({task.step_number} of {len(task.steps)}), polls: {task.asked}",
        f"its client saw: {', '.join(seen) or 'nothing yet'}",
        *(["its client has not seen the end"] if task.unseen else []),
        *([f"done to it: {'; '.join(done)}"] if done else []),
        f"next poll: {', '.join(_ahead(each) for each in whole.ahead[:1])}",
        f"at {whole.now:%Y-%m-%d %H:%M:%S}Z by the server's clock: {address}",
        f"poll it: {repeat}",
    ]
    return "\n".join([*rows, *(["", "The newest poll:", newest] if newest else [])])


def _run(seen: SeenRun) -> str:
    word = f"{seen.saw} {seen.status}" if seen.saw in ("error", "unmatched") else seen.saw
    return word if seen.times == 1 else f"{word} ×{seen.times}"


def _ahead(poll: PollAhead) -> str:
    faults = f" ({', '.join(poll.faults)})" if poll.faults else ""
    return f"{poll.saw} {poll.status or ''}".strip() + faults


def _which(exchange: Exchange) -> str:
    if exchange.poll:
        return f"poll {exchange.asked} of "
    return "submit: " if exchange.submits else ""


def _got(entry: Entry, exchange: Exchange) -> str:
    """How much of the response reached its client, and what that could be read as."""
    response, size = exchange.response, len(entry.response.body)
    got = _arrived(entry)
    if exchange.told is not None:
        answer = f"{response.status} {response.reason}".strip() if response.status else "no response"
        return f"a notification, attempt {exchange.told.attempt}: {exchange.told.outcome}, {answer}"
    if exchange.unsent:
        return f"no status and nothing of the response ({response.delivery}); it saw: {exchange.saw}"
    body = f"{got} of {size} bytes of the body" if got < size else f"the whole body, {size} bytes"
    if entry.request.peeks:
        body = "no body, since it asked for the head alone"
    late = f", after {length_text(response.delay_ms)}" if response.delay_ms else ""
    how = f" ({response.delivery})" if response.delivery else ""
    return f"{response.status} {response.reason}{late} and {body}{how}; it saw: {exchange.saw}"


def _arrived(entry: Entry) -> int:
    return 0 if entry.request.peeks else arrived(entry.response)


def _body(entry: Entry) -> str:
    """The body as far as it reached the client."""
    body = entry.response.body[: _arrived(entry)]
    try:
        entry.response.body.decode()
    except UnicodeDecodeError:
        return f"(in base64) {base64.b64encode(body).decode('ascii')}" if body else ""
    return body.decode("utf-8", "replace")


def _earlier(controls: Controls, entry: Entry) -> Iterator[str]:
    """What the polls of the task before this one saw, in short."""
    if not entry.poll or entry.vendor is None or entry.id is None or entry.asked < 2:
        return
    found = controls.server.store.history(Key(entry.vendor, entry.id), _LOOKED, entry.number)
    words: list[str] = []
    asked = entry.asked
    for each in found:
        if each.poll and each.asked < asked:
            asked = each.asked
            words.insert(0, _seen(each))
        elif each.poll:  # one of an earlier life of the task
            break
    runs = [(word, len(list(same))) for word, same in groupby(words)]
    shown = [word if times == 1 else f"{word} ×{times}" for word, times in runs[-_RUNS:]]
    left = entry.asked - 1 - sum(times for _, times in runs[-_RUNS:])
    yield f"earlier polls: {', '.join([*([f'{left} not shown'] if left > 0 else []), *shown])}"


def _seen(entry: Entry) -> str:
    saw = saw_of(entry)
    return f"{saw.word} {saw.status}" if saw.word == "error" else saw.word


def _fault(controls: Controls, entry: Entry, name: str, struck: Struck) -> str:
    """A fault, where it comes from, for whom it is, and how long still."""
    if struck.by == "scenario" and struck.number is not None:
        version = controls.server.catalogue.library.versions.get(entry.scenario or "")
        faults = () if version is None else timeline_of(version, controls.server.renderer, shows=False).faults
        when = f", {faults[struck.number - 1].when}" if struck.number <= len(faults) else ""
        return f"{name}, scripted: fault {struck.number} of the scenario{when}"
    if struck.by != "armed":
        return name
    now = views.clock(controls.time.read()).now.ms
    armed = controls.server.store.control().armed
    found = next((each for each in armed if each.number == struck.number), None)
    if found is None or not found.lasts(now):
        return f"{name}, armed #{struck.number}, over by now"
    return f"{name}, armed #{struck.number} {_aim(fault_line(found, armed.struck(found.number)), now)}"


def _aim(line: FaultLine, now: int) -> str:
    """For whom an armed fault is, and how long still."""
    ids = f"id {line.id}" if line.id else ""
    whom = ", ".join(word for word in (line.vendor or "", ids) if word) or "everybody"
    if line.submit:
        whom = f"submits ({whom})"
    if line.times is not None:
        return f"for {whom}, {line.times} more"
    if line.until is not None:
        return f"for {whom}, for another {length_text(line.until - now)}"
    return f"for {whom}, {f'daily {line.daily}' if line.daily else 'until disarmed'}"


def _contract(entry: Entry, exchange: Exchange) -> str:
    if exchange.verdict == "fits" and is_unjudged(entry):
        return "the response fitted it; a fault then damaged or replaced the body, which is not judged"
    words = {"off-contract": "off-contract on purpose", "broken": "broken, so the response was not sent"}
    said = words.get(exchange.verdict, exchange.verdict)
    return said if exchange.breach is None else f"{said}: {exchange.breach.path}: {exchange.breach.rule}"
