"""The one shape of every error of the admin API."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.admin import views
from mock_server.errors import Problem
from mock_server.http.errors import OwnError
from mock_server.http.message import Response
from mock_server.http.responses import own_response
from mock_server.types import Json


def error_response(error: OwnError, message: str, problems: Sequence[Problem] = (), **more: Json) -> Response:
    """An error, with a message and every problem at its place."""
    return own_response(error, message, problems=views.problems(problems), **more)


def error_of(error: OwnError, problem: Problem) -> Response:
    """An error that is one problem."""
    return error_response(error, problem.what, [problem])
