"""A short run of the fuzzer that writes requests by the grammar; `make fuzz` has the long one."""

from __future__ import annotations

import random

import pytest

from mock_server.settings import Settings
from tests.support import fuzz_grammar
from tests.support.framing import read
from tests.support.fuzz_grammar import fuzz, judge_readings, judge_responses
from tests.support.live import serving


@pytest.mark.parametrize("fast_path", [True, False])
def test_requests_mean_the_same_whole_cut_and_among_others_and_to_both_servers(fast_path: bool) -> None:
    counts = fuzz(1_500, seed=1, fast_path=fast_path)
    assert {200, 400, 404, 405} <= counts.keys()


def test_the_fuzzer_sees_a_request_that_means_something_else_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_grammar, "read", lambda pieces: read(pieces) if len(pieces) == 1 else read(pieces[:-1]))
    chance = random.Random(1)
    with pytest.raises(AssertionError, match="together"):
        judge_readings(chance, 100)


def test_the_fuzzer_sees_servers_that_disagree() -> None:
    chance = random.Random(1)
    with (
        serving(Settings(no_reload=True)) as one,
        serving(Settings(no_reload=True, no_builtin=True)) as other,
        pytest.raises(AssertionError, match="wire: "),
    ):
        judge_responses(chance, 100, one, other)
