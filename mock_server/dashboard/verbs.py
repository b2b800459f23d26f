"""What a form of the pages can do: each verb is an operation of the admin API, with the same checks and traces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from mock_server.admin.admin import Admin
from mock_server.dashboard.address import way_back
from mock_server.dashboard.links import pattern_of, task_page
from mock_server.errors import InvalidInput, Problem, unknown_vendor
from mock_server.http.message import Pairs, request_of
from mock_server.types import Json


class Form(NamedTuple):
    """The fields of a form."""

    fields: Pairs

    def get(self, name: str) -> str:
        """The last value of a field; "" if it has none."""
        return next((value for key, value in reversed(self.fields) if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return tuple(value for key, value in self.fields if key == name)

    def given(self, *names: str) -> dict[str, str]:
        """Those of these fields that are not empty."""
        return {name: value for name in names if (value := self.get(name))}


class Done(NamedTuple):
    """What was done: the key of the words that say so, with their values, and where to look, if not where one was."""

    said: str = ""
    values: Mapping[str, object] = MappingProxyType({})
    then: str = ""


Verb = Callable[[Admin, Form], Done]
"""Does what a form asks for. InvalidInput: it cannot be done, and nothing was."""


def _clock(admin: Admin, form: Form) -> Done:
    """One change of the clock: `freeze`, `resume`, `advance`, `speed` or `set`."""
    body: dict[str, Json] = {**form.given("advance", "set")}
    body |= {name: True for name in ("freeze", "resume") if form.get(name)}
    if form.get("speed"):
        body["speed"] = _number("speed", form.get("speed"))
    admin.perform("changeClock", body=body)
    return Done()


def _create(admin: Admin, form: Form) -> Done:
    body: dict[str, Json] = form.given("vendor", "scenario", "id", "notify_url")
    if form.get("items"):
        body["items"] = _json("items", form.get("items"))
    task = admin.perform("createTask", body=body)
    return Done("done.created", {"id": task.id}, task_page(task.vendor, task.id))


def _move(operation: str, *names: str) -> Verb:
    """One task moved, or time passed for it."""

    def move(admin: Admin, form: Form) -> Done:
        body: dict[str, Json] = form.given("vendor", "id", *names)
        if form.get("item"):
            body["item"] = _number("item", form.get("item"))
        admin.perform(operation, body=body)
        return Done()

    return move


def _drop(admin: Admin, form: Form) -> Done:
    for name in ("vendor", "id"):
        if not form.get(name):
            raise InvalidInput([Problem(name, "the task to drop has to be named")])
    query = (("vendor", form.get("vendor")), ("id", pattern_of(form.get("id"))))
    dropped = admin.perform("dropTasks", query=query)
    return Done("done.dropped", {"n": dropped.dropped}, way_back(form.get("then") or ""))


def _poll(admin: Admin, form: Form) -> Done:
    """A real status request, as any client makes it: it counts."""
    server, vendor = admin.controls.server, form.get("vendor")
    if vendor not in server.registry:
        raise InvalidInput([unknown_vendor("vendor", vendor, server.registry.names)])
    target = server.registry.dialect(vendor).example(form.get("id"))
    headers = (("Host", form.get("host") or "localhost"), ("User-Agent", "mock-server-page"))
    found = server.emulator.answer(request_of("GET", target, headers, b""))
    return Done("done.polled", {"status": found.status})


def _arm(admin: Admin, form: Form) -> Done:
    """A fault, from the fields of the sentence that arms one."""
    body: dict[str, Json] = {}
    effect, value = form.get("effect"), form.get("value")
    if effect == "error":
        body["error"] = int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else value
    elif effect == "delay":
        body["delay"] = value
    elif effect == "without":
        body["headers"] = {value: None}
    elif effect:
        body["fault"] = effect
    if form.get("over"):
        body["over"] = form.get("over")
    if form.get("span") == "polls":
        body["times"] = _number("times", form.get("times"))
    elif form.get("span") == "time":
        body["for"] = form.get("for")
    aim = form.get("aim")
    if aim in ("task", "vendor"):
        body |= form.given("vendor")
    if aim in ("task", "ids") and form.get("id"):
        body["id"] = pattern_of(form.get("id"), is_prefix=aim == "ids")
    armed = admin.perform("armFault", body=body)
    return Done("done.armed", {"n": armed.number})


def _disarm(admin: Admin, form: Form) -> Done:
    query = tuple(form.given("number", "vendor", "id").items())
    gone = admin.perform("disarmFaults", query=query)
    return Done("done.disarmed", {"n": gone.disarmed})


def _reset(admin: Admin, form: Form) -> Done:
    admin.perform("reset", body={"only": list(form.all("only"))})
    return Done("done.reset")


def _load(admin: Admin, form: Form) -> Done:
    try:
        run = json.loads(form.get("run"))
    except (ValueError, RecursionError):
        raise _no_run("it is not JSON") from None
    if not isinstance(run, dict) or "format" not in run:
        raise _no_run("it has no `format`")
    try:
        loaded = admin.perform("loadBundle", body=run)
    except InvalidInput as error:
        # A file may have a problem in each of its lines; the first says what is wrong with it.
        first = error.problems[0]
        raise InvalidInput([first._replace(hint="")]) from None
    return Done("done.loaded", {"n": loaded.tasks})


def _no_run(why: str) -> InvalidInput:
    return InvalidInput([Problem("", f"this is not a saved run: {why}", 'choose a file that "Save the run" made')])


def _forget(admin: Admin, form: Form) -> Done:
    gone = admin.perform("forgetRequests", query=tuple(form.given("vendor", "id").items()))
    return Done("done.forgotten", {"n": gone.forgotten})


def _upload(admin: Admin, form: Form) -> Done:
    name = form.get("name")
    admin.perform("uploadScenario", segment=name, raw=form.get("text").encode("utf-8", "replace"))
    return Done("done.uploaded", {"name": name}, way_back(form.get("then")) if form.get("then") else "")


def _remove(admin: Admin, form: Form) -> Done:
    admin.perform("removeScenario", segment=form.get("name"))
    return Done("done.removed", {"name": form.get("name")}, way_back(form.get("then")) if form.get("then") else "")


VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "clock": _clock,
        "create": _create,
        "next": _move("moveTaskOn", "to"),
        "goto": _move("moveTaskTo", "step"),
        "fail": _move("failTask", "reason"),
        "finish": _move("finishTask"),
        "shift": _move("shiftTask", "by"),
        "drop": _drop,
        "poll": _poll,
        "arm": _arm,
        "disarm": _disarm,
        "reset": _reset,
        "load": _load,
        "forget": _forget,
        "upload": _upload,
        "remove": _remove,
    }
)
"""By the last segment of its address, what a form does."""


def _number(name: str, text: str) -> Json:
    """A number as JSON has it. InvalidInput: it is none."""
    value = _json(name, text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput([Problem(name, f"{text[:50]!r} is not a number")])
    return value


def _json(name: str, text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput([Problem(name, f"{text[:50]!r} is not JSON")]) from None
