"""One golden response per vendor, state and profile: what leaves has not changed by accident."""

from __future__ import annotations

import pytest

from mock_server import paths
from tests.support.goldens import Golden, goldens

ALL = tuple(goldens())


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: "/".join(golden.path.parts[-4:]))
def test_a_response_is_its_golden_byte_for_byte(golden: Golden) -> None:
    assert golden.text == golden.path.read_bytes(), "if this is meant: make goldens, and read the difference"


def test_no_golden_is_left_of_a_response_that_is_gone() -> None:
    assert {golden.path for golden in ALL} == set(paths.data("fixtures").glob("*/goldens/*/*.http"))
