"""What is measured, part by part. Each part is a function from the plan to rows; a table names them all."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from statistics import median

from benchmarks import mixes as mixed
from benchmarks import suite
from benchmarks.instructions import WORK, count_tool, of_a_poll
from benchmarks.load import Ids, Measured, fill, fresh, hanging, load
from benchmarks.notified import notify
from benchmarks.pages import pages
from benchmarks.places import BUILD
from benchmarks.plan import FIRST, HEALTHY, SHIPPED, Plan, Row, Up, Workload, ours_up, up
from benchmarks.python_servers import PACKAGES
from benchmarks.sample import MANY, ONE, SCENARIOS
from benchmarks.scale import scale
from benchmarks.servers import OURS, Server

_TASKS = 10_000
_POLLS = 3


def side_by_side(plan: Plan, workload: Workload) -> list[Row]:
    """Responses a second of all servers under one workload: each warmed up, then in random order, round by round."""
    part = f"{workload}-id" if workload == "one" else "many-ids"
    found: dict[str, list[tuple[Measured, float]]] = {}
    memory: dict[str, tuple[float, float]] = {}
    with ExitStack() as stack:
        running_ = []
        for server in plan.servers:
            if (server.one if workload == "one" else server.many) is None:
                continue
            plan.say(f"{part}: {server.name} starts and warms up")
            try:
                each = stack.enter_context(up(plan, server, workload))
            except RuntimeError as error:
                _leave_out(plan, part, server, error)
                continue
            memory[server.name] = (each.process.memory(), 0.0)
            _load(plan, each, workload, server.warm if plan.warm is None else plan.warm)
            running_.append(each)
        for round_ in range(plan.rounds):
            for each in random.sample(running_, len(running_)):
                cpu = each.process.cpu()
                measured = _load(plan, each, workload, plan.seconds)
                cpu = each.process.cpu() - cpu
                found.setdefault(each.server.name, []).append((measured, 1e6 * cpu / max(1, measured.responses)))
                plan.say(f"{part}: round {round_ + 1}: {each.server.name}: {measured.rate:,.0f} responses/s")
        for each in running_:
            memory[each.server.name] = (memory[each.server.name][0], each.process.memory())
    rows = []
    for name, rounds in found.items():
        rows.append(Row(part, name, "responses", "/s", tuple(measured.rate for measured, _ in rounds)))
        rows.append(Row(part, name, "processor time", "us/response", tuple(cpu for _, cpu in rounds)))
        rows.append(Row(part, name, "wrong responses", "", tuple(float(measured.wrong) for measured, _ in rounds)))
        rows.append(Row(part, name, "memory at start", "MB", (memory[name][0],)))
        rows.append(Row(part, name, "memory after the rounds", "MB", (memory[name][1],)))
    return rows


def _leave_out(plan: Plan, part: str, server: Server, error: RuntimeError) -> None:
    """A peer that does not answer is left out by name; that this server does not is a failure."""
    if server.name == OURS:
        raise error
    plan.say(f"{part}: {server.name} is left out: {error}")


def _load(plan: Plan, each: Up, workload: Workload, seconds: float) -> Measured:
    if workload == "one":
        return load(each.port, plan.sample.target(ONE), seconds)
    return load(each.port, plan.sample.target(""), seconds, Ids(fresh(MANY), _TASKS, _POLLS, on=True))


def one_id(plan: Plan) -> list[Row]:
    """One id, polled continuously."""
    return side_by_side(plan, "one")


def many_ids(plan: Plan) -> list[Row]:
    """10,000 distinct ids, three polls each, four generated items; then 10,000 others."""
    return side_by_side(plan, "many")


def ready(plan: Plan) -> list[Row]:
    """Milliseconds from a process's start to its first correct response, in random order.

    Of this server also until it is healthy too, with scenario files of one's own and without.
    """
    starts: list[tuple[Server, str, Callable[[Server], AbstractContextManager[Up]]]] = []
    for server in plan.servers:
        if server.many is not None:
            starts.append((server, FIRST, lambda server: up(plan, server, "one", healthy=False)))
        if server.name == OURS:
            starts.append((server, HEALTHY, lambda server: up(plan, server, "one")))
            starts.append((server, SHIPPED, lambda _: ours_up(plan, scenarios=None, id="happy-path.first")))
    taken: dict[tuple[str, str], list[float]] = {}
    for _ in range(plan.starts):
        for server, what, begin in random.sample(starts, len(starts)):
            try:
                with begin(server) as each:
                    taken.setdefault((server.name, what), []).append(1000 * each.ready)
            except RuntimeError as error:
                _leave_out(plan, "ready", server, error)
    return [Row("ready", name, what, "ms", tuple(times)) for (name, what), times in taken.items()]


def memory(plan: Plan) -> list[Row]:
    """Resident memory at start and after so many responses, and after twice as many."""
    rows, responses = [], 0
    with ours_up(plan) as each:
        rows.append(Row("memory", OURS, "after 0 responses", "MB", (each.process.memory(),)))
        for mark in (plan.responses // 10, plan.responses // 2, plan.responses, 2 * plan.responses):
            while responses < mark:
                responses += load(each.port, plan.sample.target(ONE), plan.seconds).responses
            rows.append(Row("memory", OURS, f"after {mark:,} responses", "MB", (each.process.memory(),)))
            plan.say(f"memory: {rows[-1].middle:.0f} MB after {mark:,} responses")
    return rows


def mixes(plan: Plan) -> list[Row]:
    """Resident memory after the mixes of requests that cost most of it, and how much of it no setting asked for."""
    rows = []
    for mix in mixed.MIXES:
        with tempfile.TemporaryDirectory(dir=BUILD) as name:
            for scenario, text in mixed.SCENARIOS.items():
                Path(name, f"{scenario}.yaml").write_text(text, "utf-8")
            with ours_up(plan, *mixed.FLAGS, scenarios=Path(name), id="ends.first") as each:
                before = each.process.memory()
                mixed.send(each.port, mix, plan.sample.target(""), max(20, plan.responses * mix.share // 1_000))
                after = each.process.memory()
        rows.append(Row("mixes", mix.name, "memory at start", "MB", (before,)))
        rows.append(Row("mixes", mix.name, "memory after it", "MB", (after,)))
        beyond = max(0.0, after - before - mixed.JOURNAL / 1e6)
        rows.append(Row("mixes", mix.name, mixed.BEYOND, "MB", (beyond,)))
        plan.say(f"mixes: {mix.name}: {before:.0f} MB, then {after:.0f} MB")
    return rows


def tasks(plan: Plan) -> list[Row]:
    """What a poll costs with so many live tasks, each polled twice before; and what a task takes of memory."""
    prefix, target, rows = fresh("four-at-work."), plan.sample.target(""), []
    held: list[tuple[int, float]] = []
    with ours_up(plan, "--max-tasks", str(2 * max(plan.tasks) + 10)) as each:
        # The journal has its fill first: it is not the tasks' memory.
        load(each.port, plan.sample.target(ONE), max(2.0, plan.seconds))
        there = 0
        for many in plan.tasks:
            fill(each.port, target, Ids(prefix, many - there, 2, first=there))
            there = many
            held.append((many, each.process.memory()))
            rows += _cost(plan, "tasks", f"{many:,} live tasks", each, Ids(prefix, many))
    rows.append(Row("tasks", f"{there:,} live tasks", "memory", "MB", (held[-1][1],)))
    if len(held) > 1:
        (few, less), (many, more) = held[-2:]
        rows.append(
            Row("tasks", f"{there:,} live tasks", "memory", "bytes/task", ((more - less) * 1e6 / (many - few),))
        )
    return rows


def files(plan: Plan) -> list[Row]:
    """How long a start takes with so many scenario files, and what a poll costs then."""
    rows = []
    text = (SCENARIOS / "four-at-work.yaml").read_text("utf-8").partition("\n")[2]
    for many in plan.files:
        with tempfile.TemporaryDirectory(dir=BUILD) as name:
            for k in range(many):
                Path(name, f"job-{k:05}.yaml").write_text(text, "utf-8")
            times = []
            for _ in range(max(1, plan.rounds - 1)):
                with ours_up(plan, scenarios=Path(name), id="job-00001.x", patience=600) as each:
                    times.append(1000 * each.ready)
            subject = f"{many:,} scenario files"
            rows.append(Row("files", subject, FIRST, "ms", tuple(times)))
            with ours_up(plan, scenarios=Path(name), id="job-00001.x", patience=600) as each:
                rows += _cost(plan, "files", subject, each, Ids("job-00001.", 1_000))
    return rows


def hang(plan: Plan) -> list[Row]:
    """Throughput while so many connections hang, and without them, in turn."""
    _more_descriptors()
    rows: dict[str, list[tuple[float, float]]] = {}
    target = plan.sample.target(ONE)
    for _ in range(plan.rounds):
        with ours_up(plan) as each, ExitStack() as stack:
            load(each.port, target, min(2.0, plan.seconds))
            rows.setdefault("none hanging", []).append(_rate_and_cost(each, target, plan.seconds))
            for link in hanging(each.port, plan.sample.target(fresh("hangs.")), plan.connections):
                stack.enter_context(closing(link))
            many = f"{plan.connections:,} hanging"
            load(each.port, target, min(2.0, plan.seconds))  # until all that hang have been read
            rows.setdefault(many, []).append(_rate_and_cost(each, target, plan.seconds))
            plan.say(f"hanging: {rows['none hanging'][-1][0]:,.0f}/s alone, {rows[many][-1][0]:,.0f}/s with {many}")
    rates = [Row("hanging", what, "responses", "/s", tuple(rate for rate, _ in found)) for what, found in rows.items()]
    cost = "processor time", "us/response"
    return [*rates, *(Row("hanging", what, *cost, tuple(us for _, us in found)) for what, found in rows.items())]


def _rate_and_cost(each: Up, target: str, seconds: float) -> tuple[float, float]:
    """Responses a second, and microseconds of the server's processor time for each."""
    cpu = each.process.cpu()
    measured = load(each.port, target, seconds)
    return measured.rate, 1e6 * (each.process.cpu() - cpu) / max(1, measured.responses)


def _cost(plan: Plan, part: str, subject: str, each: Up, ids: Ids) -> list[Row]:
    """Processor time and responses a second over polls of these ids."""
    rates, costs = [], []
    target = plan.sample.target("")
    load(each.port, target, min(1.0, plan.seconds), ids)
    for _ in range(plan.rounds):
        cpu = each.process.cpu()
        measured = load(each.port, target, plan.seconds, ids)
        costs.append(1e6 * (each.process.cpu() - cpu) / measured.responses)
        rates.append(measured.rate)
        if measured.wrong:
            raise RuntimeError(f"{subject}: {measured.wrong} wrong responses")
    plan.say(f"{part}: {subject}: {median(costs):.1f} us a poll, {median(rates):,.0f}/s")
    cost = Row(part, subject, "processor time", "us/response", tuple(costs))
    return [cost, Row(part, subject, "responses", "/s", tuple(rates))]


def _more_descriptors() -> None:
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def plugin(plan: Plan) -> list[Row]:
    """What a fixture adds to a suite, beside pytest-httpserver: by test, at the first and at the end."""
    rows = []
    for module, name in ((suite.OURS, "mock_server"), (suite.PEER, "pytest-httpserver")):
        if module == suite.OURS or (PACKAGES / "pytest_httpserver").is_dir():
            times = suite.imported(module, max(1, plan.starts))
            rows.append(Row("plugin", name, "import of the plugin", "ms", times))
    for name, runs in suite.noted(plan.sample, plan.rounds, plan.tests, plan.say).items():
        rows.append(Row("plugin", name, "a test", "ms", tuple(run.test for run in runs)))
        rows.append(Row("plugin", name, "processor time of a test", "ms", tuple(run.cpu for run in runs)))
        rows.append(Row("plugin", name, "first test", "ms", tuple(run.first for run in runs)))
        rows.append(Row("plugin", name, "end", "ms", tuple(run.end for run in runs)))
    return rows


def instructions(plan: Plan) -> list[Row]:
    """Thousands of instructions of a poll, where something can count them."""
    if count_tool() is None:
        plan.say("instructions: neither perf nor valgrind counts them here: skipped")
        return []
    few, many = plan.counted
    return [
        Row("instructions", work, count_tool() or "", "1000/poll", (of_a_poll(work, few, many) / 1000,))
        for work in WORK
    ]


PARTS: Mapping[str, Callable[[Plan], list[Row]]] = {
    "one-id": one_id,
    "many-ids": many_ids,
    "ready": ready,
    "memory": memory,
    "mixes": mixes,
    "tasks": tasks,
    "files": files,
    "hanging": hang,
    "notify": notify,
    "scale": scale,
    "pages": pages,
    "plugin": plugin,
    "instructions": instructions,
}
