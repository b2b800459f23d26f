"""The schemas say what the documents say: held against a table that was read off the documents by hand."""

from __future__ import annotations

import copy
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mock_server.schema.validator import Validator
from mock_server.vendors.contracts import Contracts
from tests.support import contract_rows
from tests.support.contract_rows import (
    CASES,
    CREATED,
    EVERY,
    NOT_A_VIDEO,
    NOTICES,
    QINIU_HASH,
    ROWS,
    UNLISTED,
    WRONG,
    Row,
    body,
    huawei_item,
    prefix_deletion,
    qiniu_item,
    wangsu_item,
)

Json = Any
ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = Contracts(ROOT / "schemas")
PLACES = [(row, profile) for row in ROWS for profile in row.profiles]


def contract(vendor: str, profile: str) -> Validator:
    return contract_rows.contract(CONTRACTS, vendor, profile)


def parts(pointer: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in pointer.split("/")[1:]]


def parent(value: Json, pointer: str) -> tuple[Json, Json]:
    """The object a pointer's field is in, and the field."""
    *way, last = parts(pointer)
    for part in way:
        value = value[part]
    return value, last


def changed(vendor: str, profile: str, pointer: str, value: Json) -> Json:
    changed = copy.deepcopy(body(vendor, profile))
    place, field = parent(changed, pointer)
    place[field] = value
    return changed


def showing(row: Row, profile: str, value: Json) -> Json:
    """A body that shows a listed value and agrees with it elsewhere."""
    items = {"qiniu": qiniu_item, "wangsu": wangsu_item}
    if profile in NOTICES and row.vendor == "wangsu" and row.pointer == "/code":
        return wangsu_notice(profile, value)
    if profile in NOTICES and row.pointer == "/separate" and str(value) == "1":
        return wangsu_notice(profile, 2)
    if row.pointer == "/items/0/code":
        return changed(row.vendor, profile, "/items/0", items[row.vendor](value, profile))
    return changed(row.vendor, profile, row.pointer, value)


def wangsu_notice(profile: str, code: Json) -> Json:
    """A notification of one operation that has the code 1 or 2, of the whole task for any other."""
    separate = int(code in (1, 2))
    items = [wangsu_item(2, profile), wangsu_item(0 if code == 1 else 3, profile)]
    coded = {"code": code, "separate": separate if profile.endswith("live") else str(separate)}
    return {**body("wangsu", profile), **coded, "items": items}


def name(value: Json) -> str:
    if isinstance(value, Row):
        return f"{value.vendor}: {value.row}"
    return value if isinstance(value, str) else repr(value)


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_the_hand_written_bodies_fit(vendor: str, profile: str) -> None:
    assert contract(vendor, profile).check(body(vendor, profile)) is None


@pytest.mark.parametrize(("row", "profile"), PLACES, ids=name)
def test_a_body_without_a_required_field_is_refused(row: Row, profile: str) -> None:
    without = copy.deepcopy(body(row.vendor, profile))
    place, field = parent(without, row.pointer)
    place.pop(field, None)
    breach = contract(row.vendor, profile).check(without)
    assert (breach is not None and breach.rule == "required") == row.required


@pytest.mark.parametrize(("row", "profile"), PLACES, ids=name)
def test_a_retyped_field_is_refused_where_it_stands(row: Row, profile: str) -> None:
    for value in WRONG[row.type]:
        breach = contract(row.vendor, profile).check(changed(row.vendor, profile, row.pointer, value))
        assert breach is not None, value
        assert re.sub(r"\[(\d+)\]", r".\1", breach.path) == "$" + row.pointer.replace("/", ".")


@pytest.mark.parametrize(("row", "profile"), [place for place in PLACES if place[0].values], ids=name)
def test_exactly_the_listed_values_are_accepted(row: Row, profile: str) -> None:
    judge = contract(row.vendor, profile)
    assert [value for value in row.values if judge.check(showing(row, profile, value))] == []
    unlisted = [value for value in UNLISTED.get(row.type, ()) if value not in row.values]
    refused = [value for value in unlisted if judge.check(showing(row, profile, value))]
    assert refused == (unlisted if row.closed else [])


@pytest.mark.parametrize("profile", EVERY)
@pytest.mark.parametrize("code", [7, 21, 99, 1000])
def test_an_unlisted_wangsu_item_code_asks_nothing_of_the_rest(profile: str, code: int) -> None:
    none = None if profile == "live" else ""
    for fields in ({}, {"error": "other"}, {"error": none, "hash": "", "key": "", "url": "", "fsize": 0}):
        whole = changed("wangsu", profile, "/items/0", wangsu_item(code, profile, **fields))
        assert contract("wangsu", profile).check(whole) is None


@pytest.mark.parametrize(
    "fields", [{"fsize": "12"}, {"fsize": None}, {"error": 1}, {"key": None}, {"decompresslist": 1}]
)
def test_an_unlisted_wangsu_item_code_does_not_loosen_the_types(fields: Json) -> None:
    item = wangsu_item(7, cmd=DECOMPRESSION, **fields)
    assert contract("wangsu", "document").check(changed("wangsu", "document", "/items/0", item)) is not None


@pytest.mark.parametrize("value", ["", 0, None, [], [{}]])
@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_a_body_and_its_items_are_objects(vendor: str, profile: str, value: Json) -> None:
    assert contract(vendor, profile).check(value) is not None
    for field in body(vendor, profile).keys() & {"items", "preheating_results"}:
        assert contract(vendor, profile).check(changed(vendor, profile, f"/{field}/0", value)) is not None


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_a_field_that_no_row_names_is_refused(vendor: str, profile: str) -> None:
    for pointer in {row.pointer.rpartition("/")[0] for row in ROWS if row.vendor == vendor and profile in row.profiles}:
        breach = contract(vendor, profile).check(changed(vendor, profile, f"{pointer}/surplus", 1))
        assert breach is not None
        assert breach.rule == "additionalProperties"
        assert breach.path.endswith(".surplus")


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_the_schemas_name_the_rows_fields_and_no_other(vendor: str, profile: str) -> None:
    said = {re.sub(r"/\d+/", "/0/", row.pointer) for row in ROWS if row.vendor == vendor and profile in row.profiles}
    assert {pointer for pointer, _ in fields(contract(vendor, profile).schema)} == said


@pytest.mark.parametrize("vendor", ["qiniu", "huawei", "wangsu"])
def test_an_sdk_body_without_its_extra_fields_fits_the_document(vendor: str) -> None:
    said = contract(vendor, "document").schema["properties"]
    kept = {field: value for field, value in body(vendor, "sdk").items() if field in said}
    assert contract(vendor, "document").check(kept) is None


@pytest.mark.parametrize("vendor", ["qiniu", "huawei", "wangsu"])
def test_the_sdk_profile_says_of_the_documents_fields_what_the_document_says(vendor: str) -> None:
    document, sdk = contract(vendor, "document").schema["properties"], contract(vendor, "sdk").schema["properties"]
    assert {field: sdk[field] for field in document} == document


SAMPLE_CMDS = (
    "avthumb/mp4/r/30/vb/256k/vcodec/libx264/ar/22061/ab/64k/acodec/libmp3lame",
    "avthumb/iphone_low",
    "avthumb/m3u8/r/30/vb/256k/vcodec/libx264/ar/22071/ab/64k/acodec/libmp3lame",
    "avthumb/m3u8/preset/video_16x9_440k",
)


def test_qinius_own_sample_fits_the_document() -> None:
    done = {"code": 0, "desc": "The fop was completed successfully"}
    items = [{"cmd": cmd, **done, "error": "", "hash": QINIU_HASH, "key": "v-PtT=/FjgJQ"} for cmd in SAMPLE_CMDS]
    assert contract("qiniu", "document").check({"id": "16864pauo1vc9nhp12", **done, "items": items}) is None


def test_huaweis_own_sample_fits_the_document() -> None:
    asset = "https://example.com/asset/9e455adb02295aa123809e8dc7ca51c1"
    results = [
        {"url": f"{asset}/313bfd52a75f95ff48e8bf02eca2ab20.flv", "status": "processing"},
        {"url": f"{asset}/68b1241af3bf58bcde9914626e07f5af.mp4", "status": "succeed"},
        {
            "url": f"{asset}/play_video/68b1241af3bf58bcde9914626e07f5af_H.264_480X270_HEAACV1_300.mp4",
            "status": "failed",
        },
    ]
    assert contract("huawei", "document").check({"preheating_results": results}) is None


def test_wangsus_own_template_fits_the_document_once_it_is_filled() -> None:
    fields = ("cmd", "code", "desc", "error", "hash", "fsize", "key", "url", "decompresslist")
    values = ("fetchURL/aHR0cDovL2E=/bucket/Yg==", "3", "fileOperateSucceed", "", "lj6N", 1024, "a", "http://b/a", "")
    filled = {
        "code": 3,
        "desc": "fileOperateSucceed",
        "separate": "0",
        "items": [dict(zip(fields, values, strict=True))],
    }
    assert contract("wangsu", "document").check({"id": "ff80808149deceff014a7090b6700000", **filled}) is None


@pytest.mark.parametrize("status", ["PROCESSING", "SUCCEED", "FAILED"])
def test_huaweis_status_may_be_spelt_as_its_sdks_spell_it(status: str) -> None:
    assert contract("huawei", "sdk").check({"preheating_results": [huawei_item(status)]}) is None


def qiniu_change(code: int, profile: str = "document", **fields: Json) -> tuple[str, str, Json]:
    return "qiniu", profile, {**qiniu_item(code, profile), **fields}


def wangsu_change(code: int, profile: str = "document", **fields: Json) -> tuple[str, str, Json]:
    return "wangsu", profile, wangsu_item(code, profile, **fields)


DECOMPRESSION = "fetchURL/aHR0cDovL2E=/bucket/Yg==/decompression/zip"
HELD = [
    *[qiniu_change(code, error="why") for code in (0, 1, 2)],
    *[qiniu_change(code, hash=QINIU_HASH) for code in (1, 2, 3)],
    *[qiniu_change(code, key="a") for code in (1, 2, 3)],
    *[qiniu_change(code, "live", hash=QINIU_HASH) for code in (1, 2, 3)],
    *[qiniu_change(code, "live", key="a") for code in (1, 2, 3)],
    *[qiniu_change(0, "live", keys=keys) for keys in ([""], [1])],
    *[qiniu_change(code, "live", error="why") for code in (0, 1, 2)],
    *[qiniu_change(code, "live", keys=["a"]) for code in (1, 2, 3)],
    *[qiniu_change(code, "live", result={}) for code in (1, 2, 3)],
    qiniu_change(0, hash=""),
    qiniu_change(0, key=""),
    qiniu_change(3, error=""),
    qiniu_change(2, "live", errorIndex=0),
    *[wangsu_change(code, error="") for code in (2, 18, 19, 20)],
    *[wangsu_change(code, "live", error=None) for code in (2, 18, 19, 20)],
    *[wangsu_change(code, error="why") for code in (0, 1, 3, 4, 5, 6)],
    *[wangsu_change(code, "live", error="why") for code in (0, 1, 3, 4, 5, 6)],
    *[wangsu_change(code, hash="lj6N") for code in (0, 1, 2, 18, 19, 20)],
    *[wangsu_change(code, key="a") for code in (0, 1, 2, 18, 19, 20)],
    *[wangsu_change(code, url="http://b/a") for code in (0, 1, 2, 18, 19, 20)],
    *[wangsu_change(code, fsize=1) for code in (0, 1, 2, 18, 19, 20)],
    *[wangsu_change(code, fsize="") for code in (0, 1, 2, 3, 4, 5, 6, 18, 19, 20)],
    *[wangsu_change(code, decompresslist="list.txt") for code in (0, 1, 2, 3)],
    *[wangsu_change(code, cmd=DECOMPRESSION, decompresslist="list.txt") for code in (0, 1)],
    *[("wangsu", profile, prefix_deletion(3, profile, hash="lj6N")) for profile in EVERY],
    *[("wangsu", profile, prefix_deletion(3, profile, fsize=0)) for profile in EVERY],
]


@pytest.mark.parametrize(("vendor", "profile", "item"), HELD, ids=name)
def test_an_item_that_contradicts_its_code_is_refused(vendor: str, profile: str, item: Json) -> None:
    assert contract(vendor, profile).check(changed(vendor, profile, "/items/0", item)) is not None


ALLOWED = [
    ("wangsu", "document", wangsu_item(3, cmd=DECOMPRESSION, decompresslist="list.txt")),
    ("wangsu", "document", wangsu_item(3, cmd=DECOMPRESSION)),
    *[("wangsu", profile, prefix_deletion(code, profile)) for profile in EVERY for code in (0, 1, 2, 3, 4, 5, 6, 18)],
    *[("wangsu", profile, prefix_deletion(3, profile, key="o", url="http://b/o")) for profile in EVERY],
    ("qiniu", "live", {"cmd": "vsample", "code": 0, "desc": "done", "keys": ["a", "b"], "returnOld": 0}),
    ("qiniu", "live", {"cmd": "imageInfo", "code": 0, "desc": "done", "result": {"width": 1}, "returnOld": 1}),
    ("qiniu", "live", {"cmd": "a|b", "code": 3, "desc": "no", "error": NOT_A_VIDEO, "errorIndex": 1, "returnOld": 0}),
    ("qiniu", "live", {"cmd": "avthumb/mp4", "code": 2, "desc": "The fop is executing now", "returnOld": 0}),
]


@pytest.mark.parametrize(("vendor", "profile", "item"), ALLOWED, ids=name)
def test_what_the_documents_notes_allow_fits(vendor: str, profile: str, item: Json) -> None:
    assert contract(vendor, profile).check(changed(vendor, profile, "/items/0", item)) is None


@pytest.mark.parametrize("code", ["VOD.10053", "APIG.0308", "VOD.599"])
def test_a_huawei_error_code_is_letters_and_digits(code: str) -> None:
    assert contract("huawei", "error").check({"error_code": code, "error_msg": "no"}) is None


@pytest.mark.parametrize("code", ["VOD", "VOD.", ".10053", "VOD.1.2", "VOD.12A", "VOD.12\n", "vod.12", "10053"])
def test_any_other_form_of_a_huawei_error_code_is_refused(code: str) -> None:
    assert contract("huawei", "error").check({"error_code": code, "error_msg": "no"}) is not None


@pytest.mark.parametrize("created", [CREATED, "1970-01-01T08:00:00.000000000+08:00"])
def test_the_moment_of_creation_is_what_the_go_sdk_reads(created: str) -> None:
    assert contract("qiniu", "sdk").check(changed("qiniu", "sdk", "/creationDate", created)) is None


def fields(schema: Json, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Every property of a schema with its place in a body, the items' by their first."""
    for field, sub in schema.get("properties", {}).items():
        yield f"{pointer}/{field}", sub
        yield from fields(sub.get("items", {}), f"{pointer}/{field}/0")
        yield from fields(sub, f"{pointer}/{field}")


def words(schema: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(schema, dict):
        yield from schema.items()
    for sub in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from words(sub)


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_every_field_says_where_it_comes_from(vendor: str, profile: str) -> None:
    jsonschema.Draft202012Validator.check_schema(contract(vendor, profile).schema)
    for pointer, field in fields(contract(vendor, profile).schema):
        assert field["description"].endswith("."), pointer
        assert list(field["x-source"]) == ["document", "date", "page", "row"], pointer


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_the_scenarios_a_field_names_are_shipped(vendor: str, profile: str) -> None:
    shipped = {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}
    named = {scenario for _, field in fields(contract(vendor, profile).schema) for scenario in field["x-scenario"]}
    assert named <= shipped


@pytest.mark.parametrize(("vendor", "profile"), CASES)
def test_patterns_mean_the_same_to_every_validator(vendor: str, profile: str) -> None:
    found = list(words(contract(vendor, profile).schema))
    assert not [value for key, value in found if key == "pattern" and re.search(r"[$]|\\", json.dumps(value))]
    assert "format" not in dict(found)


def test_the_page_on_the_contracts_is_what_the_schemas_say() -> None:
    build = runpy.run_path(str(ROOT / "docs" / "build.py"))
    assert build["stale"]() == []
