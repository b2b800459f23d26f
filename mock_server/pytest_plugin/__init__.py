"""The pytest plugin: what pytest sees of it. The server and its client are imported when a test first asks for them."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mock_server.pytest_plugin.fixture import MockServer
    from mock_server.pytest_plugin.servers import Found, Servers

URL_VARIABLE = "MOCK_SERVER_URL"
ADMIN_VARIABLE = "MOCK_SERVER_ADMIN_URL"
TOKEN_VARIABLE = "MOCK_SERVER_ADMIN_TOKEN"
CA_VARIABLE = "MOCK_SERVER_CA"
MARKER = (
    "mock_server(allow_unmatched=False, **settings): how the test's server is to run, by the names of the flags of "
    "`mock-server serve` (scenarios=..., profile=..., seed=...), and whether requests that meet no task are no failure."
)
_HELD: pytest.StashKey[MockServer] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options about a server that runs already."""
    group = parser.getgroup("mock-server", "mock-server")
    group.addoption(
        "--mock-server-url",
        metavar="URL",
        help=f"Use the server that runs there, and leave on it what is not the tests' own. [{URL_VARIABLE}]",
    )
    group.addoption(
        "--mock-server-admin-url",
        metavar="URL",
        help=f"Where that server's admin API is, if it has a port of its own. [{ADMIN_VARIABLE}]",
    )
    group.addoption(
        "--mock-server-token", metavar="TOKEN", help=f"The token of that server's admin API. [{TOKEN_VARIABLE}]"
    )
    group.addoption(
        "--mock-server-ca",
        metavar="FILE",
        help=f"Over HTTPS trust the authorities of this PEM file alone. [{CA_VARIABLE}]",
    )
    group.addoption(
        "--mock-server-run",
        metavar="NAME",
        default="",
        help="Goes into the tasks' ids, so that several runs of the same tests may share that server.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def _mock_servers(pytestconfig: pytest.Config) -> Iterator[Servers]:
    from mock_server.pytest_plugin.servers import Servers

    servers = Servers(_found(pytestconfig))
    yield servers
    servers.close()


def _found(config: pytest.Config) -> Found | None:
    """The server that runs already, by the options and else by the variables; None: there is none."""
    from mock_server.pytest_plugin.servers import Found

    def said(name: str, variable: str) -> str | None:
        return config.getoption(f"--mock-server-{name}") or os.environ.get(variable) or None

    url = said("url", URL_VARIABLE)
    if url is None:
        return None
    # The variable is about the server that the other variable names, not about one that an option names.
    admin_url = config.getoption("--mock-server-admin-url")
    if admin_url is None and not config.getoption("--mock-server-url"):
        admin_url = os.environ.get(ADMIN_VARIABLE) or None
    return Found(url, admin_url, said("token", TOKEN_VARIABLE), said("ca", CA_VARIABLE))


@pytest.fixture
def mock_server(request: pytest.FixtureRequest, _mock_servers: Servers) -> Iterator[MockServer]:
    """A live mock server. What the test makes on it has ids of its own, and is gone when the test ends."""
    from mock_server.pytest_plugin.fixture import MockServer
    from mock_server.pytest_plugin.marks import marked, token_of

    marks = marked(request.node)
    place = _mock_servers.at(marks.settings)
    token = token_of(request.node, request.config.getoption("--mock-server-run"))
    held = MockServer(place, token, allow_unmatched=marks.allow_unmatched)
    request.node.stash[_HELD] = held
    yield held
    held.leave()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A test that made its client ask for what does not exist has failed, whatever it asserted."""
    yield
    held = item.stash.get(_HELD, None)
    if held is not None:
        held.fail_on_unmatched()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of a test that failed shows the last exchanges of its tasks."""
    report = yield
    held = item.stash.get(_HELD, None)
    if held is not None and report.when == "call" and report.failed:
        report.sections.append(("mock-server", held.account()))
    return report
