"""Open pages: what browsers that follow the server ask, and what that takes from those who poll."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from benchmarks.load import Ids, fill, fresh, load
from benchmarks.looks import share
from benchmarks.open_page import Answer, OpenPage, five
from benchmarks.plan import Plan, Row, Up, ours_up

MANY = 100_000
"""Tasks, at most; fewer if the part `tasks` has fewer."""
NONE, FIVE = "no page open", "five pages open"
SHARE = "share of processor time"


class Page:
    """One open page, which asks over a connection of its own."""

    def __init__(self, port: int, address: str) -> None:
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._open = OpenPage(self._get, address)

    @property
    def asked(self) -> int:
        """How many parts it asked for."""
        return self._open.asked

    def follow(self, closing: threading.Event) -> None:
        """Looks at the server's pace until it is closed."""
        while not closing.wait(self._open.every):
            self._open.look()
        self._link.close()

    def _get(self, target: str, headers: Mapping[str, str]) -> Answer:
        self._link.request("GET", target, headers=dict(headers))
        found = self._link.getresponse()
        text = found.read().decode()
        return Answer(found.status, text, found.getheader("ETag"), found.getheader("HX-Trigger"))


@contextmanager
def following(port: int, addresses: Sequence[str]) -> Iterator[list[Page]]:
    """Open pages, until the block ends. RuntimeError: one of them stopped, or asked for no part."""
    closing, open_ = threading.Event(), [Page(port, address) for address in addresses]
    threads = [threading.Thread(target=page.follow, args=(closing,), daemon=True) for page in open_]
    for thread in threads:
        thread.start()
    try:
        yield open_
        if not all(thread.is_alive() for thread in threads):
            raise RuntimeError("a page stopped following the server")
    finally:
        closing.set()
        for thread in threads:
            thread.join(60)


def pages(plan: Plan) -> list[Row]:
    """What a poll costs with five pages open and with none, in turn, under full load on so many live tasks."""
    prefix, target, many = fresh("four-at-work."), plan.sample.target(""), min(MANY, max(plan.tasks))
    addresses = five("qiniu", f"{prefix}0", "four-at-work")
    found: dict[str, list[tuple[float, float]]] = {NONE: [], FIVE: []}
    with ours_up(plan, "--max-tasks", str(2 * many + 10)) as each:
        fill(each.port, target, Ids(prefix, many, 2))
        ids = Ids(prefix, many)
        load(each.port, target, max(1.0, plan.seconds), ids)
        for _ in range(plan.rounds):
            found[NONE].append(_rate_and_cost(plan, each, ids))
            with following(each.port, addresses) as open_:
                # Until every template was rendered once, and the server has set their pace.
                load(each.port, target, min(5.0, plan.seconds), ids)
                found[FIVE].append(_rate_and_cost(plan, each, ids))
            asked = sum(page.asked for page in open_)
            costs = ", ".join(f"{rounds[-1][1]:.1f} us with {what}" for what, rounds in found.items())
            plan.say(f"pages: {costs}; they asked for {asked} parts")
    shares = tuple(share(many, plan.seconds) for _ in range(plan.rounds))
    plan.say(f"pages: in one thread they take {', '.join(f'{each:.2f}' for each in shares)} % of its time")
    rates = [Row("pages", FIVE, SHARE, "%", shares)]
    rates += [Row("pages", what, "responses", "/s", tuple(rate for rate, _ in each)) for what, each in found.items()]
    cost = "processor time", "us/response"
    return [*rates, *(Row("pages", what, *cost, tuple(us for _, us in each)) for what, each in found.items())]


def _rate_and_cost(plan: Plan, each: Up, ids: Ids) -> tuple[float, float]:
    """Responses a second to those who poll, and microseconds of the server's processor time for each.

    RuntimeError: a response is wrong.
    """
    cpu = each.process.cpu()
    measured = load(each.port, plan.sample.target(""), plan.seconds, ids)
    if measured.wrong:
        raise RuntimeError(f"{measured.wrong} wrong responses")
    return measured.rate, 1e6 * (each.process.cpu() - cpu) / max(1, measured.responses)
