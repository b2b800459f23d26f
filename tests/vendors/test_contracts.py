"""What a contract promises its callers: one verdict whatever validates, and a breach that a stranger understands."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.errors import InvalidInput
from mock_server.schema.validator import Validator
from mock_server.vendors.contracts import Contracts
from tests.support.contract_rows import CASES, CREATED, body, contract, qiniu_item, wangsu_item

Json = Any
ROOT = Path(__file__).resolve().parents[2] / "schemas"
QUICK, REFERENCE = Contracts(ROOT), Contracts(ROOT, reference=True)

ATOMS = st.one_of(
    st.sampled_from(
        ["", "0", "3", "18", "7", "3\n", "VOD.1", "VOD.1\n", "٣", CREATED, CREATED + "\n", "deletePrefix/b"]
    ),
    st.sampled_from([0, 1, 3, 18, 3.0, -0.0, 1.5, -1, 2**64, 1e300, True, False, None]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.recursive(
    ATOMS, lambda some: st.lists(some, max_size=2) | st.dictionaries(st.text(max_size=3), some, max_size=2)
)
CODES = st.integers(0, 21)


def places(value: Json) -> Iterator[tuple[Json, Json]]:
    """Every container of a body with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, Json]:
    """A body that fits, then a few fields dropped, retyped, added or recoded."""
    vendor, profile = draw(st.sampled_from(CASES))
    value = copy.deepcopy(body(vendor, profile))
    for _ in range(draw(st.integers(0, 3))):
        place, key = draw(st.sampled_from(list(places(value)) or [({}, "")]))
        change = draw(st.sampled_from(["drop", "retype", "add", "recode", "code"]))
        if change == "retype" or (change == "drop" and isinstance(place, list)):
            place[key] = draw(VALUES)
        elif change == "drop":
            place.pop(key, None)
        elif change == "add" and isinstance(place, dict):
            place[draw(st.text(max_size=3) | st.sampled_from(["key", "keys", "type", "decompresslist"]))] = draw(VALUES)
        elif change == "recode" and isinstance(place, dict) and "code" in place:
            place["code"] = draw(CODES | CODES.map(str) | CODES.map(float))
        elif "items" in value and value["items"] and vendor != "huawei":
            value["items"] = [(qiniu_item if vendor == "qiniu" else wangsu_item)(draw(CODES), profile)]
    return vendor, profile, value


@given(bodies())
def test_both_validators_give_the_same_verdict_but_for_whole_floats(case: tuple[str, str, Json]) -> None:
    vendor, profile, value = case
    reference = contract(REFERENCE, vendor, profile)
    quick = jsonschema_rs.Draft202012Validator(dict(reference.schema))
    assert quick.is_valid(value) == (reference.check(whole(value)) is None)


def whole(value: Json) -> Json:
    """The value with every `2.0` as `2`, which is how JSON Schema reads it."""
    if isinstance(value, dict):
        return {key: whole(kept) for key, kept in value.items()}
    if isinstance(value, list):
        return [whole(kept) for kept in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def integers(value: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a body has whole numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield at
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from integers(value[key], (*at, key))


WHOLE = [(vendor, profile, at) for vendor, profile in CASES for at in integers(body(vendor, profile))]


@pytest.mark.parametrize(("vendor", "profile", "at"), WHOLE)
@pytest.mark.parametrize("contracts", [QUICK, REFERENCE], ids=["quick", "reference"])
def test_a_number_with_a_fraction_part_is_no_integer(
    contracts: Contracts, vendor: str, profile: str, at: tuple[str | int, ...]
) -> None:
    value = copy.deepcopy(body(vendor, profile))
    place: Json = value
    for key in at[:-1]:
        place = place[key]
    number = place[at[-1]] = float(place[at[-1]])
    breach = contract(contracts, vendor, profile).check(value)
    assert breach is not None
    assert (breach.rule, f"found the number {number}" in breach.message) == ("type", True)


def test_where_any_number_may_stand_a_fraction_part_is_no_breach() -> None:
    item = {"cmd": "avinfo", "code": 0, "desc": "done", "result": {"duration": 2.0, "rates": [1.5]}, "returnOld": 0}
    for contracts in (QUICK, REFERENCE):
        assert contracts.status("qiniu", "live").check({**body("qiniu", "live"), "items": [item]}) is None


@given(st.integers(-(10**6), 10**6).map(float), st.sampled_from(["integer", ["integer", "string"]]))
def test_no_schema_takes_a_whole_float_for_an_integer(number: float, type: Json) -> None:
    for reference in (False, True):
        validator = Validator({"properties": {"n": {"type": type}}}, reference=reference)
        assert validator.check({"n": number}) is not None
        assert [found.path for found in validator.findings({"n": number})] == [("n",)]
        assert validator.check({"n": int(number)}) is None
        assert validator.check({"other": number}) is None


@given(bodies())
def test_a_breach_is_the_same_whatever_validates(case: tuple[str, str, Json]) -> None:
    vendor, profile, value = case
    breach = contract(QUICK, vendor, profile).check(value)
    assert breach == contract(REFERENCE, vendor, profile).check(value)
    assert breach is None or (breach.path.startswith("$") and breach.rule and breach.message)


@given(bodies())
def test_a_verdict_does_not_depend_on_the_order_of_keys(case: tuple[str, str, Json]) -> None:
    vendor, profile, value = case
    turned = json.loads(json.dumps(value), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert contract(QUICK, vendor, profile).check(turned) == contract(QUICK, vendor, profile).check(value)


BREACHES = [
    ("qiniu", {"code": "0"}, "$.code", "type", 'expected an integer, found the string "0"'),
    ("qiniu", {"code": True}, "$.code", "type", "expected an integer, found the boolean true"),
    ("qiniu", {"code": 5}, "$.code", "enum", "expected one of 0, 1, 2, 3, 4, found 5"),
    ("qiniu", {"id": ""}, "$.id", "minLength", "must not be empty"),
    ("qiniu", {"items": []}, "$.items", "minItems", "expected at least 1 of them, found 0"),
    ("qiniu", {"itmes": []}, "$.itmes", "additionalProperties", 'no such field in the contract, did you mean "items"?'),
    ("qiniu", {"creationDate": "2024-08-27"}, "$.creationDate", "minLength", "expected a moment like 2024-"),
    ("qiniu", {"items": [{**qiniu_item(0), "hash": ""}]}, "$.items[0].hash", "minLength", "must not be empty: only an"),
    ("qiniu", {"items": [qiniu_item(0), {**qiniu_item(1), "key": "a"}]}, "$.items[1].key", "const", "(code 0) has a"),
    ("wangsu", {"items": [wangsu_item(3, fsize=-1)]}, "$.items[0].fsize", "minimum", "expected 0 or more, found -1"),
    ("wangsu", {"items": [wangsu_item(3, fsize="12")]}, "$.items[0].fsize", "maxLength", 'expected "", found "12"'),
    ("wangsu", {"items": [{**wangsu_item(3), "code": "3x"}]}, "$.items[0].code", "not", 'expected digits, found "3x"'),
    (
        "huawei",
        {"preheating_results": [{"url": "http://a"}]},
        "$.preheating_results[0].status",
        "required",
        "is missing",
    ),
]


@pytest.mark.parametrize(("vendor", "change", "path", "rule", "message"), BREACHES)
@pytest.mark.parametrize("contracts", [QUICK, REFERENCE], ids=["quick", "reference"])
def test_a_breach_names_the_place_and_the_rule_and_says_what_was_expected(
    contracts: Contracts, vendor: str, change: Json, path: str, rule: str, message: str
) -> None:
    breach = contracts.status(vendor, "sdk").check({**body(vendor, "sdk"), **change})
    assert breach is not None
    assert (breach.path, breach.rule) == (path, rule)
    assert message in breach.message


def test_a_field_that_must_be_absent_is_called_forbidden() -> None:
    item = {**qiniu_item(2, "live"), "hash": "FrPN"}
    breach = QUICK.status("qiniu", "live").check({**body("qiniu", "live"), "items": [item]})
    assert breach is not None
    assert (breach.path, breach.rule) == ("$.items[0].hash", "forbidden")


def test_a_wrong_code_is_named_before_what_follows_from_it() -> None:
    breach = QUICK.status("qiniu", "sdk").check({**body("qiniu", "sdk"), "items": [{**qiniu_item(0), "code": 9}]})
    assert breach is not None
    assert breach.path == "$.items[0].code"


def test_a_long_value_is_cut_in_the_message() -> None:
    breach = QUICK.error("huawei").check({"error_code": "x" * 10_000, "error_msg": "no"})
    assert breach is not None
    assert len(breach.message) < 200


@pytest.mark.parametrize("surplus", [{1: 2}, {"\ud800": 2}])
def test_a_body_that_the_quick_validator_cannot_read_is_judged_all_the_same(surplus: Json) -> None:
    breach = QUICK.error("qiniu").check({**body("qiniu", "error"), **surplus})
    assert breach is not None
    assert breach.rule == "additionalProperties"


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_contracts_work_without_the_quick_validator(vendor: str, profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    judge = contract(Contracts(ROOT), vendor, profile)
    assert judge.check(body(vendor, profile)) is None
    assert judge.check({}) is not None


def test_a_body_that_fits_needs_no_reference_validator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    assert Contracts(ROOT).status("wangsu", "sdk").check(body("wangsu", "sdk")) is None


def test_a_contract_is_compiled_once() -> None:
    assert QUICK.status("qiniu", "live") is QUICK.status("qiniu", "live")


def test_the_shipped_schemas_are_found_by_default() -> None:
    assert Contracts().vendors() == QUICK.vendors() == ("huawei", "qiniu", "wangsu")


@pytest.mark.parametrize(
    ("vendor", "profile", "message"),
    [
        ("qinu", "sdk", "vendor: no contract for a vendor 'qinu' (did you mean \"qiniu\"?)"),
        ("../qiniu", "sdk", "no contract for a vendor '../qiniu'"),
        ("qiniu", "skd", "profile: no profile 'skd' for the vendor 'qiniu' (did you mean \"sdk\"?)"),
        ("qiniu", "../error", "no profile '../error'"),
    ],
)
def test_an_unknown_vendor_or_profile_is_an_error_that_names_the_known_ones(
    vendor: str, profile: str, message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        QUICK.status(vendor, profile)
    assert message in str(caught.value)


def test_a_made_up_vendor_needs_nothing_but_its_folder(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "status.sdk.schema.json").write_text('{"type": "object", "required": ["state"]}')
    contracts = Contracts(tmp_path)
    assert contracts.status("acme", "sdk").check({"state": 1}) is None
    with pytest.raises(InvalidInput, match=r"no contract for its errors \(add error\.schema\.json\)"):
        contracts.error("acme")


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON: "), ("[]", "expected a JSON Schema, an object")])
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "acme" / "error.schema.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        Contracts(tmp_path).error("acme")
    assert str(caught.value).startswith(f"{path}: {message}")
