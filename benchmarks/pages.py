"""Open pages: what browsers that follow the server ask, and what that takes from those who poll."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

from benchmarks.load import Ids, fill, fresh, load
from benchmarks.plan import Plan, Row, Up, ours_up

MANY = 100_000
"""Tasks, at most; fewer if the part `tasks` has fewer."""
NONE, FIVE = "no page open", "five pages open"
_UI = "/__admin/ui"
_PART = re.compile(r'<[^>]*\bdata-part="([^"]+)"[^>]*>')


class Page:
    """One open page, which asks what its script would: the pulse, and then the parts that it says have changed."""

    def __init__(self, port: int, address: str) -> None:
        self._address, self._sign = address, "&" if "?" in address else "?"
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        whole, _ = self._get(address)
        self._parts = [(found[1], _value(found[0], "on").split()) for found in _PART.finditer(whole)]
        self._read(whole)
        self.asked = 0
        """How many parts it asked for."""

    def follow(self, closing: threading.Event) -> None:
        """Asks at the server's pace until it is closed."""
        while not closing.wait(self._every):
            frame, changed = self._get(f"{_UI}/pulse?" + urlencode({"mark": self._mark, "at": self._address}))
            if frame:
                self._read(frame)
            for part, names in self._parts:
                if changed.intersection(names):
                    self._get(f"{self._address}{self._sign}part={part}")
                    self.asked += 1
        self._link.close()

    def _read(self, page: str) -> None:
        self._mark, self._every = _value(page, "mark"), int(_value(page, "every")) / 1_000

    def _get(self, target: str) -> tuple[str, set[str]]:
        """The text, and the names of what has changed. RuntimeError: the server refuses."""
        self._link.request("GET", target)
        response = self._link.getresponse()
        text = response.read().decode()
        if response.status not in (200, 204):
            raise RuntimeError(f"{target} was answered with {response.status}")
        return text, set((response.getheader("HX-Trigger") or "").split(", "))


def _value(text: str, name: str) -> str:
    found = re.search(rf'\bdata-{name}="([^"]*)"', text)
    return "" if found is None else found[1]


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
    addresses = (
        "/__admin/",
        f"{_UI}/task?" + urlencode({"vendor": "qiniu", "id": f"{prefix}0"}),
        f"{_UI}/requests",
        f"{_UI}/scenario/four-at-work",
        f"{_UI}/server",
    )
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
    rates = [Row("pages", what, "responses", "/s", tuple(rate for rate, _ in each)) for what, each in found.items()]
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
