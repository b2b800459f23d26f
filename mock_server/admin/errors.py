"""The one shape of every error of the admin API."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.admin import views
from mock_server.errors import Problem
from mock_server.http.message import Response
from mock_server.http.responses import own_response
from mock_server.types import Json


def error_response(status: int, error: str, message: str, problems: Sequence[Problem] = (), **more: Json) -> Response:
    """An error by its short name, in a sentence, with each thing wrong at its place."""
    return own_response(status, error, message, problems=views.problems(problems), **more)


def error_of(status: int, error: str, problem: Problem) -> Response:
    """An error that is one problem."""
    return error_response(status, error, problem.what, [problem])
