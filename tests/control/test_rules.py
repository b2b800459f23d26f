"""Rules: which scenario submits play, for some submits or some time, whatever they name."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.control.refused import Refused
from mock_server.control.rules import RULES
from mock_server.engine.rules import Rule, SubmitRules
from mock_server.engine.submits import fits, where_of
from tests.support.admin_kit import admin_world
from tests.support.emulators import World, scenario, shipped

NAMES = ("happy-path", "fails-late", "instant", "unlisted-code")
SECOND = 1_000


def world(*names: str) -> World:
    found = [shipped(name) for name in names or NAMES]
    return World(*(dataclasses.replace(each, text=each.version) for each in found))


def plays(made: World, key: str = "k", more: str = "") -> str:
    """Why the next submit plays what it does."""
    response = made.ask("/pfop", "POST", f"bucket=b&key={key}&fops=x{more}".encode())
    return (response.header("X-Mock-Server") or "").removeprefix("plays ")


def test_a_rule_beats_the_submits_of_a_scenario_and_the_name_in_the_request() -> None:
    made = World(scenario("submits: [{key: '*'}]\nsteps: [{state: succeeded}]\n", "instant"), shipped("fails-late"))
    assert plays(made, "fails-late").startswith("instant; by entry 1")
    made.do.rules.add("fails-late", times=1)
    assert [plays(made, "x"), plays(made, "x")] == ["fails-late; by rule 1", "instant; by entry 1 of its submits"]


def test_the_oldest_of_several_that_fit_counts() -> None:
    made = world()
    made.do.rules.add("fails-late", where={"key": "a*"}, times=1)
    made.do.rules.add("instant", where={"bucket": "b"})
    assert plays(made, "b") == "instant; by rule 2"
    assert [plays(made, "a"), plays(made, "a")] == ["fails-late; by rule 1", "instant; by rule 2"]


def test_a_rule_is_for_its_vendor_and_for_those_that_its_scenario_serves() -> None:
    made = world()
    made.do.rules.add("instant", "huawei")
    made.do.rules.add("unlisted-code")  # it serves Wangsu alone
    assert plays(made) == "happy-path; by default"
    response = made.ask("/fmgr/delete", "POST", b"fops=bucket/Yg==/key/aw==")
    assert response.header("X-Mock-Server") == "plays unlisted-code; by rule 2"


def test_a_rule_lasts_as_long_as_it_says_by_the_servers_clock() -> None:
    made = world()
    made.do.rules.add("instant", lasts=SECOND)
    assert plays(made) == "instant; by rule 1"
    made.advance(SECOND)
    assert plays(made) == "happy-path; by default"
    assert made.do.rules.list() == ()


def test_a_rule_whose_scenario_is_gone_is_passed_over() -> None:
    made = world()
    made.do.rules.add("instant")
    made.library = dataclasses.replace(
        made.library, scenarios={name: each for name, each in made.library.scenarios.items() if name != "instant"}
    )
    assert plays(made) == "happy-path; by default"


def test_times_are_exact_whoever_submits() -> None:
    made = world()
    made.do.rules.add("instant", times=7)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: plays(made, f"k{k}"), range(40)))
    assert Counter(found) == {"instant; by rule 1": 7, "happy-path; by default": 33}


def test_a_refused_request_uses_up_no_rule() -> None:
    made = world()
    made.do.rules.add("instant", times=1)
    assert made.ask("/pfop", "POST", b"bucket=b&key=k").status == 400
    assert plays(made) == "instant; by rule 1"


def test_rules_are_listed_and_dropped_and_no_number_comes_twice() -> None:
    made = world()
    made.do.rules.add("instant", "qiniu", {"key": "a"}, times=3)
    made.do.rules.add("fails-late")
    plays(made, "a")
    first, _ = made.do.rules.list()
    assert first == Rule(1, "instant", "qiniu", where_of({"key": "a"}), 3, None, 1)
    assert (made.do.rules.drop(2), made.do.rules.drop(2)) == (1, 0)
    assert made.do.rules.add("fails-late").number == 3
    assert made.do.rules.drop() == 2


@pytest.mark.parametrize(
    ("name", "vendor", "where", "why"),
    [
        ("instnat", None, {}, 'there is no scenario "instnat"'),
        ("instant", "nobody", {}, "nobody"),
        ("unlisted-code", "qiniu", {}, "does not serve qiniu"),
        ("instant", "qiniu", {"url": "x"}, 'have no "url"'),
        ("instant", None, {"asset_id": "x", "bucket": "b"}, "has all of these keys"),
    ],
)
def test_a_rule_that_could_never_apply_is_refused(
    name: str, vendor: str | None, where: dict[str, str], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        world().do.rules.add(name, vendor, where)


def test_there_are_no_more_rules_than_there_may_be() -> None:
    made = world()
    made.do.rules.add("instant", lasts=SECOND)
    rules = SubmitRules(tuple(Rule(k, "instant") for k in range(2, RULES.value + 1)), RULES.value)
    made.store.control(
        lambda control: control._replace(rules=rules._replace(rules=(*control.rules.rules, *rules.rules)))
    )
    with pytest.raises(Refused, match="the most there can be"):
        made.do.rules.add("instant")
    made.advance(SECOND)
    assert made.do.rules.add("instant").number == RULES.value + 1


def test_reset_drops_them_or_keeps_them_as_far_from_the_clock_as_they_were() -> None:
    made = world()
    made.advance(3_600_000)
    made.do.rules.add("instant", lasts=SECOND)
    made.do.reset.reset(["clock"])
    assert plays(made) == "instant; by rule 1"
    made.advance(SECOND)
    assert plays(made) == "happy-path; by default"
    made.do.rules.add("instant")
    made.do.reset.reset(["tasks"])
    assert plays(made) == "instant; by rule 2"
    made.do.reset.reset(["rules"])
    assert made.do.rules.list() == ()
    assert made.do.rules.add("instant").number == 1


def test_a_bundle_has_the_rules_and_one_without_is_still_read() -> None:
    made = world()
    made.do.rules.add("instant", "qiniu", {"key": "a*"}, times=2)
    made.do.rules.add("fails-late", lasts=SECOND)
    assert plays(made, "a1") == "instant; by rule 1"
    before = made.do.rules.list()
    made.restart()
    assert made.do.rules.list() == before
    assert [plays(made, "a2"), plays(made, "a3")] == ["instant; by rule 1", "fails-late; by rule 2"]


def test_the_admin_api_makes_lists_and_drops_rules() -> None:
    made = admin_world()
    body = {"scenario": "slow", "vendor": "qiniu", "where": {"key": "a*"}, "times": 2, "for": "10m"}
    said = made.ask("POST", "/rules", body)
    assert (said.status, said.body["number"], said.body["where"], said.body["times"]) == (201, 1, {"key": "a*"}, 2)
    assert [rule["scenario"] for rule in made.ask("GET", "/rules").body["rules"]] == ["slow"]
    assert made.ask("POST", "/rules", {"scenario": "slwo"}).status == 422
    assert made.ask("POST", "/rules", {"scenario": "slow", "where": {"kye": "a"}}).status == 422
    assert made.ask("DELETE", "/rules?number=1").body == {"dropped": 1}
    assert [hand["what"] for hand in made.ask("GET", "/hands").body["hands"]] == ["rule", "unrule"]


def test_a_bundle_with_rules_that_cannot_be_is_refused() -> None:
    made = admin_world()
    made.ask("POST", "/rules", {"scenario": "slow", "times": 2})
    saved = made.ask("GET", "/bundle").body
    saved = saved if isinstance(saved, dict) else json.loads(saved)
    (rule,) = saved["rules"]
    for bad in ([rule, rule], [rule | {"vendor": "nobody"}], [rule | {"played": 2}]):
        assert made.ask("POST", "/bundle", {**saved, "rules": bad}).status == 422
    without = {name: value for name, value in saved.items() if name != "rules"}
    assert made.ask("POST", "/bundle", without).status == 200
    assert made.ask("GET", "/rules").body == {"rules": []}


KEYS = st.dictionaries(st.sampled_from("xy"), st.sampled_from(["a", "a*", "*", "b"]), max_size=2)
MADE = st.tuples(st.none() | st.sampled_from("vw"), KEYS, st.none() | st.integers(1, 2), st.none() | st.integers(0, 9))
SUBMITS = st.tuples(
    st.sampled_from("vw"), st.dictionaries(st.sampled_from("xy"), st.lists(st.sampled_from(["a", "b"])))
)


@given(st.lists(MADE, max_size=6), st.lists(SUBMITS, max_size=12))
def test_each_submit_takes_the_oldest_rule_with_uses_left(
    made: list[tuple[str | None, dict[str, str], int | None, int | None]],
    submits: list[tuple[str, dict[str, list[str]]]],
) -> None:
    """Against a plain walk, a submit at each millisecond."""
    rules, left = SubmitRules(), dict[int, float]()
    for number, (vendor, where, times, until) in enumerate(made, 1):
        rules = rules.plus(Rule(number, "s", vendor, where_of(where), times, until))
        left[number] = float("inf") if times is None else times
    for now, (vendor, values) in enumerate(submits):
        found = rules.find(vendor, values, now, lambda _: True)
        expected = next(
            (
                number
                for number, (aim, where, _, until) in enumerate(made, 1)
                if left[number] > 0
                and aim in (None, vendor)
                and (until is None or now < until)
                and fits(where_of(where), values)
            ),
            None,
        )
        assert (found.number if found else None) == expected
        if found:
            left[found.number] -= 1
            rules = rules.used(found.number)
