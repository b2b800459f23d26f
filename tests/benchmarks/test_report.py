"""The benchmarks report what they found; how fast anything is, is for people to judge. `make bench-smoke` runs them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import chart, report, servers
from benchmarks.__main__ import measure
from benchmarks.parts import Plan, Row
from benchmarks.sample import Sample
from benchmarks.servers import OURS


def row(part: str, subject: str, what: str, *values: float) -> Row:
    """One figure, made up."""
    return Row(part, subject, what, "/s", values)


MADE_UP = report.Run(
    {"load": "made up", "rounds": "3 of 1 s", "processors": "2", "python": "3"},
    (
        row("one-id", OURS, "responses", 90.0, 100.0, 110.0),
        row("one-id", "slow peer", "responses", 10.0, 12.5, 20.0),
        row("one-id", report.FLOOR, "responses", 400.0),
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


def test_targets_are_judged_by_medians_against_the_fastest_peer() -> None:
    judged = {target.what: (target.found, target.met) for target in report.targets(MADE_UP)}
    assert judged["one id, relative to the fastest peer"] == ("8.00", True)
    assert judged["one id, relative to nginx with the body as a static file"] == ("0.25", False)
    assert judged["throughput while connections hang, relative to none hanging"] == ("0.79", False)
    assert judged["startup time, relative to the fastest peer"] == (None, None)


def test_the_page_and_the_picture_show_what_was_found_and_no_more() -> None:
    page, picture = report.page(MADE_UP), chart.svg(MADE_UP)
    assert "| mock-server | 100 (90 to 110) |" in page
    assert "Ten thousand tasks" not in page + picture
    assert len(ElementTree.fromstring(picture).findall(".//{*}rect")) == 3
    assert report.from_json(report.to_json(MADE_UP)) == MADE_UP
