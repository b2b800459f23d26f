"""The one shape of every error of the admin API."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.admin import views
from mock_server.api.codec import plain
from mock_server.api.exchange import Exchange
from mock_server.errors import Problem
from mock_server.http.errors import OwnError
from mock_server.http.message import Pairs, Response
from mock_server.http.responses import own_response


def error_response(
    error: OwnError, message: str, problems: Sequence[Problem] = (), requests: Sequence[Exchange] = ()
) -> Response:
    """An error, in a sentence, with each problem at its place and the exchanges it is about."""
    details = {"problems": plain(views.problems(problems))} | ({"requests": plain(requests)} if requests else {})
    return own_response(error, message, **details)


def error_of(error: OwnError, problem: Problem, headers: Pairs = ()) -> Response:
    """An error that is one problem."""
    made = error_response(error, problem.what, [problem])
    return made._replace(headers=(*made.headers, *headers))
