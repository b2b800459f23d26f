"""What requests that submit a job ask for, row by row of the vendors' tables, and which field a refusal names."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.emulator.match import Matcher, Refusal
from mock_server.engine.scenario import State
from mock_server.http.message import request_of
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.dialect import ItemView
from mock_server.vendors.registry import PROFILES, Registry
from mock_server.vendors.submission import Lookup, Submission, decoded, is_url
from mock_server.vendors.wangsu.items import deletes_by_prefix
from tests.support.emulators import World, shipped

REGISTRY = Registry()
MATCH = Matcher(REGISTRY.dialects()).match
PREHEATING = "/v1.0/0123456789abcdef/asset/preheating"
MIB = "b" * 2_049


def coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def asked(target: str, body: bytes | str, method: str = "POST") -> Submission | Refusal:
    sent = body if isinstance(body, bytes) else body.encode()
    found = MATCH(request_of(method, target, (("Content-Type", "text/plain"),), sent))
    assert isinstance(found, Submission | Refusal)
    return found


def accepted(target: str, body: bytes | str) -> Submission:
    found = asked(target, body)
    assert isinstance(found, Submission), found
    return found


def form(**fields: str) -> str:
    return urlencode({"bucket": "b", "key": "in/a.mp4", "fops": "avthumb/mp4", **fields})


class TestQiniu:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ("key=k&fops=f", "bucket"),
            ("bucket=&key=k&fops=f", "bucket"),
            ("bucket=b&bucket=b&key=k&fops=f", "bucket"),
            (form(bucket="b" * 513), "bucket"),
            ("bucket=b&fops=f", "key"),
            (form(key=""), "key"),
            (form(key="k" * 751), "key"),
            ("bucket=b&key=k", "fops"),
            (form(workflowTemplateID="w"), "fops"),
            (form(fops=""), "fops"),
            (form(fops="a;"), "fops"),
            (form(fops=";".join(["a"] * 1_001)), "fops"),
            (form(fops=f"{'a' * 2_049}"), "fops"),
            (form(fops="a|saveas/***"), "fops"),
            (form(fops="a|saveas/"), "fops"),
            (form(fops=f"a|saveas/{coded(':key')}"), "fops"),
            (form(notifyURL="ftp://h/x"), "notifyURL"),
            (form(notifyURL="http://"), "notifyURL"),
            (form(notifyURL="http://[::1"), "notifyURL"),
            (form(notifyURL=f"http://h/{MIB}"), "notifyURL"),
            (form(force="2"), "force"),
            (form(type="no"), "type"),
            (form(key="a\nb"), "key"),
            (form(fops="a\0"), "fops"),
            (form(fops="a|saveas/" + coded("b:\x1b[2J")), "fops"),
            (form(pipeline="p\r"), "pipeline"),
            (form(notifyURL="http://h/\n"), "notifyURL"),
        ],
    )
    def test_the_first_field_that_does_not_fit_is_named(self, body: str, field: str) -> None:
        assert asked("/pfop", body) == Refusal("qiniu", "illegal", field)

    def test_each_command_is_an_item_and_what_it_is_saved_as_its_key(self) -> None:
        fops = f"avthumb/mp4|saveas/{coded('out:a/b.mp4').rstrip('=')};vframe/jpg|saveas/{coded('out')};x"
        found = accepted("/pfop/", form(fops=fops))
        assert [item.get("key") for item in found.items] == ["a/b.mp4", None, None]
        assert [item["cmd"] for item in found.items] == fops.split(";")

    def test_what_is_said_of_the_job_is_kept_by_the_names_of_its_fields(self) -> None:
        body = form(pipeline="fast", type="1", notifyURL="https://h.test/n", force="1", other="x")
        found = accepted("/pfop", body)
        assert found.facts == {"bucket": "b", "key": "in/a.mp4", "pipeline": "fast", "type": "1"}
        assert found.notify == "https://h.test/n"
        assert "type" not in accepted("/pfop", form(type="0", force="")).facts

    def test_a_key_may_hold_any_letters(self) -> None:
        key = "\u3000\U0001f468\u200d\U0001f469.mp4"
        assert accepted("/pfop", form(key=key)).facts["key"] == key

    def test_a_template_makes_one_item_as_drawn(self) -> None:
        found = accepted("/pfop", "bucket=b&key=k&workflowTemplateID=w")
        assert (found.items, found.facts["workflowTemplateID"]) == (({},), "w")

    def test_scenarios_are_looked_for_in_pipeline_template_and_key(self) -> None:
        found = accepted("/pfop", "bucket=b&key=in/fails-late/7.mp4&workflowTemplateID=w.x&pipeline=p")
        assert list(found.words()) == ["p", "p", "w.x", "w", "7.mp4", "7", "fails-late", "fails-late", "in", "in"]


class TestHuawei:
    @pytest.mark.parametrize(
        ("body", "field", "error"),
        [
            (b"", "body", "illegal"),
            (b"[]", "body", "illegal"),
            (b"{", "body", "illegal"),
            (b"\xff", "body", "illegal"),
            (b"[" * 100_000, "body", "illegal"),
            (b"{}", "urls", "illegal"),
            (b'{"urls": ["http://a.test/1"], "asset_id": "a"}', "urls", "illegal"),
            (b'{"asset_id": ""}', "asset_id", "illegal"),
            (b'{"asset_id": 1}', "asset_id", "illegal"),
            (b'{"asset_id": "a\\n"}', "asset_id", "illegal"),
            (b'{"urls": ["http://a.test/\\ud800"]}', "urls", "illegal"),
            (b'{"asset_id": "%s"}' % (b"a" * 129), "asset_id", "illegal"),
            (b'{"urls": []}', "urls", "illegal"),
            (b'{"urls": "http://a.test/1"}', "urls", "illegal"),
            (b'{"urls": ["a.test/1"]}', "urls", "illegal"),
            (b'{"urls": [1]}', "urls", "illegal"),
            (b'{"urls": ["http://a.test/%s"]}' % (b"u" * 2_040), "urls", "illegal"),
            (json.dumps({"urls": ["http://a.test/1"] * 11}).encode(), "urls", "VOD.10109"),
        ],
    )
    def test_the_field_that_does_not_fit_is_named(self, body: bytes, field: str, error: str) -> None:
        assert asked(PREHEATING, body) == Refusal("huawei", error, field)

    def test_each_url_is_an_item(self) -> None:
        urls = ["http://a.test/\u76ee\u5f55/a b.mp4", "https://a.test/fails-late.x/2"]
        found = accepted(PREHEATING, json.dumps({"urls": urls}))
        assert [item["url"] for item in found.items] == urls
        assert list(found.words())[-4:] == ["2", "2", "fails-late.x", "fails-late"]

    def test_an_asset_has_as_many_items_as_the_scenario(self) -> None:
        found = accepted(PREHEATING, '{"asset_id": "fails-late"}')
        assert (found.items, found.facts, next(found.words())) == ((), {"asset_id": "fails-late"}, "fails-late")

    def test_a_template_that_was_not_filled_in_is_refused_as_for_the_status(self) -> None:
        assert asked("/v1.0/{project_id}/asset/preheating", "{}") == Refusal("huawei", "illegal", "project_id")

    @pytest.mark.parametrize(
        ("target", "name"),
        [
            ("/v3/projects?name=eu-west-0", "eu-west-0"),
            ("/v3/projects", "cn-north-4"),
            ("/v3/auth/projects", "cn-north-4"),
            ("/v3/auth/domains", "mock-server"),
        ],
    )
    def test_iam_names_exactly_one(self, target: str, name: str) -> None:
        found = MATCH(request_of("GET", target, (), b""))
        assert isinstance(found, Lookup)
        assert Contracts().other("huawei", "iam").check(found.body) is None
        (listed,) = next(value for value in found.body.values() if isinstance(value, list))
        assert listed["name"] == name


BUCKET, KEY, SOURCE = f"bucket/{coded('b')}", f"key/{coded('k/1.ts')}", f"resource/{coded('from:a/z.ts')}"
FETCH = f"fetchURL/{coded('http://a.test/x/y.mp4?z=1')}"
PREFIX, OUTPUT = f"prefix/{coded('p')}", f"output/{coded('o:list.txt')}"
SAVE, KEYS = f"saveas/{coded('o:all.zip')}", f"keys/{coded('a')}|{coded('b')}"
NO_FILE: Mapping[str, Any] = {"hash": "", "fsize": 0, "url": ""}
RESULTS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "fetch, the key from the URL": ("fetch", f"{FETCH}/{BUCKET}", {"key": "x/y.mp4"}),
    "fetch, below a prefix": ("fetch", f"{FETCH}/{BUCKET}/{KEY}/{PREFIX}", {"key": "p/k/1.ts"}),
    "fetch, of a host alone": ("fetch", f"fetchURL/{coded('http://a.test')}/{BUCKET}", {"key": "a.test"}),
    "fetch, unpacked": (
        "fetch",
        f"{FETCH}/{BUCKET}/md5/0/decompression/zip/fetchTS/1",
        {"key": "x/y.mp4", "decompresslist": "x/y.mp4.list"},
    ),
    "copy, the source's key": ("copy", f"{SOURCE}/{BUCKET}", {"key": "a/z.ts"}),
    "move": ("move", f"{SOURCE}/{BUCKET}/{KEY}/{PREFIX}", {"key": "p/k/1.ts"}),
    "delete": ("delete", f"{BUCKET}/{KEY}", {"key": "k/1.ts", **NO_FILE}),
    "deletem3u8": ("deletem3u8", f"{BUCKET}/{KEY}/deletets/1", {"key": "k/1.ts", **NO_FILE}),
    "deletePrefix": ("deletePrefix", f"{BUCKET}/{PREFIX}", {"key": "", "url": "", "hash": "", "fsize": ""}),
    "deletePrefix, in another order, with an output": (
        "deletePrefix",
        f"{OUTPUT}/{PREFIX}/{BUCKET}",
        {"key": "list.txt", "url": "http://o.example.com/list.txt", "hash": "", "fsize": ""},
    ),
    "compress": ("compress", f"{BUCKET}/{KEYS}/{SAVE}", {"key": "all.zip", "url": "http://o.example.com/all.zip"}),
    "compress, as the Python SDK has it": ("compress", f"{BUCKET}/{KEYS}|{SAVE}", {"key": "all.zip"}),
    "compress, a list": ("compress", f"{BUCKET}/keyList/{coded('l')}/{SAVE}", {"key": "all.zip"}),
    "setdeadline": ("setdeadline", f"{BUCKET}/{PREFIX}/deadline/3", {"key": "", **NO_FILE}),
    "setdeadline, relative": ("setdeadline", f"{BUCKET}/deleteAfterDays/3", {"key": "", **NO_FILE}),
}


class TestWangsu:
    @pytest.mark.parametrize("name", RESULTS)
    def test_an_item_shows_what_its_operation_results_in(self, name: str) -> None:
        operation, command, result = RESULTS[name]
        found = accepted(f"/fmgr/{operation}", f"fops={command}&force=&separate=")
        assert found.items[0] == {"cmd": command, **found.items[0], **result}
        assert found.facts == {"operation": operation, "separate": "0"}
        pool = {"cmd": "c", "fsize": 1, "key": "k", "url": "u", "reason": "r"}
        for profile in PROFILES:
            dialect = REGISTRY.dialect("wangsu", {"profile": profile})
            for state in dialect.item_states:
                layout, minted = dialect.item(ItemView(state, None, found.items[0], pool))
                item = {**layout, **dict.fromkeys(minted, "lh")}
                separate = 0 if profile == "live" else "0"
                whole = {"id": "i", "code": 3, "desc": "d", "separate": separate, "items": [item]}
                assert Contracts().status("wangsu", profile).check(whole) is None, (state, item)
                if state is State.SUCCEEDED:
                    shown = {key: value for key, value in result.items() if key in item}
                    assert {key: item[key] for key in shown} == shown

    @pytest.mark.parametrize(
        ("operation", "body", "field"),
        [
            ("fetch", "", "fops"),
            ("fetch", "fops=", "fops"),
            ("fetch", f"fops={FETCH}/{BUCKET};", "fops"),
            ("fetch", f"fops={FETCH}/bucket", "fops"),
            ("fetch", f"fops={FETCH}/{BUCKET}/saveas/YQ==", "fops"),
            ("fetch", f"fops={FETCH}/{BUCKET}/{BUCKET}", "fops"),
            ("fetch", f"fops={FETCH}", "bucket"),
            ("fetch", f"fops={BUCKET}", "fetchURL"),
            ("fetch", f"fops={FETCH}/bucket/", "bucket"),
            ("fetch", f"fops={FETCH}/bucket/*", "bucket"),
            ("fetch", f"fops=fetchURL/{coded('a.test')}/{BUCKET}", "fetchURL"),
            ("copy", f"fops=resource/{coded('b')}/{BUCKET}", "resource"),
            ("copy", f"fops={SOURCE}/{BUCKET}/key/!", "key"),
            ("copy", f"fops={SOURCE}/{BUCKET}/key/{coded('a' + chr(0))}", "key"),
            ("compress", f"fops={BUCKET}/keys/{coded('a' + chr(27))}/{SAVE}", "keys"),
            ("deletePrefix", f"fops={BUCKET}/{PREFIX}/output/{coded(':k')}", "output"),
            ("compress", f"fops={BUCKET}/{KEYS}", "saveas"),
            ("compress", f"fops={BUCKET}/keys/{coded('a')}|/{SAVE}", "keys"),
            ("compress", f"fops={BUCKET}/{SAVE}", "keys"),
            ("setdeadline", f"fops={BUCKET}", "deadline"),
            ("delete", f"fops={BUCKET}/{KEY}&force=2", "force"),
            ("delete", f"fops={BUCKET}/{KEY}&separate=x", "separate"),
            ("delete", f"fops={BUCKET}/{KEY}&notifyURL=!", "notifyURL"),
            ("delete", f"fops={BUCKET}/{KEY}&notifyURL={coded('ftp://h')}", "notifyURL"),
            ("delete", "fops=" + ";".join([f"{BUCKET}/{KEY}"] * 1_001), "fops"),
            ("delete", f"fops={BUCKET}/key/{coded('k' * 2_000)}", "fops"),
        ],
    )
    def test_the_part_that_does_not_fit_is_named(self, operation: str, body: str, field: str) -> None:
        assert asked(f"/fmgr/{operation}", body) == Refusal("wangsu", "illegal", field)

    def test_a_plus_is_base64_and_not_a_blank(self) -> None:
        key = b64encode("\u6fff\u6fbe>".encode()).decode()
        assert "+" in key or "/" in key
        plain = key.replace("/", "_")
        assert accepted("/fmgr/delete", f"fops={BUCKET}/key/{plain}").items[0]["key"] == "\u6fff\u6fbe>"
        assert accepted("/fmgr/delete", f"fops={BUCKET}/key/{plain.replace('+', '%2B')}").items[0]["key"]

    def test_the_address_to_notify_is_base64_too(self) -> None:
        found = accepted("/fmgr/delete", f"fops={BUCKET}/{KEY}&notifyURL={coded('http://h.test/n?a=1')}&separate=1")
        assert (found.notify, found.facts["separate"]) == ("http://h.test/n?a=1", "1")

    def test_scenarios_are_looked_for_in_the_parts_of_every_command(self) -> None:
        found = accepted("/fmgr/fetch", f"fops={FETCH}/{BUCKET};{FETCH}/{BUCKET}/key/{coded('flaky.1')}/{PREFIX}")
        words = ["y.mp4", "y", "x", "x", "b", "b", "flaky.1", "flaky", "y.mp4", "y", "x", "x", "p", "p", "b", "b"]
        assert list(found.words()) == words

    @pytest.mark.parametrize(
        ("command", "does"),
        [
            ("deletePrefix/bucket/a/prefix/b", True),
            ("bucket/a/prefix/b", True),
            ("prefix/b/bucket/a/output/c", True),
            ("bucket/a/prefix/b/deadline/3", False),
            ("bucket/prefix/key/b", False),
            ("resource/a/bucket/b/prefix/c", False),
            ("fetchURL/a/bucket/b/prefix/c", False),
        ],
    )
    def test_a_deletion_by_prefix_is_told_by_its_command(self, command: str, does: bool) -> None:
        assert deletes_by_prefix(command) is does


@given(st.text("ab\u6fff\u6fbe>?/+-_ =", max_size=40), st.booleans(), st.booleans())
def test_base64_is_read_in_any_of_its_spellings(text: str, safe: bool, padded: bool) -> None:
    found = (urlsafe_b64encode if safe else b64encode)(text.encode("utf-8", "replace")).decode()
    assert decoded(found if padded else found.rstrip("=")) == text.encode("utf-8", "replace").decode()


@given(st.text(max_size=30) | st.text("ab:/[]@?#\\ ", max_size=20).map("http://{}".format))
def test_no_text_breaks_the_reading_of_urls(text: str) -> None:
    assert is_url(text) in (True, False)


ANY = st.binary(max_size=60) | st.text("bucket=key&fops;/|saveas%2B+\x00é", max_size=60).map(lambda text: text.encode())


@given(st.sampled_from(["/pfop", PREHEATING, "/fmgr/fetch", "/fmgr/compress", "/fmgr/deletePrefix"]), ANY)
def test_whatever_is_submitted_is_accepted_or_refused_by_its_vendor(target: str, body: bytes) -> None:
    response = World(shipped("happy-path")).ask(target, "POST", body)
    assert response.status in (200, 202, 400)
