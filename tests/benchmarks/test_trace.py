"""The trace of a poll follows it from the bytes of the request to those of the response, and always finds the same."""

from __future__ import annotations

import pytest

from benchmarks import trace
from benchmarks.trace import Call, Trace


@pytest.fixture(scope="module")
def found() -> tuple[Trace, ...]:
    return trace.traces()


def test_a_poll_is_traced_from_bytes_in_to_bytes_out_and_alike_each_time(found: tuple[Trace, ...]) -> None:
    assert [each.subject for each in found] == list(trace.FIGURES)
    for each, again in zip(found, trace.traces(), strict=True):
        assert each.calls == again.calls
        assert each.calls[0] == Call(0, "server/wire/connection.py", "Connection.data_received")
        assert [call for call in each.calls if call.depth == 0] == [each.calls[0]]
        staged = each.calls[-1] == Call(each.calls[-1].depth, "server/wire/connection.py", "Connection.done")
        assert staged is each.subject.endswith(trace.STAGED)
        assert any(call.file.startswith("emulator/") for call in each.calls)


def test_no_poll_takes_a_tenth_more_calls_than_before(found: tuple[Trace, ...]) -> None:
    assert [each.subject for each in found if not each.within()] == [], trace.report(found)


def test_a_body_that_is_remembered_takes_fewer_calls(found: tuple[Trace, ...]) -> None:
    for first, second, standing in (found[:3], found[3:]):
        assert len(first.calls) > len(second.calls) > len(standing.calls)


def test_calls_changes_and_files_are_counted() -> None:
    calls = tuple(Call(0, file, "f") for file in ("a.py", "a.py", "b.py", "a.py", "c.py"))
    assert (Trace("any", calls).changes, Trace("any", calls).files) == (3, 3)


def test_a_tenth_more_is_too_much() -> None:
    most, changes = trace.FIGURES[trace.STANDING]
    call, other = Call(0, "a.py", "f"), Call(0, "b.py", "f")
    assert Trace(trace.STANDING, (call,) * most).within()
    assert not Trace(trace.STANDING, (call,) * (most + most // 10 + 1)).within()
    assert not Trace(trace.STANDING, (call, other) * changes).within()


def test_the_report_lists_every_call_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    trace.main(["--verbose"])
    verbose = capsys.readouterr().out
    trace.main([])
    short = capsys.readouterr().out
    assert verbose.endswith(short)
    assert "  Connection.data_received  (server/wire/connection.py)\n" in verbose
    assert "data_received" not in short
