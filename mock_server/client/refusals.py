"""Why a wish was not done, as the exceptions a caller sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mock_server.client.values import Exchange, exchange_of
from mock_server.errors import MockServerError, Problem


class ClientError(MockServerError):
    """Whatever can go wrong between a client and its server."""


class Unreachable(ClientError):
    """No server answered, or something else than one."""


class Refused(ClientError):
    """The server's own words: `status`, `error` (its short name), `message`, the problems, the exchanges at fault."""

    def __init__(
        self, status: int, error: str, message: str, problems: Sequence[Problem], about: Sequence[Exchange]
    ) -> None:
        self.status = status
        self.error = error
        self.message = message
        self.problems = tuple(problems)
        self.exchanges = tuple(about)
        super().__init__(_said(message, self.problems))


class Unmet(Refused, AssertionError):
    """What was to be verified, or waited for, is not so. A test that meets it has failed."""


class NotYet(ClientError, AssertionError):
    """What was waited for did not come in time. A test that meets it has failed."""


class Evicted(Refused):
    """The journal let go of exchanges that the answer needs; a larger one (`--journal-entries`) keeps them."""


def refusal_of(status: int, body: Any) -> Refused:
    """The exception for an error response of the admin API."""
    error, message = body["error"], body["message"]
    problems = [Problem(each["where"], each["what"], each["hint"]) for each in body["problems"]]
    about = [exchange_of(each) for each in body.get("requests", ())]
    kind = {"unmet": Unmet, "evicted": Evicted}.get(error, Refused)
    return kind(status, error, message, problems, about)


def _said(message: str, problems: Sequence[Problem]) -> str:
    """The message and what is wrong in detail; a detail that only repeats the message adds its hint alone."""
    if len(problems) == 1:
        (only,) = problems
        return str(only) if only.what.rstrip(".") in message else f"{message}: {only}"
    return "\n".join((message, *(f"  {problem}" for problem in problems)))
