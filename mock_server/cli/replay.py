"""A saved run played again: its requests sent to a scenario as it is now, and what that would notify told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.assembly import Server, assemble
from mock_server.cli.offline import is_path
from mock_server.cli.runs import UNBOUNDED, client_within, exchanges_of, quiet, read_bundle
from mock_server.emulator.notifications import Attempt, Result
from mock_server.engine.clock import Clock
from mock_server.engine.rules import Rule
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, Problem
from mock_server.http.message import request_of
from mock_server.settings import Settings, flag, settings_of

if TYPE_CHECKING:
    from mock_server.api.exchange import Exchange

_WHICH = tuple[str | None, str | None, int, int | None, int]
"""An attempt: the task, the notification, its item, and the number of the attempt."""


def replayed(file: Path, name: str, run: Sequence[Exchange]) -> tuple[list[Exchange], tuple[Exchange, ...]]:
    """Those exchanges of the bundle in `file` whose tasks play a scenario, and what they are when it is played again.

    NAME is a scenario's name or the path of a file. The requests are sent in their order, each at its own moment of the
    virtual clock, to a server without armed faults, and nobody moves a task. Nothing is sent to a receiver: what is to
    be notified gets the answers that the run has of the same attempts, and 200 where it has none. InvalidInput: no task
    plays it, or every problem of the scenario.
    """
    plays = Path(name).stem if is_path(name) else name
    mine = [each for each in run if each.scenario is not None and each.scenario.partition("@")[0] == plays]
    stage = _Stage.of(_settings(file, name, plays), plays)
    if not mine:
        raise InvalidInput([Problem("B", f"no task of {file} plays {plays}", "name a scenario that its tasks played")])
    answers = {_which(each): _result(each) for each in mine if each.told is not None}
    for each in mine:
        moment = _moment(each)
        if each.told is not None:
            stage.pass_until(moment)
            stage.notify(moment, answers)
            continue
        stage.notify(moment - 1, answers)
        stage.pass_until(moment)
        pairs = tuple((header.name, header.value) for header in each.request.headers)
        stage.server.emulator.answer(request_of(each.request.method, each.request.target, pairs, each.request.body))
    stage.notify(_moment(mine[-1]), answers)
    return mine, exchanges_of(client_within(stage.server))


def _settings(file: Path, name: str, plays: str) -> Settings:
    """The settings of the bundle, for a server that plays the scenario."""
    from mock_server.control.bundle import settings_in

    words = settings_in(read_bundle(file))
    words.pop("default_scenario", None)
    own: dict[str, Any] = {"scenarios": [name]} if is_path(name) else {}
    return settings_of({**words, **UNBOUNDED, **own, "default_scenario": plays, "no_reload": "true"}, {})


class _Stage(NamedTuple):
    """A server whose time is set by hand, and that time."""

    server: Server
    now: list[int]

    @classmethod
    def of(cls, settings: Settings, plays: str) -> _Stage:
        """One at whose server every submit plays this scenario. InvalidInput: every problem of the scenario."""
        now = [0]
        try:
            server = quiet(assemble(settings, real_clock=lambda: now[0]))
        except InvalidInput as error:
            named = {flag("default_scenario"): "B", flag("scenarios"): "B"}
            raise InvalidInput(
                [each._replace(where=named.get(each.where, each.where)) for each in error.problems]
            ) from None
        server.store.control(
            lambda control: control._replace(clock=Clock.starting(0), rules=control.rules.plus(Rule(1, plays)))
        )
        return cls(server, now)

    def pass_until(self, moment: int) -> None:
        """Lets the clock show a moment, if it is not past that."""
        self.now[0] = max(self.now[0], moment)

    def notify(self, to: int, answers: Mapping[_WHICH, Result]) -> None:
        """Settles the attempts that are due at a moment or before, each at its own, until none is."""
        before = None
        while (due := self.server.store.due(to)) and due != before:
            before = due
            for at, key in due:
                self.pass_until(at)
                self._settle(key, answers)

    def _settle(self, key: Key, answers: Mapping[_WHICH, Result]) -> None:
        attempts = self.server.notifications
        attempt = attempts.take(key)
        if attempt is not None:
            attempts.settle(attempt, answers.get(_which_of(attempt), Result(200, "OK")))


def _moment(each: Exchange) -> int:
    return round(each.at.timestamp() * 1000)


def _which(each: Exchange) -> _WHICH:
    assert each.told is not None, "only attempts are asked for"
    return (each.vendor, each.id, each.told.notice, each.told.item, each.told.attempt)


def _which_of(attempt: Attempt) -> _WHICH:
    return (*attempt.key, attempt.notice, attempt.item, attempt.number)


def _result(each: Exchange) -> Result:
    """What came of a recorded attempt."""
    response, told = each.response, each.told
    headers = tuple((header.name, header.value) for header in response.headers)
    refused = told is not None and told.outcome == "refused"
    return Result(response.status, response.reason, headers, response.body, each.note, refused)
