"""The one shape of every error of the admin API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mock_server.api import values
from mock_server.api.codec import plain
from mock_server.api.exchange import Exchange
from mock_server.errors import Problem
from mock_server.http.errors import OwnError
from mock_server.http.message import Pairs, Response
from mock_server.http.responses import own_response

AGAIN = (("Retry-After", "1"),)
"""The header of an error that passes."""


def problem_values(found: Iterable[Problem]) -> tuple[values.Problem, ...]:
    """Everything that is wrong, as values of the API."""
    return tuple(values.Problem(*each) for each in found)


def error_response(
    error: OwnError, message: str, problems: Sequence[Problem] = (), requests: Sequence[Exchange] = ()
) -> Response:
    """An error, in a sentence, with each problem at its place and the exchanges it is about."""
    details = {"problems": plain(problem_values(problems))} | ({"requests": plain(requests)} if requests else {})
    return own_response(error, message, **details)


def error_of(error: OwnError, problem: Problem, headers: Pairs = ()) -> Response:
    """An error that is one problem."""
    made = error_response(error, problem.what, [problem])
    return made._replace(headers=(*made.headers, *headers))
