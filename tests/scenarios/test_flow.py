"""Values in flow style are read as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.scenarios.flow import flow
from mock_server.scenarios.source import read
from mock_server.types import Json

VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(["yes", "No", "true", "null", "4s", "1:30", "a-b", "~", "0x1", "1_0", "a: b", "# c", "- d"])
    | st.integers(-(10**6), 10**6)
    | st.booleans()
    | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: Json) -> None:
    assert read(f"with: {flow(value)}\n", "made-up.yaml").value == {"with": value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"state": "waiting", "polls": 2}, "{state: waiting, polls: 2}"),
        (["4..5", 7], "[4..5, 7]"),
        ("no", '"no"'),
        ("250ms", "250ms"),
        ("四", '"四"'),
        ("a\nb", '"a\\u000ab"'),
        ('"', '"\\""'),
    ],
)
def test_it_reads_as_people_write_it(value: Json, text: str) -> None:
    assert flow(value) == text
