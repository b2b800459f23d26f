"""A short run of the fuzzer; `make fuzz` is the long one."""

from __future__ import annotations

import pytest

from tests.support.fuzz_wire import fuzz, judged


@pytest.mark.parametrize("fast_path", [True, False])
def test_spoiled_requests_do_no_harm(fast_path: bool) -> None:
    counts = fuzz(2_000, seed=1, fast_path=fast_path)
    assert {200, 400} <= counts.keys()


@pytest.mark.parametrize("heard", [b"HTTP/1.1 500 Oops\r\n\r\n", b"nonsense", b"HTTP/1.1 200 OK\r\n\r\nfuzz-2x"])
def test_the_fuzzer_sees_what_must_not_be(heard: bytes) -> None:
    with pytest.raises(AssertionError):
        judged(b"fuzz-1x", heard, 1)
