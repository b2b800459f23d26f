"""JSON as it goes out: the same bytes whichever encoder writes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.http.json import json_bytes, quick_json_bytes
from mock_server.types import Json

# Numbers of more than 64 bits and halves of surrogate pairs are what the quick encoder cannot write itself.
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_both_encoders_write_the_same_bytes(value: Json) -> None:
    assert quick_json_bytes(value) == json_bytes(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"b":1,"a":[true,null]}'),
        ("任务 🎧 \x7f \u2028", '"任务 🎧 \x7f \u2028"'),
        ('"\\\n\x00', '"\\"\\\\\\n\\u0000"'),
        ("\ud800", '"?"'),
        (2**64, "18446744073709551616"),
    ],
)
def test_keys_keep_their_order_and_only_what_must_be_is_escaped(value: Json, text: str) -> None:
    assert json_bytes(value).decode() == quick_json_bytes(value).decode() == text


def test_a_fraction_is_written_as_python_does() -> None:
    assert json_bytes({"a": 1e-7}) == json.dumps({"a": 1e-7}, separators=(",", ":")).encode() == b'{"a":1e-07}'


def test_without_the_quick_encoder_the_same_is_written(root: Path) -> None:
    program = (
        "import sys; sys.modules['orjson'] = None\n"
        "from mock_server.http.json import json_bytes, quick_json_bytes\n"
        "assert quick_json_bytes is json_bytes\n"
        "print(quick_json_bytes({'a': 'é'}).decode())"
    )
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", program], cwd=root, capture_output=True, check=True)
    assert done.stdout.decode().strip() == '{"a":"é"}'


FRACTIONS = """
about: Fractions, below and in place of a vendor's fields, and a size that is one in form.
vendors: [wangsu]
items: [{key: a.mp4}]
steps:
  - {state: processing, polls: 1}
  - {state: succeeded, polls: 1, off_contract: true, with: {wangsu: {extra: 1.0e-7, items.*.more: [0.00001, 0.5]}}}
  - {state: succeeded, off_contract: true, with: {wangsu: {items.*.fsize: 1.0e+16}}}
"""


def test_fractions_are_written_alike_with_and_without_the_quick_encoder(tmp_path: Path, root: Path) -> None:
    """Written in a scenario, they are the only ones in a body; the encoders spell some of them differently."""
    (tmp_path / "fractions.yaml").write_text(FRACTIONS, "utf-8")
    play = (
        f"cli(['play', 'fractions', '--full', '--vendor', 'wangsu', '--no-builtin', '--scenarios', {str(tmp_path)!r}])"
    )
    program = f"from mock_server.cli import cli\n{play}"
    with_it, without = (
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", f"{first}\n{program}"], cwd=root, capture_output=True, check=True
        ).stdout.decode()
        for first in ("import orjson", "import sys; sys.modules['orjson'] = None")
    )
    assert with_it == without
    assert '"more":[1e-05,0.5]' in without
    assert '"extra":1e-07' in without
    assert '"fsize":1e+16' in without
