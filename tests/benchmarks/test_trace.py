"""The trace of a poll follows it from the bytes of the request to those of the response, and always finds the same."""

from __future__ import annotations

import pytest

from benchmarks import trace
from benchmarks.trace import Call, Trace


def test_a_poll_is_traced_from_bytes_in_to_bytes_out_and_alike_each_time() -> None:
    found = trace.traces()
    assert [each.subject for each in found] == [each.subject for each in trace.traces()]
    for each, again in zip(found, trace.traces(), strict=True):
        assert each.calls == again.calls
        assert each.calls[0] == Call(0, "server/wire/connection.py", "Connection.data_received")
        assert [call for call in each.calls if call.depth == 0] == [each.calls[0]]
        assert Call(each.calls[-1].depth, "server/wire/connection.py", "Connection.done") == each.calls[-1]
        assert any(call.file.startswith("emulator/") for call in each.calls)
        assert any(call.file.startswith("vendors/") for call in each.calls)


def test_a_body_that_is_cached_takes_fewer_calls() -> None:
    first, second, standing = trace.traces()
    assert len(first.calls) > len(second.calls) > len(standing.calls)


def test_calls_changes_and_files_are_counted() -> None:
    calls = tuple(Call(0, file, "f") for file in ("a.py", "a.py", "b.py", "a.py", "c.py"))
    assert (Trace("any", calls).changes, Trace("any", calls).files) == (3, 3)
    assert Trace("any", calls).within()
    assert not Trace("any", calls * 13).within()


def test_the_report_lists_every_call_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    trace.main(["--verbose"])
    verbose = capsys.readouterr().out
    trace.main([])
    short = capsys.readouterr().out
    assert verbose.endswith(short)
    assert "  Connection.data_received  (server/wire/connection.py)\n" in verbose
    assert "data_received" not in short
