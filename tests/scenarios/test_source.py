"""YAML as scenario files know it: which words are which values, where they stand, and what is refused."""

from __future__ import annotations

import gc
import json
import re
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mock_server.errors import InvalidInput
from mock_server.scenarios import source
from mock_server.scenarios.source import read
from mock_server.types import Json


def value(text: str) -> Json:
    """The plain value of a text."""
    return read(text, "x.yaml").value


def refusals(text: str | bytes) -> list[str]:
    """Every problem of a text that is not YAML as we know it."""
    with pytest.raises(InvalidInput) as caught:
        read(text, "x.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("0.25", 0.25),
        ("1e3", 1000.0),
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("02:00", "02:00"),
        ("2024-01-02", "2024-01-02"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("7..9", "7..9"),
        ("100..", "100.."),
        ("3s", "3s"),
        ("'12'", "12"),
        ('"true"', "true"),
    ],
)
def test_only_the_words_of_yaml_1_2_are_more_than_text(written: str, meant: Json) -> None:
    found = value(f"a: {written}")["a"]
    assert found == meant
    assert type(found) is type(meant)


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert value("<<: {a: 1}") == {"<<": {"a": 1}}


def test_an_alias_says_again_what_was_anchored() -> None:
    assert value("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


def test_every_part_knows_its_line_and_column() -> None:
    found = read("a:\n  - b: 1\n    'c':  two\n", "x.yaml")
    assert found.at(("a", 0, "b")) == "x.yaml:2:8"
    assert found.at(("a", 0, "c")) == "x.yaml:3:11"
    assert found.at(("a", 0, "c"), key=True) == "x.yaml:3:5"


def test_what_is_absent_is_placed_at_what_should_hold_it() -> None:
    found = read("a:\n  - b: 1\n", "x.yaml")
    assert found.at(("a", 0, "z", "y")) == found.at(("a", 0)) == "x.yaml:2:5"


def test_a_byte_order_mark_and_other_line_ends_do_no_harm() -> None:
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "x.yaml").value == {"a": 1, "b": 2}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "x.yaml:1:1: the file is empty"),
        ("# only words\n", "x.yaml:2:1: the file is empty"),
        ("a: [1, 2", 'x.yaml:1:4: the "[" that opens here is not closed: line 1, column 9 has no "," or "]" (close it'),
        ("a: [{b: 1]\nc: d", 'x.yaml:1:5: the "{" that opens here is not closed: line 1, column 10 has no "," or'),
        ("a: [1]]", 'x.yaml:1:7: this "]" closes nothing'),
        ("a: }", 'x.yaml:1:4: this "}" closes nothing'),
        ("a: [1,, 2]", "x.yaml:1:7: there is nothing before this comma"),
        (
            "a: b: c",
            "x.yaml:1:5: a colon with a blank behind it, within text, makes the text before it look like a key",
        ),
        ("a: [{b: c: d}]", "x.yaml:1:10: a colon with a blank behind it, within text"),
        ("a:b\nc: d", "x.yaml:2:2: a key cannot stand here"),
        ("a: b\n  c: d", "x.yaml:2:4: a key cannot stand here"),
        ("a: 'b\nc: d\n", "x.yaml:1:4: the quote ' that opens here is never closed (close it; within '…' a quote is"),
        ('a: x\nb: ["c]\n\n', 'x.yaml:2:5: the quote " that opens here is never closed (close it; within "…" it is'),
        ("a: it's\nb: 'c", "x.yaml:2:4: the quote ' that opens here is never closed"),
        ('a: "b" c', "x.yaml:1:8: there is text behind the closing quote (put all of the text in quotes)"),
        ('a: "\\q"', "x.yaml:1:5: this escape is not known within double quotes"),
        ("a: @b", 'x.yaml:1:4: text cannot begin with "@" (put the text in quotes)'),
        ("a: `b`", 'x.yaml:1:4: text cannot begin with "`" (put the text in quotes)'),
        ("a: %b", 'x.yaml:1:4: text cannot begin with "%" (put the text in quotes)'),
        ("%b\n---\na: 1", "x.yaml:1:1: a line that begins with % is an instruction to the parser (remove it)"),
        ("a: & b", "x.yaml:1:4: text that begins with & or * is the name of a part of the file (put the text in"),
        ("a: - b", "x.yaml:1:4: a list cannot begin behind its key"),
        ("a: ? b", 'x.yaml:1:4: "? " begins a key, and none can stand here'),
        ("a: |b\n c", "x.yaml:1:5: the text of a | or > begins in the next line"),
        ("a: 1\n\ufeffb: 2", "x.yaml:2:2: a byte order mark can only be the first character of a file"),
        ("- a\n b: c\n- d", "x.yaml:2:3: a key cannot stand here"),
        ("a:\n  - b: 1\n   c: 2", "x.yaml:3:4: this line is indented like none above it"),
        ("  a: 1\nb: 2", "x.yaml:2:1: the scenario ended before this line"),
        ("a: 1\r\nb: 'c\r\n", "x.yaml:2:4: the quote ' that opens here is never closed"),
        ("a: {b: 1}\n d: 3", "x.yaml:2:2: this line is indented like none above it"),
        ("a:\n  -\t{b: 1}", "x.yaml:2:4: a tab cannot indent here (use spaces)"),
        ("a:\n\tb: 1", "x.yaml:2:1: a tab cannot indent here (use spaces)"),
        ("a: 1\na: 2", 'x.yaml:2:1: the key "a" was given before, in line 1 (keep one of them)'),
        ("1: a", "x.yaml:1:1: a key must be text, found 1 (put it in quotes)"),
        ("true: a", "x.yaml:1:1: a key must be text, found true"),
        ("[a, b]: c", "x.yaml:1:1: a key must be text, found a list"),
        ("a: !!python/object:os.system x", "x.yaml:1:4: the tag tag:yaml.org,2002:python/object:os.system is not"),
        ("a: !x 1", "x.yaml:1:4: the tag !x is not allowed"),
        ("a: *b", "x.yaml:1:4: the alias *b names nothing that was anchored before"),
        ("a: &a [*a]", "x.yaml:1:8: the alias *a stands inside what it names"),
        (BOMB, "x.yaml:5:12: more than 20000 values, aliases written out"),
        ("[" * 900, "x.yaml:1:21: nested more than 20 deep"),
        ("- " * 100_000, "x.yaml:1:41: nested more than 20 deep"),
        ("a: &a [[[[[[[[[[x]]]]]]]]]]\nb: [[[[[[[[[[[*a]]]]]]]]]]]", "x.yaml:2:15: nested more than 20 deep"),
        ("a: 1\n---\nb: 2", "x.yaml:2:1: a second document starts here (one file holds one scenario"),
        ("a: b\0c", "x.yaml:1:5: the character U+0000 is not allowed in YAML"),
        ("a: 1\nb: \x1b[0m", "x.yaml:2:4: the character U+001B is not allowed in YAML"),
        ("a: \ud800", "x.yaml:1:4: the character U+D800 is not allowed in YAML"),
        (b"a: 1\nb: \xff", "x.yaml:2:4: not UTF-8 (save the file as UTF-8)"),
        (b"a: " + b"x" * source.LARGEST, "x.yaml: larger than 256 KiB"),
        ("a: 12345678901234567890", "x.yaml:1:4: the number 12345678901234567890 is too long (if it is text, put it"),
        ("a: 1e999", "x.yaml:1:4: the number 1e999 is too long"),
        ("a: " + "9" * 10_000, "x.yaml:1:4: the number 9999"),
    ],
)
def test_what_is_not_our_yaml_is_refused_at_its_line_and_column(text: str | bytes, refusal: str) -> None:
    assert any(line.startswith(refusal) for line in refusals(text)), refusals(text)


def test_what_is_too_deep_for_the_parser_itself_is_refused_in_the_same_words() -> None:
    """Its own bound came with a later version, and it reads ahead: where it stops is not where we would."""
    (refusal,) = refusals("[" * 100_000)
    assert re.fullmatch(r"x\.yaml:1:\d+: nested more than 20 deep", refusal)


def test_slips_that_allow_reading_on_are_reported_together() -> None:
    assert [line.split(":")[1] for line in refusals("a: 1\na: 2\n3: c\nd: !t x\n")] == ["2", "3", "4"]


def test_the_parser_in_python_refuses_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_FAST", yaml.SafeLoader)
    assert value("a: &x [1, 7..9]\nb: *x") == {"a": [1, "7..9"], "b": [1, "7..9"]}
    assert refusals('a: "\\ud800"') == [
        "x.yaml:1:4: half of a surrogate pair is no character (write the character itself)"
    ]
    assert refusals("[" * 1000) == ["x.yaml:1:21: nested more than 20 deep"]
    assert refusals("a:\n\tb: 1") == ["x.yaml:2:1: a tab cannot indent here (use spaces)"]
    assert refusals("a: 1\na: 2")[0].startswith("x.yaml:2:1: ")


@given(st.text(alphabet="ab01:-[]{}&*!|>'\"#,. \t\n?%@`~\\é\u2028", max_size=80) | st.binary(max_size=40))
def test_no_text_does_worse_than_being_refused(text: str | bytes) -> None:
    try:
        read(text, "x.yaml")
    except InvalidInput as error:
        found = error.problems
    else:
        found = ()
    assert all(problem.where.startswith("x.yaml") and problem.what for problem in found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(alphabet="ab:- #é\n", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="ab1~", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_what_is_written_as_json_is_read_as_it_was(meant: Json) -> None:
    assert value(json.dumps(meant, ensure_ascii=False)) == meant


@pytest.mark.parametrize(
    "text", ["steps: [1, 2]\n", "steps: [\n", "steps: !x 1\n"], ids=["right", "cut short", "tagged"]
)
def test_a_text_that_was_read_is_let_go_without_a_collection(text: str) -> None:
    def parsers() -> int:
        return sum(type(each).__name__ in ("_Reader", source._FAST.__name__) for each in gc.get_objects())

    gc.collect()
    before, was_on = parsers(), gc.isenabled()
    gc.disable()
    try:
        for _ in range(5):
            with suppress(InvalidInput):
                read(text, "x.yaml")
        assert parsers() == before
    finally:
        if was_on:
            gc.enable()
