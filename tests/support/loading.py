"""A loader of everything shipped, and short ways to ask it about one text."""

from __future__ import annotations

import functools
import textwrap

from mock_server import paths
from mock_server.engine.scenario import Scenario
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios import Loaded, Loader
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry


@functools.cache
def loader() -> Loader:
    """The loader of a server with plain settings."""
    return Loader(Registry(), Contracts(), Fixtures([paths.data("fixtures")]))


def load(text: str, name: str = "demo") -> Loaded:
    """What one file, written with or without an indent, becomes."""
    return loader().load_text(textwrap.dedent(text), name, f"{name}.yaml")


def scenario(text: str) -> Scenario:
    """The scenario of one file."""
    return load(text).scenario


def problems(text: str | bytes, name: str = "demo") -> tuple[Problem, ...]:
    """What is wrong with one file; nothing if it loads."""
    try:
        loader().load_text(textwrap.dedent(text) if isinstance(text, str) else text, name, f"{name}.yaml")
    except InvalidInput as error:
        return error.problems
    return ()


def messages(text: str | bytes, name: str = "demo") -> list[str]:
    """As `problems`, in the words a user reads."""
    return [str(problem) for problem in problems(text, name)]
