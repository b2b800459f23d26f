"""The golden responses: one whole response per vendor, state and profile, byte for byte.

`python -m tests.support.goldens` (or `make goldens`) writes them anew, with the golden drawings; the difference is for
a person to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mock_server import paths
from mock_server.engine.cursor import Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import Item, Scenario, Shown, State, Step
from mock_server.engine.task import Key
from mock_server.http.message import Response
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import PROFILES, Registry
from mock_server.vendors.render import Renderer
from tests.support import drawings

BORN = 1_700_000_000_123
ID = "golden.1"
ERRORS: tuple[str | int, ...] = ("illegal", "unauthorized", "unknown", "method", "no_route", "throttled", 403, 599)
WHOLES = tuple(state for state in State if not state.startswith("failure_"))


class Golden(NamedTuple):
    """One response and the file that holds it."""

    path: Path
    response: Response

    @property
    def text(self) -> bytes:
        """The response as HTTP writes it, lines ended as people read them."""
        head = [f"HTTP/1.1 {self.response.status} {self.response.reason}"]
        head += [f"{name}: {value}" for name, value in self.response.headers]
        return "\n".join((*head, "", "")).encode() + self.response.body + b"\n"


def goldens() -> Iterator[Golden]:
    """Every golden response as the renderer makes it now."""
    fixtures = Fixtures([paths.data("fixtures")])
    for profile in PROFILES:
        registry = Registry(options={"profile": profile})
        renderer = Renderer(registry, Contracts(), fixtures)
        for vendor in registry.names:
            dialect = registry.dialect(vendor)
            folder = paths.data("fixtures") / vendor / "goldens" / profile
            for state in sorted(dialect.states & set(WHOLES)):
                yield Golden(folder / f"{state}.http", _state(renderer, vendor, state))
            for state in sorted(dialect.item_states):
                yield Golden(folder / f"item-{state}.http", _item(renderer, vendor, state))
            for error in ERRORS:
                rendered = renderer.error(vendor, error, Draws(0, ID), 1)
                yield Golden(folder / f"error-{error}.http", _sound(rendered.response, rendered.broken))


def _state(renderer: Renderer, vendor: str, state: State) -> Response:
    """Three items that show the state, as a plain step does."""
    return _shown(renderer, vendor, Step(state, state), (Shown(state),) * 3)


def _item(renderer: Renderer, vendor: str, state: State) -> Response:
    """One item in this state; the whole follows from it."""
    return _shown(renderer, vendor, Step("items"), (Shown(state),))


def _shown(renderer: Renderer, vendor: str, step: Step, shown: tuple[Shown, ...]) -> Response:
    items = (Item(),) * len(shown)
    scenario = Scenario("golden", "0", "", (step,), (vendor,), items={vendor: items})
    run = sample(scenario, vendor)
    rendered = renderer.shown(
        run._replace(key=Key(vendor, ID), cursor=Cursor(BORN, BORN, asked=1), draws=Draws(0, ID)), shown
    )
    return _sound(rendered.response, rendered.broken)


def _sound(response: Response, broken: bool) -> Response:
    assert not broken, "a golden response must fit its contract"
    return response


def write() -> int:
    """Writes every golden and removes those that no response has any more; how many files changed."""
    wanted = {golden.path: golden.text for golden in goldens()}
    changed = 0
    for path in paths.data("fixtures").glob("*/goldens/*/*.http"):
        if path not in wanted:
            path.unlink()
            changed += 1
    for path, text in wanted.items():
        if not path.is_file() or path.read_bytes() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            changed += 1
    return changed


if __name__ == "__main__":
    print(f"{write()} golden responses changed")
    print(f"{drawings.write()} golden drawings changed")
