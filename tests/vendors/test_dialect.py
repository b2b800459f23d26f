"""What every dialect shares: targets, the state of the whole, tables of errors, glances, and places in a body."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import Adjust, Shown, State
from mock_server.errors import InvalidInput
from mock_server.http.message import request_of
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.dialect import Dialect, ErrorRow, Route, codes, error_table, row_of
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.huawei.status import Huawei
from mock_server.vendors.places import BadPlace, adjust_body
from mock_server.vendors.pool import MOST, dump_items, make_items
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.registry import Registry
from mock_server.vendors.wangsu.status import Wangsu
from tests.support.emulators import World, adjusted, body, renderer, scenario
from tests.support.made_up_vendor import VENDOR, Lamp

FEW = "tests.vendors.test_dialect:Few"
QINIU = "mock_server.vendors.qiniu.provider:QiniuProvider"

W, P, S, F = State.WAITING, State.PROCESSING, State.SUCCEEDED, State.FAILED
N4, N5, N6 = State.NOTIFYING, State.NOTIFY_FAILED, State.NOTIFIED
F18, F19, F20 = State.FAILURE_NOTIFYING, State.FAILURE_NOTIFY_FAILED, State.FAILURE_NOTIFIED


@pytest.mark.parametrize(
    ("items", "whole"),
    [
        ((W,), W),
        ((W, W), W),
        ((W, S), P),
        ((S, W), P),
        ((P,), P),
        ((P, F), P),
        ((S,), S),
        ((S, F), F),
        ((F, F), F),
        ((S, S), S),
    ],
)
def test_the_whole_follows_from_its_items(items: tuple[State, ...], whole: State) -> None:
    assert Qiniu().derive(items) is whole
    assert Wangsu().derive(items) is whole


@pytest.mark.parametrize(
    ("items", "whole"),
    [
        ((N4,), N4),
        ((F18, N6), N4),
        ((N4, N5), N4),
        ((N5, N6), N5),
        ((F19, S), N5),
        ((N6,), N6),
        ((N6, F20), N6),
        ((F20,), N6),
        ((N6, S), S),
        ((F20, S), F),
        ((N4, P), P),
        ((W, N6), P),
    ],
)
def test_wangsus_whole_tells_of_the_notification(items: tuple[State, ...], whole: State) -> None:
    assert Wangsu().derive(items) is whole


@pytest.mark.parametrize(
    ("route", "target"),
    [
        (Route("a", "/a", ("GET",), "id"), "/a?id=x%2Fy%20%26X"),
        (Route("a", "/a", ("POST",), "id", "form"), "/a?id=x%2Fy%20%26X"),
        (Route("a", "/a/<id>", ("GET",), "id", "path"), "/a/x%2Fy%20%26X"),
        (Route("a", "/<place>/<id>/b", ("GET",), "id", "path"), "/here/x%2Fy%20%26X/b"),
        (Route("a", "/<place>/b", ("GET",), "id"), "/here/b?id=x%2Fy%20%26X"),
    ],
)
def test_a_target_holds_the_id_where_the_route_has_it(route: Route, target: str) -> None:
    assert route.target("x/y &X", place="here") == target
    request = request_of("GET", target, (), b"")
    assert route.match(request_of("GET", "/elsewhere/and/more/of/it", (), b"").path) is None
    assert route.id_in == "path" or dict(request.query) == {"id": "x/y &X"}


@pytest.mark.parametrize(
    ("whole", "items", "text"),
    [
        (0, [{"code": 0}, {"code": 2}, {"code": 2}], "0 [0, 2 x 2]"),
        (0, [{"code": 2}, {"code": 2}, {"code": 0}, {"code": 2}], "0 [2 x 2, 0, 2]"),
        (None, [{"code": "é"}], '["é"]'),
        ("é", [{}], '"é" [null]'),
        (1, {"code": 1}, "1 []"),
        (1, None, "1 []"),
        (1, [5, {"code": 1}], "1 [1]"),
    ],
)
def test_a_glance_tells_codes_in_runs(whole: Any, items: Any, text: str) -> None:
    assert codes(whole, items, "code") == text


def test_a_row_is_found_by_its_word_its_code_and_its_status() -> None:
    first, second, third = (
        ErrorRow(status, "No", code, code) for status, code in ((400, "A1"), (400, "A2"), (500, "A3"))
    )
    table = error_table({"word": first}, (second, third))
    assert table == {"400": first, "A1": first, "A2": second, "500": third, "A3": third, "word": first}
    assert error_table({"word": first}) == {"400": first, "A1": first, "word": first}
    assert row_of(table, "A2") == row_of({"404": second}, 404) == second
    assert row_of(table, 404, "X{status}") == ErrorRow(404, "Not Found", "X404", "Not Found")
    assert row_of(table, 612) == ErrorRow(612, "status code 612", "612", "status code 612")
    with pytest.raises(KeyError, match="A4"):
        row_of(table, "A4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON: Expecting property name"),
        ("{}", "expected a JSON list of objects, at least one"),
        ("[]", "expected a JSON list of objects, at least one"),
        ("[{}, 1]", "expected a JSON list of objects, at least one"),
        ('""', "expected a JSON list of objects, at least one"),
        (" " * ((1 << 20) - 2) + "[1]", f"larger than {1 << 20} bytes"),
        (" " * ((1 << 20) - 3) + "[1]", "expected a JSON list of objects, at least one"),
    ],
)
def test_a_list_that_is_none_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "qiniu" / "mine.json"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        Fixtures([tmp_path]).items("qiniu", "mine")
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_list_that_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=re.escape("qiniu/mine.json")):
        Fixtures([]).items("qiniu", "mine")


def test_a_pool_is_written_in_plain_letters() -> None:
    assert dump_items([{"name": "é"}]) == '[\n  {\n    "name": "é"\n  }\n]\n'


BODY = {"a": {"b": 1}, "list": [{"c": 1}, {"c": 2}], "numbers": [1, 2, 3], "text": "t"}


@pytest.mark.parametrize(
    ("place", "there"),
    [
        (("a", "b"), {"a": {"b": "new"}}),
        (("a", "more"), {"a": {"b": 1, "more": "new"}}),
        (("list", "*", "c"), {"list": [{"c": "new"}, {"c": "new"}]}),
        (("list", 1, "c"), {"list": [{"c": 1}, {"c": "new"}]}),
        (("numbers", "*"), {"numbers": ["new", "new", "new"]}),
        (("numbers", 0), {"numbers": ["new", 2, 3]}),
        (("numbers", 2), {"numbers": [1, 2, "new"]}),
        (("numbers", 3), None),
        (("numbers", -1), None),
        (("numbers", "more"), None),
        (("list", 2, "c"), None),
        (("list", "x", "c"), None),
        (("a", "*", "c"), None),
        (("text", "more"), None),
        (("text", "*"), None),
        (("a", "x", "y"), None),
        (("a", 0), None),
    ],
)
def test_a_value_is_put_where_there_is_a_place_for_it(place: tuple[str | int, ...], there: Any) -> None:
    changed = {"a": {"b": 1}, "list": [{"c": 1}, {"c": 2}], "numbers": [1, 2, 3], "text": "t"}
    adjust = Adjust(put={"qiniu": ((place, "new"),)})
    if there is not None:
        adjust_body(changed, adjust, "qiniu")
        assert changed == {**BODY, **there}
        return
    with pytest.raises(BadPlace, match=re.escape(f"{'.'.join(map(str, place))}: no such place")) as caught:
        adjust_body(changed, adjust, "qiniu")
    assert caught.value.place == place


@pytest.mark.parametrize(
    ("place", "there"),
    [
        (("a", "b"), {"a": {}}),
        (("numbers", "*"), {"numbers": []}),
        (("numbers", 1), {"numbers": [1, 3]}),
        (("list", "*", "c"), {"list": [{}, {}]}),
        (("a", "more"), None),
        (("list", "*"), {"list": []}),
    ],
)
def test_a_value_is_dropped_where_there_is_one(place: tuple[str | int, ...], there: Any) -> None:
    changed = {"a": {"b": 1}, "list": [{"c": 1}, {"c": 2}], "numbers": [1, 2, 3], "text": "t"}
    adjust = Adjust(drop={"qiniu": (place,)})
    if there is not None:
        adjust_body(changed, adjust, "qiniu")
        assert changed == {**BODY, **there}
        return
    with pytest.raises(BadPlace, match="no such place"):
        adjust_body(changed, adjust, "qiniu")


def test_a_key_that_no_header_can_carry_is_told_with_marks_in_its_place() -> None:
    adjust = Adjust(put={"qiniu": ((("a ~é\x1f\x7f",), 1),)}, off_contract=True)
    world = World(adjusted(scenario("steps: [{state: processing, hold: true}]\n"), adjust))
    told = world.poll().header("X-Mock-Server-Off-Contract")
    assert told is not None
    assert "a ~???" in told
    assert told.isascii()
    assert told.isprintable()


def test_a_vendor_without_a_contract_of_errors_is_named(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "status.sdk.schema.json").write_text("{}")
    with pytest.raises(InvalidInput) as caught:
        Contracts(tmp_path).error("acme")
    assert str(caught.value).startswith("vendor: the vendor 'acme' has no contract for its errors")


@pytest.mark.parametrize(
    ("dialect", "form", "target"),
    [
        (Qiniu(), r"z0\.[0-9a-f]{24}", "/status/get/prefop?id=a"),
        (Huawei(), r"[0-9a-f]{32}", "/v1.0/0123456789abcdef0123456789abcdef/asset/preheating?task_id=a"),
        (Wangsu(), r"1000[0-9a-f]{32}", "/fmgr/status?persistentId=a"),
    ],
)
def test_each_vendor_has_ids_of_its_own_form_and_an_example(dialect: Dialect, form: str, target: str) -> None:
    made = [dialect.new_id(Draws(0, f"task {k}")) for k in range(20)]
    assert all(re.fullmatch(form, id) for id in made)
    assert len(set(made)) == 20
    assert made == [dialect.new_id(Draws(0, f"task {k}")) for k in range(20)]
    assert dialect.example("a") == target


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({}, []),
        ({"profile": "live", "huawei": {"casing": "upper"}, "wangsu": {"separate": "1"}}, []),
        ({"profile": "lve"}, ["options.profile: no profile 'lve' (did you mean \"live\"?)"]),
        ({"huawai": {}}, ["options.huawai: no vendor 'huawai' (did you mean \"huawei\"?)"]),
        ({"huawei": "upper"}, ["options.huawei: expected options of huawei, found 'upper' (it has casing)"]),
        ({"qiniu": "upper"}, ["options.qiniu: expected options of qiniu, found 'upper' (it has callback)"]),
        ({"profil": "live"}, ["options.profil: no vendor 'profil' (did you mean \"profile\"?)"]),
        (
            {"huawei": {"csing": "upper"}},
            ["options.huawei.csing: huawei has no option 'csing' (did you mean \"casing\"?)"],
        ),
        (
            {"huawei": {"casing": "uper"}, "wangsu": {"separate": "2"}},
            [
                "options.huawei.casing: 'uper' is not a word of it (did you mean \"upper\"?)",
                "options.wangsu.separate: '2' is not a word of it",
            ],
        ),
    ],
)
def test_every_wrong_option_is_a_problem_with_a_hint(options: Any, problems: list[str]) -> None:
    registry = Registry()
    found = [str(problem) for problem in registry.judge(options)]
    assert len(found) == len(problems)
    assert all(text.startswith(problem) for text, problem in zip(found, problems, strict=True)), found
    elsewhere = [str(problem) for problem in registry.judge(options, "elsewhere")]
    assert elsewhere == [f"elsewhere{text.removeprefix('options')}" for text in found]
    assert ("qiniu" in registry, "qinu" in registry) == (True, False)


def test_a_vendor_without_options_says_so() -> None:
    @dataclasses.dataclass(frozen=True)
    class Plain(Lamp):
        knobs: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    (problem,) = Registry([VENDOR._replace(status=Plain)]).judge({"lamp": "bright"})
    assert str(problem) == "options.lamp: expected options of lamp, found 'bright' (it has none)"


def test_an_option_of_a_scenario_changes_what_its_step_shows() -> None:
    text = "vendors: [huawei]\noptions: {huawei: {casing: upper}}\nitems: [{url: http://a.example.com/a.mp4}]\n"
    upper = scenario(f"{text}steps: [{{state: succeeded}}]\n")
    lower = scenario(text.replace("upper", "lower") + "steps: [{state: succeeded}]\n")
    for made, status in ((upper, "SUCCEED"), (lower, "succeed")):
        expected = {"preheating_results": [{"url": "http://a.example.com/a.mp4", "status": status}]}
        assert body(World(made).poll(vendor="huawei")) == expected
        shown = renderer().shown(sample(made, "huawei"), (Shown(State.SUCCEEDED),))
        assert body(shown.response) == expected


def test_the_lists_there_are_have_names(tmp_path: Path) -> None:
    for name in ("qiniu/b.json", "qiniu/a.json", "qiniu/c.txt", "wangsu/d.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[{}]")
    assert Fixtures([tmp_path, tmp_path]).names("qiniu") == ("a", "b")
    assert Fixtures([tmp_path]).names("huawei") == ()


@pytest.mark.parametrize(
    ("provider", "count", "message"),
    [
        (QINIU, 0, "count: 0 items asked for, expected 1 to 1000"),
        (QINIU, MOST + 1, "count: 1001 items asked for, expected 1 to 1000"),
        ("no.such.module:X", 1, "provider: cannot load 'no.such.module:X': No module named 'no'"),
        ("json:X:Y", 1, "provider: cannot load 'json:X:Y': module 'json' has no attribute 'X:Y'"),
        (
            "tests.vendors.test_dialect:Few",
            3,
            "count: tests.vendors.test_dialect:Few has only 2 different items, not 3",
        ),
    ],
)
def test_a_pool_that_cannot_be_made_says_why(provider: str, count: int, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_items(provider, count, 0)
    assert str(caught.value).startswith(message)


class Few:
    """A provider of two items."""

    def __init__(self, generator: Any) -> None:
        self._random = generator.random

    def item(self) -> dict[str, int]:
        """One of the two."""
        return {"number": self._random.randint(0, 1)}


def test_the_largest_pool_is_made_of_different_items() -> None:
    assert len({str(item) for item in make_items(QINIU, MOST, 0)}) == MOST
    assert len(make_items(FEW, 2, 0)) == 2


@pytest.mark.parametrize(("vendor", "status", "reason"), [("qiniu", 298, "Partial Success"), ("wangsu", 203, None)])
def test_a_file_is_checked_with_the_response_that_is_served(vendor: str, status: int, reason: str | None) -> None:
    made = scenario(f"vendors: [{vendor}]\nsteps: [{{state: succeeded, status: {status}}}]\n")
    run = sample(made, vendor)
    shown = renderer().shown(run._replace(cursor=run.cursor._replace(asked=1)), (Shown(S),)).response
    polled = renderer().step(run).response
    assert (shown.status, shown.reason, shown.headers) == (polled.status, polled.reason, polled.headers)
    assert (shown.status, shown.reason) == (status, reason or "Non-Authoritative Information")
