"""A whole server without HTTP, and its controls: scenarios are text, and a test moves the clock."""

from __future__ import annotations

from typing import Any, NamedTuple

from mock_server.assembly import Server
from mock_server.control.bundle import export
from mock_server.control.server import Controls, controls_of
from mock_server.faults.armed import Armed
from mock_server.http.message import Response
from tests.support.harness import Now, asking, started


class Bench(NamedTuple):
    """One server, its controls and its time."""

    server: Server
    do: Controls
    now: Now

    def poll(self, id: str = "made-up.1", vendor: str = "qiniu", method: str = "GET") -> Response:
        """One status request."""
        return self.server.emulator.answer(asking(vendor, id, method))

    def polls(self, count: int, id: str = "made-up.1", gap: int = 0) -> list[Response]:
        """`count` status requests, with `gap` milliseconds of real time after each."""
        responses = []
        for _ in range(count):
            responses.append(self.poll(id))
            self.now.ms += gap
        return responses

    def play(self, steps: str, name: str = "made-up") -> None:
        """Uploads a scenario, given as its steps or as a whole file without `about`."""
        text = steps if "steps" in steps else f"steps: {steps}"
        self.do.scenarios.upload(name, f"about: Made up.\n{text}\n")

    def dump(self) -> dict[str, Any]:
        """The whole run as a bundle."""
        return export(self.server)


def bench(*steps: str, armed: tuple[Armed, ...] = (), slots: int = 8, **settings: Any) -> Bench:
    """A fresh server that plays `made-up` with these steps, and then `made-up-2`…; without steps, the shipped ones."""
    now = Now()
    server = started(now, armed=armed, **{"no_builtin": bool(steps), **settings})
    made = Bench(server, controls_of(server, slots=slots), now)
    for k, each in enumerate(steps):
        made.play(each, "made-up" if k == 0 else f"made-up-{k + 1}")
    return made
