"""`submits` of scenario files: which scenario a submit plays by what it says, and what is refused at load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import paths
from mock_server.emulator.match import Matcher
from mock_server.engine.ids import IdPattern
from mock_server.engine.submits import fits, where_of
from mock_server.errors import InvalidInput
from mock_server.http.message import request_of
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.library import library_of
from mock_server.scenarios.timeline import lines, timeline_of
from mock_server.vendors.registry import Registry
from mock_server.vendors.submission import Submission
from tests.support.emulators import World, loader, renderer, scenario, shipped
from tests.support.loading import messages

END = "steps: [{state: succeeded}]\n"
PFOP = "bucket=shop-1&key=orders/late/7.mp4&fops=avthumb/mp4;vframe/jpg&pipeline=night&notifyURL=http://a.test/n"
FETCH = "fops=bucket/c2hvcA==/key/YS50cw==/fetchURL/aHR0cDovL28udGVzdC9hLnRz/prefix/cA=="
PREHEATING = "/v1.0/0123456789abcdef/asset/preheating"


def asked(target: str, body: str) -> Submission:
    found = Matcher(Registry().dialects()).match(request_of("POST", target, (), body.encode()))
    assert isinstance(found, Submission), found
    return found


def note(made: World, target: str, body: str) -> str:
    return made.ask(target, "POST", body.encode()).header("X-Mock-Server") or ""


@pytest.mark.parametrize(
    ("target", "body", "values"),
    [
        (
            "/pfop",
            PFOP,
            {
                "bucket": ("shop-1",),
                "key": ("orders/late/7.mp4",),
                "pipeline": ("night",),
                "command": ("avthumb/mp4", "vframe/jpg"),
                "notify": ("http://a.test/n",),
            },
        ),
        (
            "/fmgr/fetch",
            FETCH,
            {
                "operation": ("fetch",),
                "bucket": ("shop",),
                "key": ("a.ts",),
                "url": ("http://o.test/a.ts",),
                "prefix": ("p",),
                "command": (FETCH.removeprefix("fops="),),
                "notify": (),
            },
        ),
        ("/fmgr/move", "fops=resource/YjprLnRz/bucket/YzI=", {"operation": ("move",), "key": ("k.ts",)}),
        (
            PREHEATING,
            '{"urls": ["http://a.test/1", "http://a.test/2"]}',
            {"project": ("0123456789abcdef",), "asset_id": (), "url": ("http://a.test/1", "http://a.test/2")},
        ),
        (PREHEATING, '{"asset_id": "a-1"}', {"asset_id": ("a-1",), "url": ()}),
    ],
)
def test_a_submit_says_these_values(target: str, body: str, values: dict[str, Any]) -> None:
    found = asked(target, body)
    assert found.values.keys() == Registry().dialect(found.vendor).submit_keys.keys()
    assert {key: found.values[key] for key in values} == values


@pytest.mark.parametrize(
    ("entry", "plays"),
    [
        ("{bucket: shop-*, key: orders/late*}", True),
        ("{key: orders/late/7.mp4}", True),
        ("{key: orders/late}", False),
        ("{command: vframe/*}", True),
        ("{command: vframe*, pipeline: day}", False),
        ('{notify: "*"}', True),
        ('{notify: "http://b.test/*"}', False),
        ("{operation: fetch}", False),
    ],
)
def test_all_keys_of_an_entry_must_hold_and_any_value_of_a_key(entry: str, plays: bool) -> None:
    made = World(scenario(f"submits: [{entry}]\n{END}", "made-up"), shipped("happy-path"))
    expected = "plays made-up; by entry 1 of its submits" if plays else "plays happy-path; by default"
    assert note(made, "/pfop", PFOP) == expected


def test_any_entry_is_enough_and_what_it_says_beats_the_name_in_the_request() -> None:
    made = World(scenario(f"submits: [{{bucket: other}}, {{bucket: b}}]\n{END}", "made-up"), shipped("fails-late"))
    assert note(made, "/pfop", "bucket=b&key=fails-late&fops=x").startswith("plays made-up; by entry 2")
    assert note(made, "/pfop", "bucket=c&key=fails-late&fops=x").startswith("plays fails-late; named by")


@pytest.mark.parametrize(
    ("first", "second", "plays"),
    [
        ("{bucket: b, key: k*}", "{key: kkkkkkkk}", "zz"),  # most keys
        ("{key: kk*}", "{key: kkk*}", "aa"),  # most literal characters
        ("{key: kkk*}", "{key: kk*}", "zz"),
        ('{bucket: "b"}', "{pipeline: p}", "aa"),  # as many: the first name
    ],
)
def test_of_several_entries_the_closest_is_for_a_submit(first: str, second: str, plays: str) -> None:
    one, other = scenario(f"submits: [{first}]\n{END}", "zz"), scenario(f"submits: [{second}]\n{END}", "aa")
    for scenarios in ((one, other), (other, one)):
        assert note(World(*scenarios), "/pfop", "bucket=b&key=kkkkkkkk&fops=x&pipeline=p").startswith(f"plays {plays};")


def test_an_entry_is_for_the_vendors_that_have_all_its_keys() -> None:
    made = scenario(f"submits: [{{bucket: shop*}}, {{url: 'http*', prefix: p}}, {{asset_id: a}}]\n{END}", "made-up")
    assert [entry.vendors for entry in made.submits] == [("qiniu", "wangsu"), ("wangsu",), ("huawei",)]
    world = World(made, shipped("happy-path"))
    assert note(world, "/pfop", PFOP).startswith("plays made-up")
    assert note(world, "/fmgr/fetch", FETCH).startswith("plays made-up; by entry 2")
    assert note(world, PREHEATING, '{"asset_id": "a"}').startswith("plays made-up; by entry 3")
    assert note(world, PREHEATING, '{"asset_id": "b"}').startswith("plays happy-path")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("submits: [{buckt: b}]", 'demo.yaml:1:12: unknown key "buckt" (did you mean "bucket"?)'),
        ("submits: [{}]", "demo.yaml:1:11:"),
        ("submits: []", "demo.yaml:1:10:"),
        ("submits: [{bucket: 'a*b'}]", "demo.yaml:1:20:"),
        ("submits: [{bucket: b}, {bucket: b}]", "demo.yaml:1:"),
        ("vendors: [qiniu]\nsubmits: [{bucket: b, asset_id: a}]", "demo.yaml:2:23: no vendor of this scenario has"),
        ("submits: [{asset_id: a, bucket: b}]", "demo.yaml:1:11: no vendor of this scenario has all of these keys"),
    ],
)
def test_what_can_match_no_submit_is_refused_with_its_place(text: str, message: str) -> None:
    found = messages(f"{text}\n{END}")
    assert any(line.startswith(message) for line in found), found


def test_the_same_entry_in_two_files_names_both(tmp_path: Path) -> None:
    for name, entry in (("one", "{key: k, bucket: b*}"), ("two", "{bucket: b*, key: k}")):
        (tmp_path / f"{name}.yaml").write_text(f"about: x\nsubmits:\n  - {entry}\n{END}", "utf-8")
    (problem,) = loader().load([tmp_path], None).problems
    assert str(problem).startswith(f'{tmp_path}/two.yaml:3:5: submits with "bucket b*, key k" are those of ')
    assert f"{tmp_path}/one.yaml:3:5" in str(problem)


def test_the_same_entry_for_different_vendors_is_no_clash(tmp_path: Path) -> None:
    for name, vendor in (("one", "qiniu"), ("two", "wangsu")):
        text = f"about: x\nvendors: [{vendor}]\nsubmits: [{{bucket: b}}]\n{END}"
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    assert not loader().load([tmp_path], None).problems


def test_a_users_file_beats_a_shipped_one(tmp_path: Path) -> None:
    for folder, name in (("builtin", "aa"), ("mine", "zz")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.yaml").write_text(f"about: x\nsubmits: [{{bucket: b}}]\n{END}", "utf-8")
    report = loader().load([tmp_path / "mine"], tmp_path / "builtin")
    assert not report.problems
    assert note(World(*report.scenarios), "/pfop", "bucket=b&key=k&fops=x").startswith("plays zz;")


def test_an_upload_with_the_entry_of_another_is_refused_and_beats_a_shipped_one() -> None:
    catalogue = Catalogue(loader(), (), None)
    assert not catalogue.put(scenario(f"submits: [{{bucket: b}}]\n{END}", "one"))
    (problem,) = catalogue.put(scenario(f"submits: [{{key: k}}, {{bucket: b}}]\n{END}", "two"))
    assert (problem.where, problem.what) == ("submits[1]", 'submits with "bucket b" are those of one already')
    assert not catalogue.put(scenario(f"about: Anew.\nsubmits: [{{bucket: b}}]\n{END}", "one"))


def test_show_says_for_which_submits_a_scenario_is() -> None:
    made = scenario(f"submits: [{{bucket: shop-*, key: k}}]\n{END}", "made-up")
    assert "  for submits with bucket shop-*, key k (qiniu, wangsu)" in list(lines(timeline_of(made, renderer())))


def test_the_shipped_schema_knows_the_keys_of_all_vendors() -> None:
    schema = json.loads((paths.data("schemas") / "scenario.schema.json").read_text("utf-8"))
    known = {key for dialect in Registry().dialects() for key in dialect.submit_keys}
    assert schema["$defs"]["submit"]["properties"].keys() == known


TEXTS = st.text("ab*\\", max_size=4)
KEYS = st.sampled_from("xyz")


@given(st.dictionaries(KEYS, TEXTS, min_size=1), st.dictionaries(KEYS, st.lists(TEXTS)))
def test_an_entry_fits_as_its_patterns_do(patterns: dict[str, str], values: dict[str, list[str]]) -> None:
    held = all(
        any(IdPattern.parse(text).matches(value) for value in values.get(key, ())) for key, text in patterns.items()
    )
    assert fits(where_of(patterns), values) == held


def test_a_bad_start_lists_every_problem(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(f"about: x\nsubmits: [{{buckt: b}}, {{kye: k}}]\n{END}", "utf-8")
    with pytest.raises(InvalidInput) as caught:
        Catalogue(loader(), (tmp_path,), None)
    assert len(caught.value.problems) == 2


def test_an_entry_that_moves_to_another_file_leaves_nothing_behind() -> None:
    first = scenario(f"submits: [{{bucket: b}}]\n{END}", "one")
    second = scenario(f"submits: [{{bucket: b}}]\n{END}", "two")
    library = library_of([second, scenario(END, "one")], earlier=library_of([first]))
    entry = library.choose_submit("qiniu", {"bucket": ("b",)})
    assert entry is not None
    assert entry.scenario is second
