"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mock_server.client import Client
from mock_server.pytest_plugin import fixture, servers
from mock_server.scenarios import file
from mock_server.server import embedded
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving

pytest_plugins = ["pytester"]

KEPT = (fixture.__name__, servers.__name__, embedded.__name__, file.__name__)
"""Imported here, once: a nested run forgets what it was the first to import."""

POLL = """
import json, urllib.error, urllib.request, pytest

def poll(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return json.load(response)["code"]
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
"""
SCENARIO = "steps:\n  - {state: waiting, polls: 1}\n  - {state: failed}\n"


class Nested:
    """A run of pytest with the plugin and none of the others that happen to be installed."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def run(self, source: str, *words: str) -> pytest.RunResult:
        """What a file of tests comes to; every one of them can call `poll(url)`."""
        self.pytester.makepyfile(POLL + source)
        return self.again(*words)

    def again(self, *words: str) -> pytest.RunResult:
        """The same files once more."""
        return self.pytester.runpytest_inprocess(
            "-p", "mock_server.pytest_plugin", "-p", "no:cacheprovider", "--strict-markers", *words
        )


@pytest.fixture
def nested(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Nested:
    """A run that nothing outside it decides."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # Where these are set, pytest prints the whole of each error once more at the end.
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    for name in ("URL", "ADMIN_URL", "ADMIN_TOKEN", "CA", "KEEP_FAILED"):
        monkeypatch.delenv(f"MOCK_SERVER_{name}", raising=False)
    return Nested(pytester)


@pytest.fixture
def shared() -> Iterator[LiveServer]:
    """A server that runs already."""
    with serving() as server:
        yield server


def test_the_plugin_imports_nothing_of_the_server_before_a_test_asks_for_it() -> None:
    code = "import sys; held = set(sys.modules); import mock_server.pytest_plugin; print(*set(sys.modules) - held)"
    added = subprocess.check_output([sys.executable, "-c", f"import pytest; {code}"], text=True).split()
    assert set(added) <= {"mock_server", "mock_server.version", "mock_server.pytest_plugin"}


def test_a_run_in_which_no_test_asks_for_a_server_imports_nothing_of_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_that_passes(): pass\ndef test_that_fails(): assert False\n")
    (tmp_path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('imported', *sorted(name for name in sys.modules if name.startswith('mock_server')))\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "mock_server.pytest_plugin", "-p", "no:cacheprovider"]
    env = {**os.environ, "PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    said = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False).stdout
    assert "1 failed, 1 passed" in said
    assert "imported mock_server mock_server.pytest_plugin mock_server.version\n" in said


def test_pytest_finds_the_plugin_by_itself_once_it_is_installed(root: Path) -> None:
    config = configparser.ConfigParser()
    config.read(root / "setup.cfg", encoding="utf-8")
    name, _, module = config["options.entry_points"]["pytest11"].strip().partition(" = ")
    assert (name, import_module(module).MARKER.partition("(")[0]) == ("mock_server", "mock_server")


WORKERS = """
import sys, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if hasattr(session.config, "workerinput"):
        started = "mock_server.server.embedded" in sys.modules
        with open("started-" + session.config.workerinput["workerid"], "w") as file:
            file.write(str(started))
"""
ASKING = """
@pytest.mark.parametrize("number", range(4))
def test_asks(mock_server, number):
    assert poll(mock_server.create("qiniu", "instant").url) == 0

@pytest.mark.mock_server(profile="live")
def test_asks_for_another(mock_server): pass

def test_does_not_ask(): pass
"""


@pytest.mark.parametrize(
    ("chosen", "passed", "started"),
    [("", 6, "True"), ("test_does_not_ask", 1, "False"), ("test_asks_for_another", 1, "False")],
)
def test_a_worker_starts_its_server_as_soon_as_it_has_collected_a_test_that_asks(
    nested: Nested, chosen: str, passed: int, started: str
) -> None:
    nested.pytester.makeconftest(WORKERS)
    nested.run(ASKING, "-p", "xdist.plugin", "-n", "2", "-k", chosen).assert_outcomes(passed=passed)
    assert [path.read_text() for path in nested.pytester.path.glob("started-*")] == [started, started]


def test_a_worker_starts_no_server_where_one_runs_already(nested: Nested, shared: LiveServer) -> None:
    nested.pytester.makeconftest(WORKERS)
    words = ("-p", "xdist.plugin", "-n", "2", "-k", "test_asks[", "--mock-server-url", shared.url)
    nested.run(ASKING, *words).assert_outcomes(passed=4)
    assert [path.read_text() for path in nested.pytester.path.glob("started-*")] == ["False", "False"]


def test_a_test_drives_a_task_of_its_own(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    task = mock_server.create("qiniu", "partial-failure")
    assert task.url.startswith(mock_server.url)
    assert [poll(task.url), task.step, poll(task.url)] == [1, "processing", 2]
    assert [exchange.response.status for exchange in task.requests()] == [200, 200]
    task.verify(count=2, order=["waiting", "processing"])
    assert task.wait(2) == task.requests()
    assert task.goto("waiting").step == "waiting"
    assert task.next().step == "processing"
    assert task.read().asked == 2
"""
    nested.run(source).assert_outcomes(passed=1)


def test_time_passes_for_one_task_alone(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    mock_server.upload("brief", "steps: [{state: waiting, for: 10m}, {state: succeeded}]")
    old, young = mock_server.create("qiniu", "brief"), mock_server.create("qiniu", "brief")
    old.shift("10m")
    assert [poll(old.url), poll(young.url)] == [0, 1]
"""
    nested.run(source).assert_outcomes(passed=1)


def test_a_fault_of_one_task_strikes_no_other(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    one, other = mock_server.create("qiniu", "slow"), mock_server.create("qiniu", "slow")
    one.arm(error=599, times=1)
    assert [poll(other.url), poll(one.url), poll(one.url)] == [1, 599, 1]
"""
    nested.run(source).assert_outcomes(passed=1)


def test_an_id_plays_its_scenario_without_any_set_up(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    task = mock_server.handle("qiniu", mock_server.id("instant"))
    assert poll(task.url) == 0
    assert task.step == "succeeded"
"""
    nested.run(source).assert_outcomes(passed=1)


def test_ids_and_with_them_the_draws_are_the_same_on_every_run(nested: Nested) -> None:
    source = """
@pytest.mark.parametrize("name", ["a/b", "c"])
def test_it(mock_server, name):
    for _ in range(2):
        print("drawn", mock_server.create("qiniu", "realistic").id)
"""
    runs = [nested.run(source, "-s"), nested.again("-s", "-p", "xdist.plugin", "-n", "0")]
    first, second = ([line for line in run.outlines if "drawn" in line] for run in runs)
    assert first == second
    assert len({line.split()[-1] for line in first}) == 4


def test_what_a_test_leaves_behind_is_gone_for_the_next(nested: Nested) -> None:
    source = """
@pytest.fixture(scope="module")
def seen():
    return []

@pytest.mark.parametrize("number", [1, 2])
def test_it(mock_server, seen, number):
    seen.append(mock_server.url)
    assert seen[0] == mock_server.url, "one server serves all"
    assert mock_server.client.tasks() == mock_server.client.faults() == mock_server.requests() == ()
    assert "brief" not in [scenario.name for scenario in mock_server.client.scenarios()]
    assert not mock_server.clock.read().frozen
    mock_server.upload("brief", "steps: [{state: waiting}]")
    poll(mock_server.create("qiniu", "brief", "given").url)
    poll(mock_server.handle("qiniu", mock_server.id("slow")).url)
    mock_server.arm(error=599)
    mock_server.clock.freeze()
"""
    nested.run(source).assert_outcomes(passed=2)


def test_a_failed_verification_fails_the_test_and_its_report_shows_the_exchanges(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    task = mock_server.create("qiniu", "partial-failure")
    poll(task.url)
    task.verify(count=2)
"""
    result = nested.run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *Unmet: *expected exactly 2 exchanges, found 1: #1",
            "E *#1 *GET /status/get/prefop?id=partial-failure.test_it-* -> 200 (waiting) {*",
            "*- mock-server -*",
            "task partial-failure.test_it-*: its exchanges are listed above",
        ]
    )


PACED = """
def test_it(mock_server):
    task = mock_server.create("qiniu", "never-ends")
    mock_server.clock.freeze()
    for _ in range({polls}):
        poll(task.url)
        mock_server.clock.advance("82ms")
    task.verify(cadence={{"clock": "virtual", "min_gap": "1s"}})
"""
OURS = ("mock_server/client", "mock_server/pytest_plugin", "handle.py", "client.py", "transport.py", "fixture.py")


def no_internals(result: pytest.RunResult) -> bool:
    """Whether a run shows no frame of ours."""
    return not [line for line in result.outlines if re.match(r"\S*mock_server/\S+\.py:\d+", line)]


def test_a_failing_test_shows_its_own_line_then_the_finding_then_the_exchanges(nested: Nested) -> None:
    result = nested.run(PACED.format(polls=2))
    result.stdout.fnmatch_lines(
        [
            '>       task.verify(cadence={"clock": "virtual", "min_gap": "1s"})',
            "E       Unmet: polled after 82 ms, expected 1 s or more: #*, #*",
            "E         #* ??:??:??.??? GET /status/get/prefop?id=* -> 200 (*) {*",
            "E         #* ??:??:??.??? +82 ms (* real) GET /status/get/prefop?id=* -> 200 (*) {*",
            "*test_*.py:*: Unmet",
            "*- mock-server -*",
            "task never-ends.test_it-*: its exchanges are listed above",
        ]
    )
    assert len([line for line in result.outlines if "GET /status/get/prefop?id=" in line]) == 2
    assert not [line for line in result.outlines if any(name in line for name in OURS)]


@pytest.mark.parametrize("style", ["long", "short", "line"])
def test_an_exception_has_its_short_name_in_every_style_of_pytest(nested: Nested, style: str) -> None:
    result = nested.run(PACED.format(polls=2), f"--tb={style}")
    result.stdout.fnmatch_lines(["*Unmet: polled after 82 ms, expected 1 s or more: #*"])
    assert "mock_server.client.errors" not in str(result.stdout)


def test_a_failing_test_says_how_many_earlier_exchanges_it_does_not_show(nested: Nested) -> None:
    result = nested.run(PACED.format(polls=13).replace("1s", "1ms").replace("min_gap", "max_gap"))
    result.stdout.fnmatch_lines(
        [
            "E       Unmet: polled after 82 ms, expected 1 ms or less: #*, #*",
            "E       polled after 82 ms, expected 1 ms or less: #*, #*",
            "E       … and 7 more",
            "E         … 3 earlier ones are not shown",
            "task never-ends.test_it-*: its exchanges are listed above",
        ]
    )


def test_the_section_shows_the_exchanges_that_the_error_does_not(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    task = mock_server.create("qiniu", "never-ends")
    for _ in range(13):
        poll(task.url)
    mock_server.client.verify(id=task.id, before=3, count=1)
"""
    result = nested.run(source)
    result.stdout.fnmatch_lines(
        [
            "E         #1 *",
            "E         #2 *",
            "task *: its last exchanges",
            "… 3 earlier ones are not shown",
            "#4 *",
            "#13 *",
        ]
    )


@pytest.mark.parametrize("phase", ["call", "setup", "teardown"])
def test_junit_xml_has_the_finding_and_the_exchanges_of_every_phase(nested: Nested, phase: str) -> None:
    lines = {"call": "pass", "setup": "pass", "teardown": "pass", phase: "task.verify(count=2)"}
    source = f"""
@pytest.fixture
def task(mock_server):
    task = mock_server.create("qiniu", "never-ends")
    poll(task.url)
    {lines["setup"]}
    yield task
    {lines["teardown"]}

def test_it(task):
    {lines["call"]}
"""
    result = nested.run(source, "--junitxml=out.xml", "-p", "junitxml")
    result.stdout.fnmatch_lines([">*task.verify(count=2)", "E *Unmet: expected exactly 2 exchanges, found 1: #*"])
    assert not [line for line in result.outlines if any(name in line for name in OURS)]
    (failure,) = (
        each for kind in ("failure", "error") for each in ElementTree.parse(nested.pytester.path / "out.xml").iter(kind)
    )
    assert "Unmet: expected exactly 2 exchanges, found 1: #" in failure.attrib["message"]
    assert "mock_server.client" not in failure.attrib["message"]
    text = failure.text or ""
    assert "task.verify(count=2)" in text
    assert "never-ends.test_it-" in text.split(" mock-server ")[1]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("mock_server.client.verify(id='slow.x', statuses=(200,))", "Unmet: nothing to judge: no exchange matches"),
        ("mock_server.create('quiniu', 'slow')", "AdminError: *quiniu*"),
        ("mock_server.create('qiniu', 'slow').wait(3, timeout=0.01)", "NotYet: waited 0.01 s for 3 requests"),
        ("mock_server.create('qiniu', 'slow').arm(fault='no-such')", "AdminError: *no-such*"),
        ("mock_server.create('qiniu', 'slow').arm(eror=599)", 'AdminError: $.eror: unknown key "eror" (*"error"?)'),
        ("mock_server.clock.set('never')", "AdminError: *"),
        ("type(mock_server.client)('http://127.0.0.1:1').health()", "Unreachable: *: no answer: Connection refused (*"),
    ],
)  # fmt: skip
def test_no_frame_of_the_plugin_or_the_client_hides_the_tests_own_line(nested: Nested, line: str, name: str) -> None:
    result = nested.run(f"def test_it(mock_server):\n    {line}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">*{line}", f"E       {name}*"])
    assert not [each for each in result.outlines if any(file in each for file in OURS)]


def test_a_test_that_requested_what_does_not_exist_has_the_section_too(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    poll(mock_server.create("qiniu", "slow").url)
    poll(mock_server.url + "/status/get/prefop?id=hapy-path.1")
"""
    result = nested.run(source, "--junitxml=out.xml", "-p", "junitxml")
    result.stdout.fnmatch_lines(
        ["requests met no task *", "*- mock-server -*", "task slow.*: its last exchanges", "#1 *"]
    )
    assert "its last exchanges" in (nested.pytester.path / "out.xml").read_text("utf-8")


def test_a_report_shows_requests_that_met_nothing_and_tasks_that_nobody_asked_for(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    mock_server.create("qiniu", "slow")
    poll(mock_server.url + "/status/get/prefop?id=hapy-path.1")
    assert False
"""
    lines = ["task slow.test_it-*: never requested", "met no task:", "*hapy-path.1 -> 404*", "*'happy-path'*"]
    nested.run(source).stdout.fnmatch_lines(lines)


def test_a_report_shows_the_tasks_that_the_test_submitted(nested: Nested) -> None:
    source = """
def submit(server, key):
    data = b"bucket=b&fops=avthumb%2Fmp4&key=" + key.encode()
    with urllib.request.urlopen(urllib.request.Request(server + "/pfop/", data), timeout=30) as response:
        return json.load(response)["persistentId"]

def test_before(mock_server):
    print("before", submit(mock_server.url, "before"))

@pytest.mark.parametrize("number", [2, 12])
def test_it(mock_server, number):
    for key in range(number):
        id = submit(mock_server.url, str(key))
    poll(mock_server.url + "/status/get/prefop?id=" + id)
    print("last", id)
    assert False
"""
    lines = nested.run(source, "-rP").outlines
    before = next(line.split()[1] for line in lines if line.startswith("before "))
    few, many = (line.split()[1] for line in lines if line.startswith("last "))
    tasks = [line for line in lines if line.startswith("task ")]
    assert (len(tasks), tasks.index(f"task {few}: its last exchanges")) == (2 + 10, 1)
    assert tasks[-1] == f"task {many}: its last exchanges"
    assert [line for line in lines if f"/prefop?id={few} -> 200" in line]
    assert "… tasks that were submitted earlier and are not shown: 2" in lines
    assert not [line for line in tasks if before in line]


def test_the_report_says_why_a_task_notified_nobody(nested: Nested) -> None:
    result = nested.run(
        """
def test_it(mock_server):
    data = b"bucket=b&fops=avthumb%2Fmp4&key=instant"
    urllib.request.urlopen(urllib.request.Request(mock_server.url + "/pfop/", data), timeout=30).close()
    assert False

def test_that(mock_server):
    mock_server.create("huawei", "instant").wait_told(timeout=0)

def test_this(mock_server):
    poll(mock_server.create("huawei", "instant").url)
    assert False
"""
    )
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "qiniu z0.* will not notify: it was submitted without an address to notify",
            "E *NotYet: waited 0 s for 1 attempt, and there are 0: huawei * will not notify: huawei notifies nobody",
            "huawei * will not notify: huawei notifies nobody",
        ]
    )
    assert len([line for line in result.outlines if line.startswith("huawei ")]) == 1


def test_on_a_shared_server_a_report_shows_the_ids_of_handles_and_no_other_submits(
    nested: Nested, shared: LiveServer
) -> None:
    source = """
def test_it(mock_server):
    data = b"bucket=b&fops=avthumb%2Fmp4&key=k"
    urllib.request.urlopen(urllib.request.Request(mock_server.url + "/pfop/", data), timeout=30).close()
    poll(mock_server.handle("qiniu", "happy-path.handled").url)
    assert False
"""
    lines = nested.run(source, "--mock-server-url", shared.url).outlines
    assert [line for line in lines if line.startswith("task ")] == ["task happy-path.handled: its last exchanges"]


def test_attempts_to_notify_are_waited_for_and_reported(nested: Nested) -> None:
    result = nested.run(
        """
def test_it(mock_server):
    assert mock_server.notifications() == ()
    job = mock_server.create("qiniu", "instant", notify_url="http://127.0.0.1:1/done")
    (attempt,) = job.wait_told()
    assert mock_server.wait_told(outcome="again", id=job.id)[:1] == (attempt,)
    assert job.notifications()[0] == attempt == mock_server.notifications(vendor="qiniu")[0]
    assert job.requests() == ()
    assert job.read().owed == 1
    poll(job.url)
    assert attempt.status == 200
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mock-server -*",
            "task instant.*: its last exchanges",
            "#1 * POST http://127.0.0.1:1/done -> no response (qiniu instant.*, notification 0, attempt 1: again) *",
            "#* GET */status/get/prefop* -> 200 (succeeded) *",
            "owed qiniu instant.*, notification 0, attempt *: due * http://127.0.0.1:1/done",
        ]
    )


def test_attempts_that_do_not_come_fail_the_test(nested: Nested) -> None:
    result = nested.run(
        """
def test_it(mock_server):
    mock_server.create("qiniu", "never-ends", notify_url="http://127.0.0.1:1/done").wait_told(2, 0.01)
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *NotYet: waited 0.01 s for 2 attempts, and there are 0: qiniu never-ends.* has not ended: it is in step *"]
    )


def test_a_verification_of_polls_alone_does_not_count_the_submit(nested: Nested) -> None:
    source = """
def test_it(mock_server):
    request = urllib.request.Request(mock_server.url + "/pfop/", b"bucket=b&fops=avthumb%2Fmp4&key=k")
    with urllib.request.urlopen(request, timeout=30) as response:
        job = mock_server.handle("qiniu", json.load(response)["persistentId"])
    for _ in range(3):
        poll(job.url)
    job.verify(count=4)
    mock_server.client.verify(id=job.id, poll=True, count=3)
    mock_server.client.verify(id=job.id, submit=False, count=3)
"""
    nested.run(source).assert_outcomes(passed=1)


def test_a_server_that_is_gone_does_not_hide_why_a_test_failed(nested: Nested, shared: LiveServer) -> None:
    source = """
def test_it(mock_server):
    mock_server.create("qiniu", "slow")
    object.__setattr__(mock_server, "client", type(mock_server.client)("http://127.0.0.1:1"))
    assert not "the reason"
"""
    result = nested.run(source)
    result.stdout.fnmatch_lines(["*assert not 'the reason'", "*127.0.0.1:1: no answer*"])


def test_a_request_that_met_no_task_fails_a_test_that_would_have_passed(nested: Nested) -> None:
    source = """
URL = "/status/get/prefop?id=hapy-path.1"

def test_careless(mock_server):
    poll(mock_server.url + URL)

def test_after_it(mock_server):
    poll(mock_server.create("qiniu", "slow").url)

@pytest.mark.mock_server(allow_unmatched=True)
def test_on_purpose(mock_server):
    assert poll(mock_server.url + URL) == 404
"""
    result = nested.run(source)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*requests met no task (*allow_unmatched=True*", "*did you mean 'happy-path'?*"])


def test_markers_say_how_the_server_is_to_run_and_those_who_want_the_same_share_one(nested: Nested) -> None:
    nested.pytester.makefile(".yaml", brief=SCENARIO)
    source = """
URLS = []

@pytest.mark.mock_server(seed=7, profile="document")
class TestOne:
    @pytest.mark.mock_server(profile="live")
    def test_nearest_wins(self, mock_server):
        settings = mock_server.client.version().settings
        assert (settings["seed"], settings["profile"]) == (7, "live")
        URLS.append(mock_server.url)

@pytest.mark.mock_server(profile="live", seed=7)
def test_the_same(mock_server):
    assert URLS == [mock_server.url]

@pytest.mark.mock_server(scenarios="brief.yaml", no_builtin=True)
def test_scenarios_stand_beside_the_test(mock_server):
    assert mock_server.url not in URLS
    assert [poll(mock_server.create("qiniu", "brief").url)] == [1]
    assert len(mock_server.client.scenarios()) == 1

@pytest.mark.mock_server(admin_token="s3cret")
def test_token(mock_server):
    mock_server.create("qiniu", "slow")
"""
    nested.run(source).assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("profil='live'", '*profil: no such setting (did you mean "profile"?)*'),
        ("profile='life'", "*--profile: 'life' will not do: it takes one of*"),
        ("port=80", "*port: no such setting*"),
        ("'live'", "*takes settings by name*"),
        ("scenarios='missing.yaml'", "*missing.yaml*"),
    ],
)
def test_a_wrong_marker_is_told(nested: Nested, mark: str, said: str) -> None:
    result = nested.run(f"@pytest.mark.mock_server({mark})\ndef test_it(mock_server): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    assert no_internals(result)


@pytest.mark.parametrize("place", ["a marker", "a fixture"])
@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        ("bad.yaml", '*bad.yaml:1:10: unknown key "sate" (did you mean "state"?)'),
        ("gone", "*gone: no such file or folder*"),
    ],
)
def test_a_bad_scenario_is_told_without_our_frames(nested: Nested, place: str, scenarios: str, said: str) -> None:
    (nested.pytester.path / "bad.yaml").write_text("steps: [{sate: waiting}]\n")
    marked = f"@pytest.mark.mock_server(scenarios={scenarios!r})\ndef test_it(mock_server): pass"
    fixture = f"""
import mock_server as ours

@pytest.fixture
def server():
    with ours.serve(scenarios={scenarios!r}) as server:
        yield server

def test_it(server): pass
"""
    result = nested.run(marked if place == "a marker" else fixture)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E * {said}"])
    assert no_internals(result)


def test_on_a_shared_server_only_the_tests_own_tasks_go(nested: Nested, shared: LiveServer) -> None:
    others = Client(shared.url)
    others.create("qiniu", "slow", "somebody's")
    number = others.arm(error=599, id="somebody's").number
    source = """
def test_it(mock_server):
    task = mock_server.create("qiniu", "partial-failure")
    task.arm(error=599, times=1)
    assert poll(task.url) == 599
"""
    nested.run(source, "--mock-server-url", shared.url).assert_outcomes(passed=1)
    assert [task.id for task in others.tasks()] == ["somebody's"]
    assert [fault.number for fault in others.faults()] == [number]
    assert [exchange.response.status for exchange in others.requests()] == [599]


def test_the_variable_names_a_shared_server_too(
    nested: Nested, shared: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_SERVER_URL", shared.url)
    nested.run(f"def test_it(mock_server): assert mock_server.url == {shared.url!r}").assert_outcomes(passed=1)


FAILING = """
def test_passes(mock_server):
    poll(mock_server.create("qiniu", "slow").url)

def test_fails(mock_server):
    task = mock_server.create("qiniu", "partial-failure")
    task.arm(error=599)
    poll(task.url)
    assert False

@pytest.fixture
def broken(mock_server):
    poll(mock_server.url + "/status/get/prefop?id=" + mock_server.id("happy-path"))
    assert False

def test_whose_fixture_fails(broken): pass
"""


def test_what_failed_tests_created_is_in_the_bundle_that_exec_saves(nested: Nested, root: Path) -> None:
    nested.pytester.makepyfile(POLL + FAILING)
    kept = nested.pytester.path / "run.json"
    words = [sys.executable, "-m", "mock_server", "exec", "--bundle-on-failure", str(kept), "--", sys.executable]
    words += ["-m", "pytest", "-p", "mock_server.pytest_plugin", "-p", "no:cacheprovider"]
    env = {**os.environ, "PYTHONPATH": str(root)}
    result = subprocess.run(words, cwd=nested.pytester.path, env=env, capture_output=True, text=True, check=False)
    assert (result.returncode, "1 failed, 1 passed, 1 error" in result.stdout) == (1, True), result
    with serving() as server:
        client = Client(server.url)
        client.load(json.loads(kept.read_text("utf-8")))
        names = [task.id.rpartition("-")[0] for task in client.tasks()]
        assert names == ["partial-failure.test_fails", "happy-path.test_whose_fixture_fails"]
        assert [fault.error for fault in client.faults()] == [599]


def test_a_failed_test_that_runs_again_replaces_what_it_left(
    nested: Nested, shared: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_SERVER_URL", shared.url)
    monkeypatch.setenv("MOCK_SERVER_KEEP_FAILED", "1")
    nested.pytester.makeconftest(
        "from _pytest.runner import runtestprotocol\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    runtestprotocol(item, nextitem=nextitem, log=False)\n"
    )
    source = """
RUNS = []

def test_it(mock_server):
    RUNS.append(mock_server.create("qiniu", "slow").id)
    assert RUNS[1:]
"""
    nested.run(source).assert_outcomes(passed=1)
    assert Client(shared.url).tasks() == ()


@pytest.mark.parametrize("place", ["variable", "option"])
def test_nothing_is_left_on_another_server_than_that_of_exec(
    nested: Nested, shared: LiveServer, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    words = ["--mock-server-url", shared.url] if place == "option" else []
    monkeypatch.setenv("MOCK_SERVER_URL", "http://127.0.0.1:1" if place == "option" else shared.url)
    monkeypatch.setenv("MOCK_SERVER_KEEP_FAILED", "1" if place == "option" else "")
    nested.run(FAILING, *words).assert_outcomes(passed=1, failed=1, errors=1)
    assert Client(shared.url).tasks() == ()


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("mock_server.clock.freeze()", "shift() moves one"),
        ("mock_server.arm(error=599)", "arm() of a task handle affects only that task"),
        ("mock_server.upload('brief', '')", "start the server with --scenarios"),
    ],
)
def test_on_a_shared_server_nothing_is_done_to_everybody(
    nested: Nested, shared: LiveServer, line: str, instead: str
) -> None:
    result = nested.run(f"def test_it(mock_server): {line}", "--mock-server-url", shared.url)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*is shared with others, and *; {instead}*"])


def test_on_a_shared_server_other_peoples_misses_are_not_the_tests(nested: Nested, shared: LiveServer) -> None:
    source = f"""
def test_not_mine(mock_server):
    poll("{shared.url}/status/get/prefop?id=somebody-elses-typo")

def test_mine(mock_server):
    poll("{shared.url}/status/get/prefop?id=" + mock_server.id("hapy-path"))
"""
    result = nested.run(source, "--mock-server-url", shared.url)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_mine*"])


def test_two_runs_on_a_shared_server_are_kept_apart_by_their_names(nested: Nested, shared: LiveServer) -> None:
    source = """
def test_it(mock_server):
    print("id", mock_server.create("qiniu", "slow").id)
"""
    alone = nested.run(source, "-s")
    (id,) = [line.split()[-1] for line in alone.outlines if "id slow.test_it-" in line]
    Client(shared.url).create("qiniu", "slow", id)  # the other run is at this very test
    refused = nested.again("--mock-server-url", shared.url)
    refused.assert_outcomes(failed=1)
    refused.stdout.fnmatch_lines([f"*{id}*exists already*--mock-server-run NAME*"])
    nested.again("--mock-server-url", shared.url, "--mock-server-run", "second").assert_outcomes(passed=1)
    assert [task.id for task in Client(shared.url).tasks()] == [id]


def test_a_shared_server_must_have_the_settings_that_a_test_wants(nested: Nested, shared: LiveServer) -> None:
    source = """
@pytest.mark.mock_server(profile="sdk")
def test_as_it_is(mock_server): pass

@pytest.mark.mock_server(profile="live")
def test_otherwise(mock_server): pass
"""
    result = nested.run(source, "--mock-server-url", shared.url)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the test wants --profile live, and http://* has sdk: start that server so*"])


@pytest.mark.parametrize("told", ["options", "variables"])
def test_a_shared_server_may_have_its_admin_api_elsewhere(
    nested: Nested, shared: LiveServer, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    words: tuple[str, ...] = ("--mock-server-url", "http://127.0.0.1:1", "--mock-server-admin-url", shared.url)
    if told == "variables":
        for name, word in zip(("MOCK_SERVER_URL", "MOCK_SERVER_ADMIN_URL"), words[1::2], strict=True):
            monkeypatch.setenv(name, word)
        words = ()
    source = """
def test_it(mock_server):
    job = mock_server.create("qiniu", "slow")
    assert job.url.startswith("http://127.0.0.1:1/")
"""
    nested.run(source, *words).assert_outcomes(passed=1)


def test_an_option_names_another_server_than_the_variables(
    nested: Nested, shared: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOCK_SERVER_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("MOCK_SERVER_ADMIN_URL", "http://127.0.0.1:1")
    result = nested.run(
        "def test_it(mock_server): mock_server.create('qiniu', 'slow')", "--mock-server-url", shared.url
    )
    result.assert_outcomes(passed=1)


def test_a_server_of_a_tests_own_may_have_its_admin_api_elsewhere(nested: Nested) -> None:
    source = """
@pytest.mark.mock_server(admin_port=0)
def test_it(mock_server):
    job = mock_server.create("qiniu", "instant")
    assert poll(job.url) == 0
    assert mock_server.client.url != mock_server.url
"""
    nested.run(source).assert_outcomes(passed=1)


def test_a_shared_server_that_cannot_be_one_is_told(nested: Nested) -> None:
    result = nested.run("def test_it(mock_server): pass", "--mock-server-url", "localhost:8080")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*for example http://127.0.0.1:8080*"])


def test_a_token_opens_a_shared_server(nested: Nested, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Settings(admin_token="s3cret")) as server:
        words = ("--mock-server-url", server.url, "--mock-server-token", "s3cret")
        nested.run("def test_it(mock_server): mock_server.create('qiniu', 'slow')", *words).assert_outcomes(passed=1)
        monkeypatch.setenv("MOCK_SERVER_ADMIN_TOKEN", "s3cret")
        nested.again(*words[:2]).assert_outcomes(passed=1)


def test_the_address_of_the_server_is_there_for_the_whole_session(nested: Nested) -> None:
    nested.run("""
@pytest.fixture(scope="session")
def configuration(mock_server_url, mock_server_host):
    return {"url": mock_server_url, "host": mock_server_host}

def test_it(configuration, mock_server):
    assert configuration == {"url": mock_server.url, "host": mock_server.host}
    assert mock_server.url == f"http://{mock_server.host}"
    job = mock_server.create("qiniu", "happy-path")
    assert job.host == mock_server.host
    assert poll(job.url) == 1
""").assert_outcomes(passed=1)


def test_the_address_of_a_shared_server_is_there_too(nested: Nested, shared: LiveServer) -> None:
    source = f"def test_it(mock_server_url, mock_server_host): assert mock_server_host == {shared.host!r}"
    nested.run(source, "--mock-server-url", f"{shared.url}/").assert_outcomes(passed=1)


SUBMIT = """
def submit(server, key):
    body = f"bucket=b&key={key}&fops=x".encode()
    with urllib.request.urlopen(f"{server.url}/pfop", body, timeout=30) as response:
        return json.load(response)["persistentId"]
"""


def test_a_key_of_the_tests_own_plays_a_scenario_and_the_job_has_a_handle(nested: Nested) -> None:
    result = nested.run(
        SUBMIT
        + """
def test_it(mock_server):
    keys = [mock_server.key("fails-at-once") for _ in range(2)]
    assert len(set(keys)) == 2
    job = mock_server.handle("qiniu", submit(mock_server, f"in/{keys[1]}.mp4"))
    assert poll(job.url) == 3
    assert job.step == "failed"
    assert False, "shown"
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([".*shown", "task z0[.].*its last exchanges"])


def test_a_rule_is_put_back_when_the_test_ends(nested: Nested) -> None:
    result = nested.run(
        SUBMIT
        + """
def test_with(mock_server):
    mock_server.rule("fails-at-once", where={"key": "a*"})
    assert poll(mock_server.handle("qiniu", submit(mock_server, "a")).url) == 3

def test_without(mock_server):
    assert mock_server.client.rules() == ()
    assert poll(mock_server.handle("qiniu", submit(mock_server, "a")).url) == 1
"""
    )
    result.assert_outcomes(passed=2)


def test_on_a_shared_server_there_are_no_rules_of_a_test(nested: Nested, shared: LiveServer) -> None:
    result = nested.run("def test_it(mock_server):\n    mock_server.rule('slow')\n", f"--mock-server-url={shared.url}")
    result.stdout.fnmatch_lines(["*a rule would be for everybody's submits*"])


NOTIFIED = """
def submit(server, key, to="http://127.0.0.1:1/done"):
    body = f"bucket=b&key={key}&fops=x&notifyURL={to}".encode()
    with urllib.request.urlopen(f"{server.url}/pfop", body, timeout=30) as response:
        return json.load(response)["persistentId"]
"""


def test_what_a_test_submitted_notifies_nobody_in_the_next(nested: Nested) -> None:
    result = nested.run(
        NOTIFIED
        + """
@pytest.fixture(scope="module")
def lasting(mock_server_url):
    return poll(mock_server_url + "/status/get/prefop?id=slow.lasting")

@pytest.mark.parametrize("number", [1, 2, 3])
def test_it(lasting, mock_server, number):
    assert [task.id for task in mock_server.client.tasks()] == ["slow.lasting"]
    mock_server.clock.freeze()
    mock_server.clock.advance("1h")
    assert mock_server.notifications() == mock_server.client.owed() == ()
    with pytest.raises(AssertionError, match="0"):
        mock_server.wait_told(timeout=0)
    submit(mock_server, mock_server.key("instant"))
    poll(mock_server.url + "/status/get/prefop?id=slow.polled")
    (attempt,) = mock_server.wait_told()
    assert attempt.outcome == "again"
"""
    )
    result.assert_outcomes(passed=3)


def test_a_handle_looks_at_what_came_since_its_test_began(nested: Nested) -> None:
    result = nested.run(
        """
@pytest.mark.parametrize("number", [1, 2])
def test_it(mock_server, number):
    job = mock_server.create("qiniu", "instant", "given", notify_url="http://127.0.0.1:1/done")
    mock_server.clock.freeze()
    (attempt,) = job.wait_told()
    assert job.notifications() == (attempt,)
    poll(job.url)
    assert job.verify(count=1) == job.wait() == job.requests()
"""
    )
    result.assert_outcomes(passed=2)


def test_on_a_shared_server_a_test_sees_and_drops_what_it_submitted_and_no_more(
    nested: Nested, shared: LiveServer
) -> None:
    others = Client(shared.url)
    others.create("qiniu", "instant", "somebody's", notify_url="http://127.0.0.1:1/done")
    others.create("qiniu", "slow", "lasting")
    source = (
        NOTIFIED
        + """
@pytest.mark.parametrize("number", [1, 2])
def test_it(mock_server, number):
    poll(mock_server.handle("qiniu", "lasting").url)
    mock_server.client.notify("qiniu", "somebody's")
    mock_server.client.wait_told(id="somebody's")
    assert mock_server.notifications() == ()
    silent = "and there are 0: qiniu lasting will not notify: it was made by a poll or by hand, without an address"
    with pytest.raises(AssertionError, match=f"about this test's tasks, {silent}"):
        mock_server.wait_told(timeout=0)
    by_key = submit(mock_server, mock_server.key("instant"))
    assert {each.id for each in mock_server.wait_told()} == {by_key}
    handled = mock_server.handle("qiniu", submit(mock_server, "any"))
    handled.finish()
    handled.wait_told()
    assert {each.id for each in mock_server.wait_told(2)} == {each.id for each in mock_server.notifications()}
    assert {each.id for each in mock_server.notifications()} == {by_key, handled.id}
"""
    )
    nested.run(source, "--mock-server-url", shared.url).assert_outcomes(passed=2)
    assert {task.id for task in others.tasks()} == {"somebody's", "lasting"}
