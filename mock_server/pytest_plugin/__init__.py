"""The pytest plugin: its hooks and fixtures. Server and client are imported when a test first uses them."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from mock_server.pytest_plugin.fixture import MockServer
    from mock_server.pytest_plugin.servers import RunningServer, Servers

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

URL_VARIABLE = "MOCK_SERVER_URL"
ADMIN_VARIABLE = "MOCK_SERVER_ADMIN_URL"
TOKEN_VARIABLE = "MOCK_SERVER_ADMIN_TOKEN"
CA_VARIABLE = "MOCK_SERVER_CA"
KEEP_VARIABLE = "MOCK_SERVER_KEEP_FAILED"
"""Set by `mock-server exec --bundle-on-failure`: what failed tests created stays, to be saved with the run."""
MARKER = (
    "mock_server(allow_unmatched=False, **settings): settings of the test's server, by the flags of `mock-server "
    "serve` (scenarios=..., profile=..., seed=...), and whether requests that meet no task are allowed."
)
_FIXTURE: pytest.StashKey[MockServer] = pytest.StashKey()
_FAILED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether the test, or the set-up of another of its fixtures, has failed."""
_SERVERS: pytest.StashKey[Servers] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options about a running server."""
    group = parser.getgroup("mock-server", "mock-server")
    group.addoption(
        "--mock-server-url",
        metavar="URL",
        help=f"Use the server that runs there, and change nothing on it but the tests' own tasks. [{URL_VARIABLE}]",
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
        help=f"Over HTTPS, trust only the authorities of this PEM file. [{CA_VARIABLE}]",
    )
    group.addoption(
        "--mock-server-run",
        metavar="NAME",
        default="",
        help="Part of the tasks' ids, so that several runs of the same tests can share that server.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the server of a worker of pytest-xdist that will be asked for, after it has told what it collected.

    It would only wait then, until the other workers have told theirs. Where there are none nothing would be gained: the
    first test that asks starts it. Not in a thread during the collection: an import there at the wrong moment makes
    pytest load a test module without rewriting its assertions.
    """
    config = session.config
    in_a_worker = hasattr(config, "workerinput")
    if in_a_worker and _setting(config, "url", URL_VARIABLE) is None and any(map(_asks, session.items)):
        with suppress(pytest.UsageError):  # the first test that asks gets the error
            _servers_of(config).at(None)


def _asks(item: pytest.Item) -> bool:
    """Whether a test asks for the server of tests without markers."""
    fixtures = getattr(item, "fixturenames", ())
    if "mock_server_url" in fixtures:
        return True
    wanted = {name for mark in item.iter_markers("mock_server") for name in mark.kwargs}
    return "mock_server" in fixtures and wanted <= {"allow_unmatched"}


def _servers_of(config: pytest.Config) -> Servers:
    """The servers of this run or worker. UsageError: the running one that it names cannot be used."""
    if _SERVERS not in config.stash:
        from mock_server.pytest_plugin.servers import Servers

        config.stash[_SERVERS] = servers = Servers(_running_server(config))
        # Not with a fixture: a failure of the last test's teardown is reported after that.
        config.add_cleanup(servers.close)
    return config.stash[_SERVERS]


def _setting(config: pytest.Config, name: str, variable: str) -> str | None:
    return config.getoption(f"--mock-server-{name}") or os.environ.get(variable) or None


def _running_server(config: pytest.Config) -> RunningServer | None:
    """The running server that the options name, or else the variables; None: neither does."""
    from mock_server.pytest_plugin.servers import RunningServer

    url = _setting(config, "url", URL_VARIABLE)
    if url is None:
        return None
    # These variables belong to the server that the other variable names, not to one that an option names.
    admin_url, keep = config.getoption("--mock-server-admin-url"), False
    if not config.getoption("--mock-server-url"):
        admin_url = admin_url or os.environ.get(ADMIN_VARIABLE) or None
        keep = bool(os.environ.get(KEEP_VARIABLE))
    token, ca = _setting(config, "token", TOKEN_VARIABLE), _setting(config, "ca", CA_VARIABLE)
    return RunningServer(url, admin_url, token, ca, keep)


@pytest.fixture(scope="session")
def _mock_servers(pytestconfig: pytest.Config) -> Servers:
    return _servers_of(pytestconfig)


@pytest.fixture
def mock_server(request: pytest.FixtureRequest, _mock_servers: Servers) -> Iterator[MockServer]:
    """A live mock server. What the test creates has ids of its own and is removed when the test ends.

    Under `mock-server exec --bundle-on-failure` what a failed test created stays, and is saved with the run.
    """
    from mock_server.pytest_plugin.fixture import MockServer
    from mock_server.pytest_plugin.marks import marked, token_of

    marks = marked(request.node)
    place = _mock_servers.at(marks.settings)
    token = token_of(request.node, request.config.getoption("--mock-server-run"))
    if token in _mock_servers.kept:  # the test runs again: its ids are free again
        _mock_servers.kept.pop(token)()
    fixture = MockServer(place, token, allow_unmatched=marks.allow_unmatched)
    request.node.stash[_FIXTURE] = fixture
    request.node.stash[_FAILED] = False
    yield fixture
    if _mock_servers.keep_failed and request.node.stash[_FAILED]:
        _mock_servers.kept[token] = fixture.clean_up
    else:
        fixture.clean_up()


@pytest.fixture(scope="session")
def mock_server_url(_mock_servers: Servers) -> str:
    """The URL of the server of tests without markers, for what is set up once: a configuration, a container."""
    return _mock_servers.at(None).url


@pytest.fixture(scope="session")
def mock_server_host(mock_server_url: str) -> str:
    """Host and port of that server, for clients that add the scheme themselves."""
    return urlsplit(mock_server_url).netloc


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fails a test whose client requested what does not exist, whatever it asserted."""
    yield
    fixture = item.stash.get(_FIXTURE, None)
    if fixture is not None:
        fixture.fail_on_unmatched()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the last exchanges of a test's tasks to its failure, and names our exceptions shortly there."""
    report = yield
    if report.failed and call.excinfo is not None and "mock_server.client" in sys.modules:
        from mock_server.pytest_plugin.failure import add_section, shorten_names

        shorten_names(report)
        fixture = item.stash.get(_FIXTURE, None)
        if fixture is not None:
            item.stash[_FAILED] = True
            add_section(report, "mock-server", fixture.report(call.excinfo.value))
    return report
