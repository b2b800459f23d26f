"""Back to what a fresh server has: all of it, or some scopes of it."""

from __future__ import annotations

from collections.abc import Collection

from mock_server.api.words import SCOPES
from mock_server.assembly import Server
from mock_server.control.armed import Faults
from mock_server.control.refused import Kind, Refused
from mock_server.engine.clock import Clock
from mock_server.errors import Problem, did_you_mean
from mock_server.faults.armed import ArmedFaults
from mock_server.store.store import Control


class Reset:
    """The resets of one server."""

    def __init__(self, server: Server, faults: Faults) -> None:
        self._server = server
        self._faults = faults

    def reset(self, only: Collection[str] = SCOPES) -> None:
        """Gives these scopes, in one atomic step, what a fresh server has. Refused: there is no such scope.

        The clock goes back together with all tasks: those that stay are as old as they were.
        """
        problems = [
            Problem("$.only", f"{scope!r} cannot be reset", did_you_mean(scope, SCOPES))
            for scope in only
            if scope not in SCOPES
        ]
        if problems:
            raise Refused(Kind.INVALID, "expected scopes to reset", problems)
        if "scenarios" in only:
            # Before the tasks, so that no task is born to an upload after it.
            self._server.catalogue.clear_uploads()
        clock = Clock.starting(self._server.real(), self._server.settings.speed)
        fresh = Control(clock, ArmedFaults(self._server.armed))
        self._server.store.reset(only, fresh)
        if "journal" in only:
            self._server.refusals.clear()
        if "tasks" in only:
            self._server.catalogue.forget_versions()
            for forget in self._server.forgets:
                forget()
        if "faults" in only:
            self._faults.forget_numbers()
