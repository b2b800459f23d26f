"""Every code block of the pages is run, and does what the page says."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from mock_server import __version__
from mock_server.client import Client
from mock_server.settings import Settings
from tests.support.documents import (
    PAGES,
    RECEIVER,
    ROOT,
    Background,
    Block,
    Command,
    blocks,
    blocks_of,
    commands_of,
    curl,
    is_scenario,
    mock_server,
    on_the_server,
    played,
    run,
    serve,
    shows,
    write_scenarios,
)
from tests.support.harness import exchanges
from tests.support.live import LiveServer, serving
from tests.support.loading import load, messages

ELSEWHERE = frozenset({"adding-a-vendor.md"})
"""Pages whose blocks belong together: a test of its own follows each."""
KINDS = frozenset({"console", "yaml", "text", "python", "js", "sh", "go", "java", "php", "ruby"})
NOT_RUN = frozenset({"run manually", "not run"})
"""The comments above blocks that no test runs, because no test has their language or SDK."""
NEVER_RUN = frozenset({"go", "java", "php", "ruby"})

SERVE = "exec .venv/bin/mock-server serve"
CI_STEP = "tests/docker/test_snippets.py::test_the_ci_step"
START = "tests/docs/test_start.py::test_a_start_page_can_be_followed_word_for_word"
TEAM = "tests/docker/test_start.py::test_the_start_page_of_a_team_can_be_followed"
ORDERS = "tests/docker/test_callback.py::test_a_service_is_told_how_its_jobs_ended"
STORE = "tests/server/test_replicas.py::test_servers_on_one_store_are_started_and_stopped_as_the_page_says"
TEAMS = "tests/server/test_replicas.py::test_servers_of_two_namespaces_in_one_cluster_share_nothing"
SHELL: Mapping[str, str] = MappingProxyType(
    {
        "make run": "tests/docs/test_docs.py::test_the_makefile_does_what_the_pages_say",
        "make test": "tests/docs/test_docs.py::test_the_makefile_does_what_the_pages_say",
        "pip install .": "tests/test_package.py::test_",
        'pip install "task-status-mock @ git+https://git.example.com/team/mock-server.git"': (
            "tests/test_package.py::test_a_requirement_names_the_distribution_and_a_repository"
        ),
        f"pip install dist/task_status_mock-{__version__}-py3-none-any.whl": "tests/conftest.py::wheel",
        "mock-server serve --port 8080": "tests/docs/test_docs.py::test_a_console_block_prints_what_it_shows",
        "docker compose up": "tests/docker/test_compose.py::test_restart_brings_the_server_back",
        "SCENARIOS=./my-scenarios docker compose up": "tests/docker/test_compose.py::test_a_scenario_edited",
        "docker compose --profile example up --exit-code-from example": (
            "tests/docker/test_compose.py::test_one_command_brings_up_the_server_and_then_the_client"
        ),
        "docker compose --profile orders up": ORDERS,
        "docker compose --profile scale up scale": "tests/docker/test_scale.py::scaled",
        "pip install './mock-server[redis]'": "tests/test_package.py::test_",
        'mock-server serve --port 8081 --store "redis://127.0.0.1:6379/0"': STORE,
        'mock-server serve --port 8082 --store "redis://127.0.0.1:6379/0"': STORE,
        'mock-server serve --port 8081 --store "redis+cluster://node-1,node-2,node-3?namespace=team-a"': TEAMS,
        'mock-server serve --port 8082 --store "redis+cluster://node-1,node-2,node-3?namespace=team-b"': TEAMS,
        'curl -X POST "http://127.0.0.1:8000/orders/happy-path.mp4"': ORDERS,
        'curl "http://127.0.0.1:8000/orders/happy-path.mp4"': ORDERS,
        "docker compose --profile intercept up": "tests/docker/conftest.py::shared",
        "docker compose --profile intercept run --rm intercept-example": (
            "tests/docker/test_intercept.py::test_sdks_with_no_endpoint_set_poll_to_the_end"
        ),
        "mock-server receive --port 8081 --answer 500,200": (
            "tests/cli/test_receive.py::test_it_gives_the_answers_in_order_and_the_last_for_ever"
        ),
        "python -m venv .venv": CI_STEP,
        ". .venv/bin/activate": CI_STEP,
        "pip install ./mock-server pytest qiniu": CI_STEP,
        "mock-server exec -- pytest": CI_STEP,
        "python3 -m venv .venv": START,
        f"pip install ./task_status_mock-{__version__}-py3-none-any.whl": START,
        f"pip install ./task_status_mock-{__version__}-py3-none-any.whl pytest qiniu": START,
        "python -m pytest test_jobs.py": START,
        "mock-server exec --bundle-on-failure run.json -- python -m pytest test_jobs.py": START,
        "mock-server serve": START,
        "git clone 'https://git.example.com/team/mock-server.git' mock-server": TEAM,
        "docker compose up --detach mock-server": TEAM,
        "docker compose down": TEAM,
    }
)
"""Commands that cannot be run as they are, each with the test that covers it."""


def name_of(block: Block) -> str:
    """The test id of a block."""
    return f"{block.where}-{block.language}"


def of_kind(*languages: str) -> pytest.MarkDecorator:
    """A case for each block in these languages, except those that no test runs."""
    found = [block for block in blocks(*languages) if block.mark not in NOT_RUN and block.page not in ELSEWHERE]
    return pytest.mark.parametrize("block", found, ids=name_of)


SCENARIOS = [block for block in blocks("yaml") if is_scenario(block)]


@pytest.fixture
def scenarios(block: Block, tmp_path: Path) -> Path:
    """A folder with all scenarios of the block's page."""
    return write_scenarios(block.page, tmp_path / "my-scenarios")


@pytest.fixture
def server(scenarios: Path) -> Iterator[LiveServer]:
    """A fresh server with the shipped scenarios and those of the block's page."""
    with serving(Settings(scenarios=(scenarios,), no_reload=True)) as server:
        yield server


@pytest.mark.parametrize(
    "block", [block for page in PAGES if page.name not in ELSEWHERE for block in blocks_of(page)], ids=name_of
)
def test_every_block_is_run_or_marked_as_not_run(block: Block) -> None:
    assert block.language in KINDS
    assert (block.mark in NOT_RUN) is (block.language in NEVER_RUN)


@of_kind("console")
def test_a_console_block_prints_what_it_shows(block: Block, server: LiveServer, tmp_path: Path) -> None:
    receiver = None
    if "mock-server clock" not in block.text:
        Client(server.url).clock.freeze()  # a slow machine must not change what is shown
    with ExitStack() as ends:
        for command in commands_of(block):
            if command.words[-1] == "&":
                assert command.words[:2] == ("mock-server", "receive")
                receiver = ends.enter_context(closing(Background(command.words[1:-1], tmp_path)))
                printed = ""
            else:
                printed = run_command(beside(command, receiver), server, tmp_path)
            shown = on_the_server(beside(command, receiver).shown, server)
            printed = printed if receiver is None else receiver.after(printed, shown)
            assert shows(shown, printed), printed


def beside(command: Command, receiver: Background | None) -> Command:
    """The command with the address of a receiver that was started before it."""
    if receiver is None:
        return command
    words = tuple(word.replace(RECEIVER, receiver.host) for word in command.words)
    return Command(words, command.shown.replace(RECEIVER, receiver.host))


def run_command(command: Command, server: LiveServer, folder: Path) -> str:
    """The output of a console block's command, run in a folder with the page's scenarios."""
    program, *words = command.words
    if program == "curl":
        return curl([on_the_server(word, server) for word in words])
    assert program == "mock-server", f"{program}: the tests cannot run this command"
    if words[0] == "serve":
        return serve(words, command.shown, folder)
    return run(mock_server(*[on_the_server(word, server) for word in words]), folder, MOCK_SERVER_URL=server.url)


@pytest.mark.parametrize("block", SCENARIOS, ids=name_of)
def test_a_scenario_loads(block: Block) -> None:
    assert messages(block.text, block.name) == []


@pytest.mark.parametrize("block", [block for block in SCENARIOS if block.table], ids=name_of)
def test_polls_see_what_the_table_below_a_scenario_says(block: Block) -> None:
    scenario = load(block.text, block.name).scenario
    (first, *vendors), *rows = block.table
    moments = [row[0] for row in rows]
    assert (first, tuple(vendors)) == ("poll at", scenario.vendors)
    for column, vendor in enumerate(vendors, 1):
        assert played(scenario, vendor, moments) == [row[column] for row in rows], vendor


def test_every_refused_scenario_is_followed_by_its_problems() -> None:
    both = blocks("yaml", "text")
    pairs = [(bad, both[k + 1]) for k, bad in enumerate(both) if bad.mark == "refused"]
    assert len(pairs) == len(blocks("text"))
    for bad, shown in pairs:
        assert messages(bad.text, bad.name) == shown.text.splitlines(), bad.where


@of_kind("python")
def test_a_python_block_polls_the_server(block: Block, server: LiveServer, tmp_path: Path) -> None:
    file = tmp_path / "test_of_a_page.py"
    file.write_text(on_the_server(block.text, server), encoding="utf-8")
    if "unittest.TestCase" in block.text:
        code = f"import unittest; print(unittest.main({file.stem!r}, argv=['-'], exit=False).result)"
        assert "run=1 errors=0 failures=0" in run((sys.executable, "-c", code), tmp_path)
    elif "def test_" in block.text:
        without = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
        pytest_words = (sys.executable, "-m", "pytest", "-q", *without, file.name)
        # The clock belongs to a server of the test's own.
        alone = "mock_server.clock" in block.text
        tests = "[1-9][0-9]*" if "parametrize" in block.text else block.text.count("def test_")
        assert re.search(
            rf"\b{tests} passed", run(pytest_words if alone else mock_server("exec", "--", *pytest_words), tmp_path)
        )
    else:
        run((sys.executable, "-W", "ignore", file.name), tmp_path)
        assert_polled(block, server)


@of_kind("js")
def test_a_javascript_block_polls_the_server(block: Block, server: LiveServer, node_sdks: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node is not None, "no node on the path: run make test"
    file = tmp_path / "page.js"
    file.write_text(on_the_server(block.text, server), encoding="utf-8")
    run((node, file.name), tmp_path, NODE_PATH=str(node_sdks / "node_modules"))
    assert_polled(block, server)


def assert_polled(block: Block, server: LiveServer) -> None:
    """Only the server knows whether it was polled: an SDK that polled another host may not complain."""
    submitted = re.findall(r"\.execute\(['\"]([^'\"]+)", block.text)
    if submitted:
        (key,) = submitted
        (submit,) = [
            entry for entry in exchanges(server.parts) if entry.submits and dict(entry.request.form())["key"] == key
        ]
        assert submit.id is not None
        assert [entry.response.status for entry in server.requests(submit.id)] == [200, 200]
        return
    (task,) = re.findall(r"['\"](happy-path\.[\w-]+)['\"]", block.text)
    assert [entry.response.status for entry in server.requests(task)] == [200]


@of_kind("console", "sh")
def test_a_url_is_quoted_for_shells_that_expand_a_question_mark(block: Block) -> None:
    lines = block.text.splitlines()
    commands = [line[2:] for line in lines if line.startswith("$ ")] if block.language == "console" else lines
    unquoted = [re.sub(r"'[^']*'|\"[^\"]*\"", "", line).partition(" #")[0] for line in commands]
    assert [line for line in unquoted if re.search("https?://", line)] == []


@of_kind("sh")
def test_every_line_of_a_shell_block_is_covered_by_a_test(block: Block) -> None:
    for line in block.text.splitlines():
        path, _, test = SHELL[line.partition("#")[0].strip()].partition("::")
        assert f"def {test}" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("run", f"{SERVE} --port 8080"),
        (
            "run PORT=9000 SCENARIOS=mine ACCESS_LOG=1",
            f"{SERVE} --port 9000 --scenarios mine --access-log",
        ),
        ("run 'SCENARIOS=my scenarios'", f"{SERVE} --port 8080 --scenarios 'my scenarios'"),
        ("run ACCESS_LOG=0", f"{SERVE} --port 8080"),
        ("test", ".venv/bin/python -m pytest"),
    ],
)
def test_the_makefile_does_what_the_pages_say(words: str, command: str) -> None:
    outside = ("PORT", "SCENARIOS", "ACCESS_LOG", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    unset = [word for name in outside for word in ("-u", name)]
    printed = shlex.split(run(("env", *unset, "make", "--dry-run", *shlex.split(words)), ROOT).splitlines()[-1])
    expected = shlex.split(command)
    begin = printed.index(expected[0])
    assert printed[begin:][: len(expected)] == expected
    assert words == "test" or printed[begin:] == expected


@pytest.mark.parametrize("word", ["PORT=", "SCENARIOS=", "ACCESS_LOG="])
def test_make_alone_lists_the_variables_of_its_targets(word: str) -> None:
    (line,) = [line for line in run(("make",), ROOT).splitlines() if line.startswith("make run ")]
    assert word in line


@pytest.mark.parametrize(
    "block", [block for block in blocks("yaml") if re.search("^services:", block.text, re.M)], ids=name_of
)
def test_a_compose_block_fits_the_image_and_the_compose_file(block: Block) -> None:
    """What can be checked without an engine; `make docker-test` runs the blocks."""
    ours = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["mock-server"]
    services = yaml.safe_load(block.text)["services"]
    shown = services["mock-server"]
    (port,) = {mapping.rpartition(":")[2] for mapping in ours["ports"]}
    assert {mapping.rpartition(":")[2] for mapping in shown.get("ports", ())} <= {port}
    assert shown["volumes"][0].split(":")[1:] == ours["volumes"][0].rsplit(":", 2)[1:]
    waits = [depends for service in services.values() for depends in service.get("depends_on", {}).values()]
    assert waits
    assert all(depends == {"condition": "service_healthy"} for depends in waits)
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("one…\n", "one two\n", True),
        ("one…\n", "one\ntwo\n", False),
        ("…\nlast\n", "a\nb\nlast\n", True),
        ("…\n", "", True),
        ("one\n", "one\n\n", False),
        ("{…b}\n", "{a,b}\n", True),
        ("a.c\n", "abc\n", False),
    ],
)
def test_an_ellipsis_matches_omitted_output_and_nothing_else(shown: str, printed: str, fits: bool) -> None:
    assert shows(shown, printed) is fits
