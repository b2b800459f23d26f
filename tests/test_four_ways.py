"""The four ways to drive a server, side by side: command, client, plugin, HTTP. Each verb does the same by each."""

from __future__ import annotations

import json
import re
import shlex
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from mock_server.api.codec import plain
from mock_server.cli import cli
from mock_server.client import AdminError, Client, Unmet
from mock_server.pytest_plugin.between import Between
from mock_server.pytest_plugin.fixture import MockServer
from mock_server.pytest_plugin.servers import Place
from tests.support.live import LiveServer, serving

ITEMS = [{"cmd": "avthumb/mp4"}]
NOTIFY = "http://127.0.0.1:1/done"
SCENARIO = "steps: [{state: waiting, polls: 1}, {state: succeeded}]\n"
POLLED = "happy-path.1"
RULE = {"scenario": "fails-at-once", "vendor": "qiniu", "where": {"key": "a.*"}, "times": 1}
NOWHERE_ELSE = dict.fromkeys(("MOCK_SERVER_ADMIN_URL", "MOCK_SERVER_ADMIN_TOKEN", "MOCK_SERVER_CA"), "")


class World(NamedTuple):
    """A server, its client, the fixture of a test that has it to itself, and a folder."""

    server: LiveServer
    client: Client
    plugin: MockServer
    folder: Path

    def poll(self, id: str) -> int:
        """The status of a poll."""
        try:
            with urllib.request.urlopen(f"{self.server.url}/status/get/prefop?id={id}", timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def submit(self) -> int:
        """The status of a submit."""
        job = b"bucket=media&key=a.mp4&fops=avthumb/mp4"
        try:
            with urllib.request.urlopen(f"{self.server.url}/pfop", job, timeout=30) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def http(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a response of the admin API. HTTPError: it is an error."""
        kind = "application/yaml" if isinstance(body, str) else "application/json"
        data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        url = f"{self.server.url}/__admin/{path}"
        request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())


class Verb(NamedTuple):
    """One verb by each way, and what holds afterwards. In a command, `{folder}` is a folder for files."""

    command: str
    client: Callable[[World], object]
    plugin: Callable[[World], object]
    http: Callable[[World], object]
    holds: Callable[[World], object]
    first: Callable[[World], object] = lambda _: None


def _created(world: World, **more: Any) -> object:
    return world.client.create("qiniu", "slow", "job", **more)


def _created_one_by_one(world: World) -> object:
    return world.client.create("qiniu", "one-by-one", "job")


def _created_by_hand(world: World) -> object:
    return world.client.create("qiniu", "by-hand", "job")


def _item_steps(world: World) -> list[str]:
    return [item.step for item in _job(world).items]


def _reasons(world: World) -> list[str | None]:
    """Why each item failed, as a poll says it."""
    url = f"{world.server.url}/status/get/prefop?id=job"
    with urllib.request.urlopen(url, timeout=30) as response:
        return [item.get("error") or None for item in json.loads(response.read())["items"]]


def _uploaded(world: World) -> object:
    (world.folder / "mine.yaml").write_text(SCENARIO)
    return world.client.upload("mine", SCENARIO)


def _scenario_file(world: World) -> object:
    return (world.folder / "mine.yaml").write_text(SCENARIO)


def _names(world: World) -> list[str]:
    return [scenario.name for scenario in world.client.scenarios()]


def _saved(world: World) -> object:
    return (world.folder / "run.json").write_text(json.dumps(world.client.bundle()))


def _saved_and_reset(world: World) -> object:
    world.poll(POLLED)
    _saved(world)
    world.client.reset()
    return None


def _bundle(world: World) -> Any:
    return json.loads((world.folder / "run.json").read_text())


def _keep(world: World, bundle: Any) -> object:
    return (world.folder / "run.json").write_text(json.dumps(bundle))


def _played(world: World) -> list[str]:
    """The scenarios that the tasks play, in the order of their births."""
    return [task.scenario.partition("@")[0] for task in world.client.tasks()]


def _polled_at(world: World, *times: str) -> list[int]:
    """The statuses of polls at these times of a day, by the virtual clock and in UTC."""
    statuses = []
    for time in times:
        world.client.clock.set(f"2030-01-01T{time}Z")
        statuses.append(world.poll("job"))
    return statuses


def _body(**more: Any) -> dict[str, Any]:
    return {"vendor": "qiniu", "id": "job", **more}


def _job(world: World) -> Any:
    task = world.client.task("qiniu", "job")
    assert task is not None
    return task


def _submitted(world: World) -> bool:
    world.poll("job")
    key = next(key for key in _bundle_now(world)["tasks"] if "job" in json.dumps(key))
    return "avthumb/mp4" in json.dumps(key) and NOTIFY in json.dumps(key)


def _bundle_now(world: World) -> Any:
    return world.client.bundle()


VERBS: dict[str, Verb] = {
    "create": Verb(
        "tasks create qiniu slow --id job",
        lambda w: w.client.create("qiniu", "slow", "job"),
        lambda w: w.plugin.create("qiniu", "slow", "job"),
        lambda w: w.http("POST", "tasks", _body(scenario="slow")),
        lambda w: _job(w).step == "waiting",
    ),
    "create with items and an address to notify": Verb(
        f"tasks create qiniu slow --id job --items '{json.dumps(ITEMS)}' --notify-url {NOTIFY}",
        lambda w: w.client.create("qiniu", "slow", "job", ITEMS, NOTIFY),
        lambda w: w.plugin.create("qiniu", "slow", "job", ITEMS, NOTIFY),
        lambda w: w.http("POST", "tasks", _body(scenario="slow", items=ITEMS, notify_url=NOTIFY)),
        _submitted,
    ),
    "next": Verb(
        "tasks next qiniu job",
        lambda w: w.client.next("qiniu", "job"),
        lambda w: w.plugin.handle("qiniu", "job").next(),
        lambda w: w.http("POST", "tasks/next", _body()),
        lambda w: _job(w).step == "processing",
        _created,
    ),
    "goto": Verb(
        "tasks goto qiniu job succeeded",
        lambda w: w.client.goto("qiniu", "job", "succeeded"),
        lambda w: w.plugin.handle("qiniu", "job").goto("succeeded"),
        lambda w: w.http("POST", "tasks/goto", _body(step="succeeded")),
        lambda w: _job(w).ended,
        _created,
    ),
    "next of one item": Verb(
        "tasks next qiniu job --item 2",
        lambda w: w.client.next("qiniu", "job", item=2),
        lambda w: w.plugin.handle("qiniu", "job").next(item=2),
        lambda w: w.http("POST", "tasks/next", _body(item=2)),
        lambda w: _item_steps(w) == ["processing", "processing", "succeeded", "processing"],
        _created_one_by_one,
    ),
    "goto of one item": Verb(
        "tasks goto qiniu job --item 1 succeeded",
        lambda w: w.client.goto("qiniu", "job", "succeeded", item=1),
        lambda w: w.plugin.handle("qiniu", "job").goto("succeeded", item=1),
        lambda w: w.http("POST", "tasks/goto", _body(step="succeeded", item=1)),
        lambda w: _item_steps(w) == ["processing", "succeeded", "processing", "processing"],
        _created_one_by_one,
    ),
    "fail": Verb(
        "tasks fail qiniu job --reason 'too large'",
        lambda w: w.client.fail("qiniu", "job", reason="too large"),
        lambda w: w.plugin.handle("qiniu", "job").fail(reason="too large"),
        lambda w: w.http("POST", "tasks/fail", _body(reason="too large")),
        lambda w: (_job(w).step, _reasons(w)) == ("failed", ["too large", "too large"]),
        _created_by_hand,
    ),
    "fail one item": Verb(
        "tasks fail qiniu job --item 1 --reason 'too large'",
        lambda w: w.client.fail("qiniu", "job", item=1, reason="too large"),
        lambda w: w.plugin.handle("qiniu", "job").fail(item=1, reason="too large"),
        lambda w: w.http("POST", "tasks/fail", _body(item=1, reason="too large")),
        lambda w: (_job(w).step, _reasons(w)) == ("half-failed", [None, "too large"]),
        _created_by_hand,
    ),
    "finish": Verb(
        "tasks finish qiniu job",
        lambda w: w.client.finish("qiniu", "job"),
        lambda w: w.plugin.handle("qiniu", "job").finish(),
        lambda w: w.http("POST", "tasks/finish", _body()),
        lambda w: (_job(w).step, _job(w).ended) == ("succeeded", True),
        _created_by_hand,
    ),
    "shift": Verb(
        "tasks shift qiniu job 10d",
        lambda w: w.client.shift("qiniu", "job", "10d"),
        lambda w: w.plugin.handle("qiniu", "job").shift("10d"),
        lambda w: w.http("POST", "tasks/shift", _body(by="10d")),
        lambda w: _job(w).ended,
        lambda w: w.client.create("qiniu", "realistic", "job"),
    ),
    "drop": Verb(
        "tasks drop --id job",
        lambda w: w.client.drop(id="job"),
        lambda w: w.plugin.client.drop(id="job"),
        lambda w: w.http("DELETE", "tasks?id=job"),
        lambda w: w.client.task("qiniu", "job") is None,
        _created,
    ),
    "arm": Verb(
        "faults arm --error 599 --vendor qiniu --id job --times 1",
        lambda w: w.client.arm(error=599, vendor="qiniu", id="job", times=1),
        lambda w: w.plugin.handle("qiniu", "job").arm(error=599, times=1),
        lambda w: w.http("POST", "faults", _body(error=599, times=1)),
        lambda w: [w.poll("job"), w.poll("job")] == [599, 200],
        _created,
    ),
    "arm at an hour": Verb(
        "faults arm --error 503 --vendor qiniu --id job --at 02:00+08:00 --for 1h",
        lambda w: w.client.arm(error=503, vendor="qiniu", id="job", at="02:00+08:00", lasts="1h"),
        lambda w: w.plugin.handle("qiniu", "job").arm(error=503, at="02:00+08:00", lasts="1h"),
        lambda w: w.http("POST", "faults", _body(error=503, at="02:00+08:00", **{"for": "1h"})),
        lambda w: _polled_at(w, "17:59:59", "18:00:00", "19:00:00") == [200, 503, 200],
        _created,
    ),
    "arm for submits": Verb(
        "faults arm --error 599 --submit --times 1",
        lambda w: w.client.arm(error=599, submit=True, times=1),
        lambda w: w.plugin.arm(error=599, submit=True, times=1),
        lambda w: w.http("POST", "faults", {"error": 599, "submit": True, "times": 1}),
        lambda w: [w.poll(POLLED), w.submit(), w.submit()] == [200, 599, 200],
    ),
    "see what a fault would apply to": Verb(
        "faults arm --error 599 --dry-run",
        lambda w: w.client.arm(error=599, dry=True).targets,
        lambda w: w.plugin.arm(error=599, dry=True).targets,
        lambda w: w.http("POST", "faults?dry=true", {"error": 599}),
        lambda w: w.client.faults() == (),
    ),
    "disarm": Verb(
        "faults disarm 1",
        lambda w: w.client.disarm(1),
        lambda w: w.plugin.client.disarm(1),
        lambda w: w.http("DELETE", "faults?number=1"),
        lambda w: w.client.faults() == (),
        lambda w: w.client.arm(error=599),
    ),
    "make a rule": Verb(
        "rules add fails-at-once --vendor qiniu --where key=a.* --times 1",
        lambda w: w.client.rule("fails-at-once", vendor="qiniu", where={"key": "a.*"}, times=1),
        lambda w: w.plugin.rule("fails-at-once", vendor="qiniu", where={"key": "a.*"}, times=1),
        lambda w: w.http("POST", "rules", RULE),
        lambda w: [w.submit(), w.submit(), _played(w)] == [200, 200, ["fails-at-once", "happy-path"]],
    ),
    "list the rules": Verb(
        "rules",
        lambda w: w.client.rules(),
        lambda w: w.plugin.client.rules(),
        lambda w: w.http("GET", "rules"),
        lambda w: [rule.scenario for rule in w.client.rules()] == ["slow"],
        lambda w: w.client.rule("slow"),
    ),
    "drop a rule": Verb(
        "rules drop 1",
        lambda w: w.client.drop_rules(1),
        lambda w: w.plugin.client.drop_rules(1),
        lambda w: w.http("DELETE", "rules?number=1"),
        lambda w: [rule.scenario for rule in w.client.rules()] == ["instant"],
        lambda w: [w.client.rule("slow"), w.client.rule("instant")],
    ),
    "notify of what a task shows": Verb(
        "notifications send qiniu job",
        lambda w: w.client.notify("qiniu", "job"),
        lambda w: w.plugin.handle("qiniu", "job").notify(),
        lambda w: w.http("POST", "notifications", _body()),
        lambda w: [(owed.url, owed.notice) for owed in w.client.owed(id="job")] == [(NOTIFY, 0)],
        lambda w: _created(w, notify_url=NOTIFY),
    ),
    "list the notifications": Verb(
        "notifications --id job",
        lambda w: [w.client.notifications(id="job"), w.client.owed(id="job")],
        lambda w: w.plugin.handle("qiniu", "job").notifications(),
        lambda w: w.http("GET", "notifications?id=job"),
        lambda w: _job(w).owed == 1,
        lambda w: [_created(w, notify_url=NOTIFY), w.client.notify("qiniu", "job")],
    ),
    "freeze the clock": Verb(
        "clock freeze",
        lambda w: w.client.clock.freeze(),
        lambda w: w.plugin.clock.freeze(),
        lambda w: w.http("POST", "clock", {"freeze": True}),
        lambda w: w.client.clock.read().frozen,
    ),
    "advance the clock": Verb(
        "clock advance 10m",
        lambda w: w.client.clock.advance("10m"),
        lambda w: w.plugin.clock.advance("10m"),
        lambda w: w.http("POST", "clock", {"advance": "10m"}),
        lambda w: w.client.clock.read().ahead_ms >= 600_000,
    ),
    "resume the clock": Verb(
        "clock resume",
        lambda w: w.client.clock.resume(),
        lambda w: w.plugin.clock.resume(),
        lambda w: w.http("POST", "clock", {"resume": True}),
        lambda w: not w.client.clock.read().frozen,
        lambda w: w.client.clock.freeze(),
    ),
    "set the clock": Verb(
        "clock set 2031-01-01T00:00:00Z",
        lambda w: w.client.clock.set("2031-01-01T00:00:00Z"),
        lambda w: w.plugin.clock.set("2031-01-01T00:00:00Z"),
        lambda w: w.http("POST", "clock", {"set": "2031-01-01T00:00:00Z"}),
        lambda w: w.client.clock.read().now.year == 2031,
    ),
    "speed up the clock": Verb(
        "clock speed 60",
        lambda w: w.client.clock.speed(60),
        lambda w: w.plugin.clock.speed(60),
        lambda w: w.http("POST", "clock", {"speed": 60}),
        lambda w: w.client.clock.read().speed == 60,
    ),
    "check a scenario": Verb(
        "scenarios upload {folder}/mine.yaml --dry-run",
        lambda w: w.client.upload("mine", SCENARIO, dry=True),
        lambda w: w.plugin.upload("mine", SCENARIO, dry=True),
        lambda w: w.http("PUT", "scenarios/mine?dry=true", SCENARIO),
        lambda w: "mine" not in _names(w) and w.poll("mine.1") == 404,
        _scenario_file,
    ),
    "check a scenario, with what polls would see": Verb(
        "check {folder}/mine.yaml --url {url}",
        lambda w: w.client.check("mine", SCENARIO),
        lambda w: w.plugin.check("mine", SCENARIO),
        lambda w: w.http("POST", "scenarios/check?name=mine", SCENARIO),
        lambda w: "mine" not in _names(w) and w.poll("mine.1") == 404,
        _scenario_file,
    ),
    "upload a scenario": Verb(
        "scenarios upload {folder}/mine.yaml",
        lambda w: w.client.upload("mine", SCENARIO),
        lambda w: w.plugin.upload("mine", SCENARIO),
        lambda w: w.http("PUT", "scenarios/mine", SCENARIO),
        lambda w: "mine" in _names(w) and w.poll("mine.1") == 200,
        _scenario_file,
    ),
    "remove a scenario": Verb(
        "scenarios remove mine",
        lambda w: w.client.remove("mine"),
        lambda w: w.plugin.remove("mine"),
        lambda w: w.http("DELETE", "scenarios/mine"),
        lambda w: "mine" not in _names(w),
        _uploaded,
    ),
    "save a bundle": Verb(
        "bundle save {folder}/run.json",
        lambda w: _keep(w, w.client.bundle()),
        lambda w: _keep(w, w.plugin.client.bundle()),
        lambda w: _keep(w, json.loads(w.http("GET", "bundle"))),
        lambda w: len(_bundle(w)["entries"]) == 1,
        lambda w: w.poll(POLLED),
    ),
    "load a bundle": Verb(
        "bundle load {folder}/run.json",
        lambda w: w.client.load(_bundle(w)),
        lambda w: w.plugin.client.load(_bundle(w)),
        lambda w: w.http("POST", "bundle", _bundle(w)),
        lambda w: [exchange.id for exchange in w.client.requests()] == [POLLED],
        _saved_and_reset,
    ),
    "forget": Verb(
        f"requests forget --id {POLLED}",
        lambda w: w.client.forget(id=POLLED),
        lambda w: w.plugin.client.forget(id=POLLED),
        lambda w: w.http("DELETE", f"requests?id={POLLED}"),
        lambda w: w.client.requests() == (),
        lambda w: w.poll(POLLED),
    ),
    "reset": Verb(
        "reset tasks",
        lambda w: w.client.reset(["tasks"]),
        lambda w: w.plugin.client.reset(["tasks"]),
        lambda w: w.http("POST", "reset", {"only": ["tasks"]}),
        lambda w: w.client.tasks() == (),
        _created,
    ),
}


class Question(NamedTuple):
    """A question by each way: a command's flags, and the fields of the others. `found`: the finding, if it is unmet."""

    flags: str
    fields: dict[str, Any]
    found: str | None = None


QUESTIONS: dict[str, Question] = {
    "count": Question("--count 3", {"count": 3}),
    "count, unmet": Question("--count 2", {"count": 2}, "expected exactly 2 exchanges, found 3: #1, #2, #3"),
    "order": Question(
        "--order waiting,processing,succeeded", {"order": ["waiting", "processing", "succeeded"]}
    ),
    "statuses": Question("--statuses 200,200,200", {"statuses": [200, 200, 200]}),
    "statuses, unmet": Question("--statuses 200", {"statuses": [200]}, "expected 200, found 200, 200, 200"),
    "the virtual clock": Question(
        "--min-gap 1s --backs-off --clock virtual",
        {"cadence": {"min_gap": "1s", "backs_off": True, "clock": "virtual"}},
    ),
    "the virtual clock, unmet": Question(
        "--min-gap 90s --clock virtual",
        {"cadence": {"min_gap": "90s", "clock": "virtual"}},
        "polled after 1 s, expected 90 s or more",
    ),
    "the real clock": Question(
        "--min-gap 1h --clock real", {"cadence": {"min_gap": "1h", "clock": "real"}}, "expected 60 min or more"
    ),
    "slack": Question(
        "--backs-off --slack 0.9 --clock virtual",
        {"cadence": {"backs_off": True, "slack": 0.9, "clock": "virtual"}},
        "the gaps do not grow (gaps: 1000 2000 ms; slack 0.9)",
    ),
    "a Retry-After that nobody sent": Question(
        "--honours-retry-after",
        {"cadence": {"honours_retry_after": True}},
        "nothing to judge: no Retry-After was sent",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[LiveServer]:
    with serving() as server:
        yield server


@pytest.fixture
def world(running: LiveServer, tmp_path: Path) -> Iterator[World]:
    client = Client(running.url)
    client.reset()
    plugin = MockServer(Place(client, running.url, False, Between(client)), "token")
    yield World(running, client, plugin, tmp_path)
    with suppress(AdminError):
        plugin.clean_up()


def command(world: World, line: str) -> tuple[int, str]:
    """The exit code of a command, and what it printed."""
    words = shlex.split(line.replace("{folder}", str(world.folder)).replace("{url}", world.server.url))
    result = CliRunner().invoke(cli, words, env={"MOCK_SERVER_URL": world.server.url, **NOWHERE_ELSE})
    return result.exit_code, result.output


@pytest.mark.parametrize("way", ["command", "client", "plugin", "http"])
@pytest.mark.parametrize("name", VERBS)
def test_each_verb_does_the_same_by_each_way(world: World, name: str, way: str) -> None:
    verb = VERBS[name]
    verb.first(world)
    if way == "command":
        code, printed = command(world, verb.command)
        assert code == 0, printed
    else:
        getattr(verb, way)(world)
    assert verb.holds(world)


SHOWN: dict[str, Callable[[World], str]] = {
    "command": lambda w: command(w, "requests show 2 --json")[1],
    "client": lambda w: json.dumps(plain(w.client.request(2))),
    "plugin": lambda w: json.dumps(plain(w.plugin.client.request(2))),
    "http": lambda w: w.http("GET", "requests/one?number=2").decode(),
}


RECORDED: dict[str, Callable[[World], str]] = {
    "command": lambda w: command(w, f"tasks record qiniu {POLLED}")[1],
    "client": lambda w: w.client.record("qiniu", POLLED).text,
    "plugin": lambda w: w.plugin.client.record("qiniu", POLLED).text,
    "http": lambda w: json.loads(w.http("GET", f"tasks/scenario?vendor=qiniu&id={POLLED}"))["text"],
}


FOUND: dict[str, Callable[[World], list[str]]] = {
    "command": lambda w: [
        line.split()[0] for line in command(w, "scenarios --find VOD.10120 --group special")[1].splitlines()[1:]
    ],
    "client": lambda w: [each.name for each in w.client.scenarios(find="VOD.10120", group="special")],
    "plugin": lambda w: [each.name for each in w.plugin.client.scenarios(find="VOD.10120", group="special")],
    "http": lambda w: [
        each["name"] for each in json.loads(w.http("GET", "scenarios?find=VOD.10120&group=special"))["scenarios"]
    ],
}


@pytest.mark.parametrize("way", FOUND)
def test_scenarios_are_found_by_each_way(world: World, way: str) -> None:
    assert FOUND[way](world) == ["arrears", "every-error-huawei"]


@pytest.mark.parametrize("way", RECORDED)
def test_a_scenario_is_made_of_a_task_by_each_way(world: World, way: str) -> None:
    world.client.arm(error=599, times=1)
    for _ in range(3):
        world.poll(POLLED)
    world.client.upload("mine", RECORDED[way](world))
    assert [world.poll("mine.1") for _ in range(3)] == [599, 200, 200]
    assert [run.saw for run in world.client.inspect("qiniu", "mine.1").ahead] == ["succeeded"] * 6


@pytest.mark.parametrize("way", SHOWN)
def test_one_exchange_is_shown_by_each_way(world: World, way: str) -> None:
    world.client.arm(error=599)
    world.poll(POLLED)
    world.poll(POLLED)
    shown = json.loads(SHOWN[way](world))
    assert (shown["number"], shown["saw"], shown["struck"][0]["by"]) == (2, "error", "armed")
    assert {"part": "status", "sign": "-", "text": "200 OK"} in shown["changes"]


def judged(world: World, question: Question, way: str, id: str) -> str | None:
    """The finding of a question about an id; None: it is met."""
    if way == "command":
        code, printed = command(world, f"requests verify --vendor qiniu --id {id} {question.flags}")
        assert code in (0, 1), printed
        return printed if code else None
    try:
        if way == "http":
            world.http("POST", "requests/verify", {"where": {"vendor": "qiniu", "id": id}, **question.fields})
        elif way == "client":
            world.client.verify(vendor="qiniu", id=id, **question.fields)
        else:
            world.plugin.handle("qiniu", id).verify(**question.fields)
    except Unmet as unmet:
        return str(unmet)
    except urllib.error.HTTPError as error:
        with error:
            body = json.load(error)
        assert body["error"] == "unmet"
        return "; ".join(problem["what"] for problem in body["problems"])
    return None


@pytest.mark.parametrize("way", ["command", "client", "plugin", "http"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_has_the_same_answer_by_each_way(world: World, name: str, way: str) -> None:
    world.client.clock.freeze()
    for pause in ("1s", "2s", "1ms"):
        world.poll(POLLED)
        world.client.clock.advance(pause)
    question = QUESTIONS[name]
    found = judged(world, question, way, POLLED)
    assert (found is None) is (question.found is None), found
    assert question.found is None or question.found in (found or "")


@pytest.mark.parametrize("way", ["command", "client", "plugin", "http"])
@pytest.mark.parametrize("name", ["order", "statuses", "the virtual clock", "a Retry-After that nobody sent"])
def test_no_way_judges_what_did_not_come(world: World, name: str, way: str) -> None:
    world.poll("hapy-path.1")
    found = judged(world, QUESTIONS[name], way, POLLED)
    said = 'no request named the id "happy-path.1", and the nearest is "hapy-path.1"'
    assert f"nothing to judge: no exchange matches; {said}" in (found or "")


@pytest.mark.parametrize("way", ["command", "client", "plugin", "http"])
def test_each_way_tells_the_problems_of_a_scenario_that_it_checks(world: World, way: str) -> None:
    bad = SCENARIO.replace("succeeded", "succeded")
    (world.folder / "mine.yaml").write_text(bad)
    if way == "command":
        code, told = command(world, "scenarios upload {folder}/mine.yaml --dry-run")
        assert code == 2
    elif way == "http":
        with pytest.raises(urllib.error.HTTPError) as raised:
            world.http("PUT", "scenarios/mine?dry=true", bad)
        with raised.value as error:
            told = error.read().decode()
    else:
        with pytest.raises(AdminError) as refused:
            getattr(world, way).upload("mine", bad, dry=True)
        told = str(refused.value)
    assert "mine.yaml:1:" in told
    assert "succeded" in told


def test_on_a_shared_server_a_scenario_is_checked_but_not_put_in_force(world: World) -> None:
    shared = MockServer(Place(world.client, world.server.url, True, Between(world.client)), "token")
    assert shared.upload("mine", SCENARIO, dry=True).name == "mine"
    with pytest.raises(pytest.UsageError, match="in force for everybody"):
        shared.upload("mine", SCENARIO)
    shared.clean_up()
    assert "mine" not in _names(world)


def test_the_documentation_shows_the_verbs_of_the_table(root: Path) -> None:
    page = (root / "docs" / "testing.md").read_text("utf-8")
    table = page.split("## The four ways side by side")[1].split("\n## ")[0]
    for name, verb in VERBS.items():
        words = verb.command.replace("{folder}/", "").split()[:2]
        assert f"`{' '.join(words)}" in table, name


def test_the_documentations_http_examples_are_requests_that_the_server_takes(world: World, root: Path) -> None:
    page = (root / "docs" / "testing.md").read_text("utf-8")
    table = page.split("## The four ways side by side")[1].split("\n## ")[0]
    examples = re.findall(r"`(GET|POST|PUT|DELETE) /([^`]*)`(?: `([^`]*)`)?", table)
    assert len(examples) > 15
    for method, path, body in examples:
        world.client.reset()
        if method != "PUT" and path != "tasks":
            moves_item = '"item"' in body and path in ("tasks/next", "tasks/goto")
            ends = path in ("tasks/fail", "tasks/finish")
            scenario = "one-by-one" if moves_item else "by-hand" if ends else "partial-failure"
            address = NOTIFY if path == "notifications" else None
            world.client.create("qiniu", scenario, "job-1", notify_url=address)
        value: Any = world.client.bundle() if (method, path) == ("POST", "bundle") else None
        if body:
            value = body if body.startswith("steps:") else json.loads(_filled(body))
        if path.startswith("requests/one"):
            world.poll("job-1")
        if (method, path) == ("DELETE", "scenarios/mine"):
            world.client.upload("mine", SCENARIO)
        assert _taken(world, method, path.replace("count=2", "count=0"), value), (method, path)


def _taken(world: World, method: str, path: str, body: Any) -> bool:
    """Whether the server does what a request asks, or says that what it asks about is not so."""
    try:
        return world.http(method, path, body) != b""
    except urllib.error.HTTPError as error:
        with error:
            return bool(json.load(error)["error"] == "unmet")


def _filled(body: str) -> str:
    """The body of an example, with what its ellipses leave out."""
    return body.replace("{…", '{"vendor": "qiniu", "scenario": "slow"').replace("http://…", NOTIFY)
