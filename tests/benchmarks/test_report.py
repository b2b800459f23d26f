"""The benchmarks report what they found; how fast anything is, is for people to judge. `make bench-smoke` runs them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import chart, interpreter, page, report, servers
from benchmarks.__main__ import measure
from benchmarks.plan import FIRST, HEALTHY, SHIPPED, Plan, Row
from benchmarks.sample import Sample
from benchmarks.servers import FLOOR, OURS
from benchmarks.suite import COMPARED_SUITES


def row(part: str, subject: str, what: str, *values: float) -> Row:
    """One figure, made up."""
    return Row(part, subject, what, "/s", values)


MADE_UP = report.Run(
    {"load": "made up", "rounds": "3 of 1 s", "processors": "2", "python": "3"},
    (
        row("one-id", OURS, "responses", 90.0, 100.0, 110.0),
        row("one-id", "slow peer", "responses", 10.0, 12.5, 20.0),
        row("one-id", FLOOR, "responses", 400.0),
        row("hanging", "nobody hangs", "responses", 100.0),
        row("hanging", "many hang", "responses", 79.0),
    ),
)


def test_a_missing_peer_is_named_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_BIN", tmp_path)
    told: list[str] = []
    plan = Plan(Sample("/", "id", "", ()), (), told.append)
    assert measure(plan, ["one-id"], told.append).rows == ()
    assert [line for line in told if line.startswith("mountebank is not installed: skipped")]


@pytest.mark.parametrize(
    ("path", "arguments", "debian", "optimised"),
    [
        ("/opt/python/bin/python3", "'--enable-shared' '--enable-optimizations'", False, True),
        ("/opt/python/bin/python3", "'--enable-shared'", True, False),
        ("/usr/bin/env", "'--enable-shared'", True, True),
        ("/usr/bin/env", "'--enable-shared'", False, False),
    ],
)
def test_a_python_without_profile_guided_optimisation_is_told_apart(
    path: str, arguments: str, debian: bool, optimised: bool
) -> None:
    found = interpreter.described(path, "3.11.2", arguments, debian=debian)
    assert found.optimised is optimised
    assert ("without" in str(found)) is not optimised


def test_the_page_says_which_python_it_was_and_warns_of_a_slow_one() -> None:
    about = {**MADE_UP.about, "python": "CPython 3, built somehow", "optimised": "no", "commit": "abc", "date": "today"}
    shown = page.page(MADE_UP._replace(about=about))
    assert "Servers in Python ran on CPython 3, built somehow." in shown
    assert "about a fifth more time" in shown
    assert "Measured on today, at commit abc." in shown
    assert "a fifth more" not in page.page(MADE_UP._replace(about={**about, "optimised": "yes"}))


def test_a_suites_row_has_its_four_figures_and_is_judged_beside_its_peer() -> None:
    tests = [row("plugin", name, "a test", ms) for name, ms in zip(COMPARED_SUITES, (0.5, 1.5, 2.0), strict=True)]
    others = [
        row("plugin", COMPARED_SUITES[0], what, 0.25) for what in ("processor time of a test", "first test", "end")
    ]
    run = MADE_UP._replace(rows=(*tests, *others))
    assert f"| {COMPARED_SUITES[0]} | 0.50 ms | 0.25 ms | 0.25 ms | 0.25 ms |" in page.page(run)
    judged = {target.what: (target.found, target.met) for target in report.targets(run)}
    assert judged["the fixture in a test that does not use it, ms"] == ("0.50", True)
    assert judged["a test of three polls, relative to pytest-httpserver with three requests"] == ("0.75", True)


def test_a_peer_that_is_far_slower_is_compared_in_whole_numbers() -> None:
    peers = (row("one-id", "slow", "responses", 12.0), row("one-id", "slowest", "responses", 0.08))
    shown = page.page(MADE_UP._replace(rows=(*MADE_UP.rows, *peers)))
    assert "| 8.3 times as fast |" in shown
    assert "| 1,250 times as fast |" in shown


def test_targets_are_judged_by_medians_against_the_fastest_peer() -> None:
    judged = {target.what: (target.found, target.met) for target in report.targets(MADE_UP)}
    assert judged["one id, relative to the fastest peer"] == ("8.00", True)
    assert judged["one id, relative to nginx with the body as a static file"] == ("0.25", False)
    assert judged["throughput while connections hang, relative to none hanging"] == ("0.79", False)
    assert judged["startup time, relative to the fastest peer"] == (None, None)


def test_a_start_is_compared_by_its_first_response_and_judged_with_its_health_too() -> None:
    rows = (
        row("ready", OURS, FIRST, 120),
        row("ready", OURS, HEALTHY, 160),
        row("ready", OURS, SHIPPED, 90),
        row("ready", "peer", FIRST, 240),
    )
    judged = {target.what: (target.found, target.met) for target in report.targets(MADE_UP._replace(rows=rows))}
    assert judged["startup time, relative to the fastest peer"] == ("0.50", True)
    assert judged["startup time, ms"] == ("120", True)
    assert judged["startup time, with the admin API healthy, ms"] == ("160", False)


def test_the_page_and_the_picture_show_what_was_found_and_no_more() -> None:
    shown, picture = page.page(MADE_UP), chart.svg(MADE_UP)
    assert "| mock-server | 100 (90 to 110) |" in shown
    assert "Ten thousand tasks" not in shown + picture
    assert len(ElementTree.fromstring(picture).findall(".//{*}rect")) == 3
    assert report.from_json(report.to_json(MADE_UP)) == MADE_UP
