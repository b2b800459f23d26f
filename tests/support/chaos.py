"""Three replicas on one Redis while things break, and whether every poll was counted once: `make chaos MINUTES=10`.

Clients poll tasks through replicas at random. Each second a replica is killed; the connections to Redis are cut in the
middle of commits, after they were executed; once Redis itself crashes and comes back. In rounds: the tasks of a round
are polled until all have ended, then the journal is held against what the clients saw.
"""

from __future__ import annotations

import http.client
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from mock_server.journal.entry import Entry
from mock_server.settings import Settings
from mock_server.store.open import open_store
from mock_server.store.store import Store
from tests.support.linear import NEVER, Poll, is_linear
from tests.support.redis_servers import Proxy, RedisServer, proxy_to, redis_server
from tests.support.replicas import Replica, replicas

WAITING, WORKING = 6, 8
"""How many polls see each step of a task."""
SCENARIO = f"""about: Waits, works, and is done.
steps:
  - {{name: waiting, state: waiting, polls: {WAITING}}}
  - {{name: working, state: processing, polls: {WORKING}}}
  - {{name: done, state: succeeded}}
"""
STATES: Mapping[int, str] = {1: "waiting", 2: "working", 0: "done"}
REPLICAS = 3
PATIENCE = 120
"""Seconds beyond a plan's after which what is left of a round is given up."""


class Plan(NamedTuple):
    """How much is done, and what breaks. Times are in seconds."""

    clients: int
    tasks: int
    """Of one round."""
    seconds: float
    """No round begins later, unless fewer replicas were killed than `kills`."""
    kill_every: float = 1.0
    cut_every: float = 0.3
    restart_at: float = 2.0
    kills: int = 0


class Seen(NamedTuple):
    """One request of a client: the task, when, and what came of it."""

    id: str
    start: float
    end: float
    outcome: str
    """`answered`, `broken`, `503`; anything else is an error."""
    step: str = ""
    number: str = ""
    """The request id of the response, by which the journal knows it."""


class Report(NamedTuple):
    """What a run came to."""

    rounds: int
    outcomes: Mapping[str, int]
    committed: int
    killed: int
    cut: int
    problems: Sequence[str]

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        done = f"{self.rounds} rounds: {sum(self.outcomes.values())} polls asked, {counts}; {self.committed} committed"
        return f"{done}; {self.killed} replicas killed, {self.cut} commits cut\n" + "\n".join(self.problems)


def shows(count: int) -> str:
    """What the n-th poll of a task shows, from 0."""
    return "waiting" if count < WAITING else "working" if count < WAITING + WORKING else "done"


class Client(threading.Thread):
    """Polls tasks of a round, at random and through any replica, until all have ended."""

    def __init__(self, number: int, ports: Sequence[int], left: set[str], pick: Callable[[], list[str]]) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(number)
        self._ports, self._left, self._pick = ports, left, pick
        self._connections: dict[int, http.client.HTTPConnection] = {}
        self.seen: list[Seen] = []

    def run(self) -> None:
        """Polls until nothing is left."""
        while ids := self._pick():
            id = self._chance.choice(ids)
            seen = self._poll(id, self._chance.choice(self._ports))
            if seen is None:
                continue
            self.seen.append(seen)
            if seen.step == "done":
                self._left.discard(id)
            elif seen.outcome != "answered":
                threading.Event().wait(0.02)
        for connection in self._connections.values():
            connection.close()

    def _poll(self, id: str, port: int) -> Seen | None:
        """What came of a poll; None: it was never sent, since nobody listens there just now."""
        connection = self._connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        start = time.monotonic()
        try:
            if connection.sock is None:
                connection.connect()
        except OSError:
            return None
        try:
            connection.request("GET", f"/status/get/prefop?id={id}")
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return Seen(id, start, NEVER, "broken")
        end = time.monotonic()
        if response.status == 503 and response.headers["X-Mock-Server-Error"] == "store":
            return Seen(id, start, NEVER, "503")
        if response.status != 200:
            return Seen(id, start, end, f"error {response.status}: {body[:200]!r}")
        code = int(body.partition(b'"code":')[2].lstrip()[:1])
        return Seen(id, start, end, "answered", STATES[code], response.headers["X-Reqid"])


class Trouble(threading.Thread):
    """Breaks things until told to stop."""

    def __init__(self, plan: Plan, servers: Sequence[Replica], redis: RedisServer, proxy: Proxy) -> None:
        super().__init__(daemon=True)
        self._plan, self._servers, self._redis, self._proxy = plan, servers, redis, proxy
        self.over = threading.Event()
        self.killed = 0
        self.failed = ""

    def run(self) -> None:
        """Breaks things; what fails in doing so is a problem of the run."""
        try:
            self._break()
        except Exception as error:
            self.failed = f"what breaks things broke itself: {error!r}"

    def _break(self) -> None:
        """Kills a replica, and starts it again while the others serve; cuts commits; restarts Redis once."""
        plan, chance, began = self._plan, random.Random(1), time.monotonic()
        kill, cut, restart = plan.kill_every, plan.cut_every, plan.restart_at
        while not self.over.wait(0.05):
            now = time.monotonic() - began
            if now >= restart:
                restart = NEVER
                self._redis.restart()
            if now >= cut:
                cut = now + plan.cut_every
                self._proxy.lose_answers(chance.choice((b"EVALSHA", b"writer")), chance.randint(1, 3))
            for each in self._servers:
                if each.has_ended:
                    each.launch()
            # On a busy machine a start takes longer than that: the others must answer, or nothing is tried.
            if now >= kill and all(each.is_up for each in self._servers):
                kill = now + plan.kill_every
                victim = self._servers[self.killed % REPLICAS]
                victim.kill()
                self.killed += 1
                victim.launch()


def chaos(plan: Plan) -> Report:
    """Runs rounds, and judges each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        (folder / "chaos.yaml").write_text(SCENARIO, "utf-8")
        redis = stack.enter_context(redis_server(durable=True))
        proxy = stack.enter_context(proxy_to(redis.port))
        flags = ("--journal-entries", "1000000", "--journal-bytes", str(1 << 32), "--log-level", "error")
        servers = stack.enter_context(replicas(proxy.url, REPLICAS, *flags, folders=[folder]))
        store = open_store(Settings(store=redis.url), lambda: 0).store
        trouble = Trouble(plan, servers, redis, proxy)
        trouble.start()
        try:
            rounds = list(_rounds(plan, [each.port for each in servers], store, trouble))
        finally:
            trouble.over.set()
            trouble.join()
    outcomes = sum((each[0] for each in rounds), Counter[str]())
    committed = sum(each[1] for each in rounds)
    problems = [problem for each in rounds for problem in each[2]] + [trouble.failed] * bool(trouble.failed)
    return Report(len(rounds), outcomes, committed, trouble.killed, proxy.lost, problems[:50])


def _rounds(
    plan: Plan, ports: Sequence[int], store: Store, trouble: Trouble
) -> Iterator[tuple[Counter[str], int, list[str]]]:
    began, number, known = time.monotonic(), 0, 0
    while (
        not number
        or (took := time.monotonic() - began) < plan.seconds
        or (trouble.killed < plan.kills and took < plan.seconds + PATIENCE and not trouble.failed)
    ):
        number += 1
        seen, unfinished = _round(plan, number, ports, began + plan.seconds + PATIENCE)
        entries, _ = eventually_read(store, known)
        known = max((entry.number for entry in entries), default=known)
        yield Counter(each.outcome for each in seen), len(entries), judged(seen, entries, unfinished)


def _round(plan: Plan, number: int, ports: Sequence[int], until: float) -> tuple[list[Seen], set[str]]:
    """Polls the tasks of a round until each was seen to be done; what clients saw, and the tasks that were not."""
    ids = [f"chaos.{number}-{k}" for k in range(plan.tasks)]
    left = set(ids)

    def pick() -> list[str]:
        return list(left)[: 4 * plan.clients] if time.monotonic() < until else []

    clients = [Client(number * 1000 + k, ports, left, pick) for k in range(plan.clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return [seen for client in clients for seen in client.seen], left


def eventually_read(store: Store, after: int) -> tuple[Sequence[Entry], object]:
    """The entries of a round, read past the proxy; Redis may be starting just now."""
    from mock_server.store.store import Away

    for _ in range(200):
        try:
            return store.entries(after)
        except Away:
            threading.Event().wait(0.1)
    return store.entries(after)


def judged(seen: Sequence[Seen], entries: Sequence[Entry], unfinished: Collection[str] = ()) -> list[str]:
    """What is wrong: with the journal, with an answer that it does not have, or with the history of a task."""
    problems = [f"{id} did not end" for id in unfinished]
    problems += [each.outcome for each in seen if each.outcome not in ("answered", "broken", "503")]
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    numbers: Counter[str] = Counter()
    for entry in entries:
        assert entry.id is not None
        steps[entry.id][entry.step or ""] += 1
        numbers[dict(entry.response.headers)["X-Reqid"]] += 1
    for id, found in steps.items():
        if (found["waiting"], found["working"]) != (WAITING, WORKING):
            problems.append(f"{id} was committed {dict(found)}")
    problems += [f"{number} stands {times} times in the journal" for number, times in numbers.items() if times > 1]
    histories: dict[str, list[Poll]] = defaultdict(list)
    for each in seen:
        if each.outcome == "answered" and not numbers[each.number]:
            problems.append(f"{each.id}: the journal does not have {each.number}, which showed {each.step}")
        if each.outcome in ("answered", "broken", "503"):
            histories[each.id].append(Poll(each.start, each.end, each.step))
    problems += [
        f"{id}: no one task has this history: {history}"
        for id, history in histories.items()
        if not is_linear(history, shows)
    ]
    answered = sum(each.outcome == "answered" for each in seen)
    if not answered <= len(entries) <= len(seen):
        problems.append(f"{len(entries)} committed, {answered} answered, {len(seen)} asked")
    return problems


def main(minutes: float) -> int:
    """A long run: 0 if nothing was wrong."""
    report = chaos(Plan(clients=50, tasks=2_000, seconds=minutes * 60, restart_at=minutes * 30))
    print(report)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
