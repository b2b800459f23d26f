"""Why a call failed, as the exceptions a caller sees."""

from __future__ import annotations

from mock_server.api.exchange import Exchange
from mock_server.api.values import Error, Problem
from mock_server.client.listing import listing
from mock_server.errors import MockServerError

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

_SHOWN = 5
"""Findings in the text of a failed check; `problems` has them all."""


class ClientError(MockServerError):
    """Anything that can go wrong between a client and its server."""


class Unreachable(ClientError):
    """No server answered, or one that is no mock server."""


class AdminError(ClientError):
    """The server's error: `status`, `error` (its short name), `message`, the problems, the exchanges at fault."""

    def __init__(self, status: int, body: Error) -> None:
        self.status = status
        self.error = body.error
        self.message = body.message
        self.problems: tuple[Problem, ...] = body.problems
        self.exchanges: tuple[Exchange, ...] = body.requests or ()
        super().__init__(_findings(body, self.exchanges) if isinstance(self, Unmet) else _text(body))


class Unmet(AdminError, AssertionError):
    """What was to be verified is not so. A test that meets it has failed.

    Its text is what was found, a line each, and then the exchanges at fault.
    """


class NotYet(ClientError, AssertionError):
    """What was waited for did not come in time. A test that meets it has failed."""


class Evicted(AdminError):
    """The journal evicted exchanges that the answer needs; a larger one (`--journal-entries`) keeps them."""


def error_of(status: int, body: Error) -> AdminError:
    """The exception for an error response of the admin API."""
    kind = {"unmet": Unmet, "evicted": Evicted}.get(body.error, AdminError)
    return kind(status, body)


def _text(body: Error) -> str:
    """The message and its details. A single detail that only repeats the message adds its hint alone."""
    if len(body.problems) == 1:
        (only,) = body.problems
        return str(only) if only.what.rstrip(".") in body.message else f"{body.message}: {only}"
    return "\n".join((body.message, *(f"  {problem}" for problem in body.problems)))


def _findings(body: Error, exchanges: tuple[Exchange, ...]) -> str:
    """What was found, with no headline before it, so that the first line says why a test failed."""
    found = [f"{problem.what} ({problem.hint})" if problem.hint else problem.what for problem in body.problems]
    if len(found) > _SHOWN:
        found[_SHOWN:] = [f"… and {len(found) - _SHOWN} more"]
    return "\n".join((*(found or [body.message]), *(f"  {line}" for line in listing(exchanges))))
