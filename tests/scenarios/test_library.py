"""The library: which scenario an id plays, and which versions stay for the tasks that run on them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.cursor import born
from mock_server.engine.scenario import Edge, Scenario, Span, State, Step
from mock_server.engine.task import Task, new_task
from mock_server.errors import Problem
from mock_server.scenarios import library
from mock_server.scenarios.library import Library, claims_of, library_of
from tests.support.strategies import VENDOR, scenario_of

OTHER = "lamp"


def named(
    name: str, *claims: str, vendors: tuple[str, ...] = (VENDOR,), digest: str = "0", about: str = ""
) -> Scenario:
    """A scenario of this name that claims these ids besides."""
    plain = scenario_of(Step("end", State.SUCCEEDED))
    return dataclasses.replace(plain, name=name, claims=claims, vendors=vendors, digest=digest, about=about)


def chosen(library: Library, id: str, vendor: str = VENDOR) -> str | None:
    """The name of the scenario an id plays."""
    found = library.choose(vendor, id)
    return None if found is None else found.name


@pytest.mark.parametrize(
    ("id", "claimed"),
    [
        ("slow", True),
        ("slow.7f3a", True),
        ("slow.", True),
        ("slow.a.b/c", True),
        ("slow-2", False),
        ("slo", False),
        ("Slow", False),
        ("", False),
    ],
)
def test_a_scenario_claims_its_name_and_its_name_with_a_dot_and_anything(id: str, claimed: bool) -> None:
    assert chosen(library_of([named("slow")]), id) == ("slow" if claimed else None)


@pytest.mark.parametrize(
    ("id", "plays"),
    [
        ("z0.abc", "exact"),
        ("z0.abcd", "long"),
        ("z0.ab", "long"),
        ("z0.a", "short"),
        ("z0.", "short"),
        ("z0", None),
        ("exact.z0.abc", "exact"),
    ],
)
def test_an_exact_claim_wins_and_then_the_longest_prefix(id: str, plays: str | None) -> None:
    library = library_of([named("short", "z0.*"), named("long", "z0.ab*"), named("exact", "z0.abc")])
    assert chosen(library, id) == plays


SOME = [
    named("one", "x1", "y*"),
    named("one", "x1", "y12*", digest="1"),
    named("two", "x2", "y1*"),
    named("two", "x2*", digest="1"),
    named("three", "x3", "y*", vendors=(OTHER,)),
]
IDS = ("one", "one.1", "two", "three", "x1", "x2", "x21", "x3", "y", "y1", "y12", "y123")


def test_which_claim_wins_does_not_depend_on_the_order_of_the_files() -> None:
    scenarios = [named("short", "z0.*"), named("long", "z0.ab*"), named("exact", "z0.abc")]
    ids = ["z0.abc", "z0.abcd", "z0.x"]
    answers = [[chosen(library_of(order), id) for id in ids] for order in (scenarios, scenarios[::-1])]
    assert answers == [["exact", "long", "short"]] * 2


def test_a_longer_claim_of_another_wins_over_a_name() -> None:
    library = library_of([named("slow"), named("other", "slow.special*", "slow.one")])
    assert [chosen(library, id) for id in ("slow.1", "slow.special.1", "slow.one")] == ["slow", "other", "other"]


def test_a_star_in_an_id_is_a_letter_like_any_other() -> None:
    library = library_of([named("slow", "z0.*")])
    assert [chosen(library, id) for id in ("z0.*", "slow.*", "*")] == ["slow", "slow", None]


def test_an_id_that_ends_in_a_star_is_claimed_with_a_backslash() -> None:
    library = library_of([named("star", r"z0.a\*"), named("others", "z0.*")])
    assert [chosen(library, id) for id in ("z0.a*", "z0.ab", r"z0.a\b")] == ["star", "others", "others"]
    assert "z0.a*" in library.spellings(VENDOR).words


def test_a_claim_is_for_the_vendors_the_scenario_serves() -> None:
    library = library_of([named("one", "z0.1"), named("both", "x*", vendors=(VENDOR, OTHER))])
    found = [chosen(library, id, vendor) for id in ("z0.1", "x1") for vendor in (VENDOR, OTHER, "nobody")]
    assert found == ["one", None, None, "both", "both", None]


def test_two_vendors_may_have_one_claim_each() -> None:
    library = library_of([named("one", "z0.1"), named("two", "z0.1", vendors=(OTHER,))])
    assert [chosen(library, "z0.1", vendor) for vendor in (VENDOR, OTHER)] == ["one", "two"]


def test_the_claims_people_may_write_are_listed_by_vendor() -> None:
    library = library_of([named("slow", "z0.5f*"), named("lamps", vendors=(OTHER,))])
    assert set(library.spellings(VENDOR).words) == {"slow", "z0.5f"}
    assert claims_of(named("slow", "z0.5f*")) == ("slow", "slow.*", "z0.5f*")


def test_earlier_versions_stay_for_the_tasks_that_run_on_them() -> None:
    first = library_of([named("slow", digest="1"), named("gone")])
    second = library_of([named("slow", digest="2")], earlier=first)
    third = library_of([named("slow", digest="3")], earlier=second)
    assert set(third.versions) == {"slow@1", "slow@2", "slow@3", "gone@0"}
    assert [scenario.version for scenario in third.scenarios.values()] == ["slow@3"]
    assert chosen(third, "gone") is None


def test_a_swap_leaves_the_library_before_it_as_it_was() -> None:
    first = library_of([named("slow", digest="1")])
    library_of([named("slow", digest="2"), named("new")], earlier=first)
    found = first.choose(VENDOR, "slow")
    assert found is not None
    assert (found.digest, list(first.versions), chosen(first, "new")) == ("1", ["slow@1"], None)


def test_of_one_version_read_again_the_last_is_kept() -> None:
    first = library_of([named("slow", about="before")])
    second = library_of([named("slow", about="after")], earlier=first)
    assert second.versions["slow@0"].about == "after"


def test_a_library_carries_the_problems_of_files_that_were_left_out() -> None:
    problem = Problem("bad.yaml:1:1", "no steps")
    assert library_of([], (problem,)).problems == (problem,)


def test_an_empty_library_plays_nothing() -> None:
    assert (chosen(Library(), "slow"), Library().spellings(VENDOR).words) == (None, ())


def test_of_two_versions_of_one_name_the_last_is_in_force_and_both_are_kept() -> None:
    old, new = named("slow", digest="1"), named("slow", digest="2")
    library = library_of([old, new])
    assert library.choose(VENDOR, "slow") is new
    assert library.versions == {"slow@1": old, "slow@2": new}


@given(st.lists(st.lists(st.sampled_from(SOME), unique_by=lambda each: each.name, max_size=4), max_size=5))
def test_a_library_made_from_an_earlier_one_claims_what_one_made_anew_would(generations: list[list[Scenario]]) -> None:
    library = Library()
    for scenarios in generations:
        library = library_of(scenarios, earlier=library)
        anew = library_of(scenarios)
        assert {id: library.choose(VENDOR, id) for id in IDS} == {id: anew.choose(VENDOR, id) for id in IDS}


def test_the_nearest_claim_is_looked_for_among_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = [named("first", "mine-1", "mine-2"), named("last", "beyond")]
    assert "beyond" in library_of(scenarios).spellings(VENDOR).words
    monkeypatch.setattr(library, "MOST_CLAIMS", 4)
    found = library_of(scenarios)
    assert "beyond" not in found.spellings(VENDOR).words
    assert chosen(found, "beyond") == "last"


WAITING = Step("waits", State.PROCESSING, polls=2, edges=(Edge(1),))


def waiting(name: str, digest: str = "0") -> Scenario:
    """A scenario that waits for two polls."""
    return dataclasses.replace(named(name, digest=digest), steps=(WAITING, Step("end", State.SUCCEEDED)))


def task_of(scenario: Scenario, notify: str = "") -> Task:
    return new_task(scenario, 0, born(0), notify=notify)


def test_a_task_with_an_address_plays_a_variant_that_is_made_once() -> None:
    found = library_of([slow := waiting("slow")], pace=100)
    assert found.played(task_of(slow)) is slow
    variant = found.played(task_of(slow, "http://a.test/"))
    assert (variant.version, variant.steps[0].lasts) == ("slow@0", Span(200, 200))
    assert found.played(task_of(slow, "http://b.test/")) is variant


def test_a_later_library_keeps_the_pace_and_the_variants_of_the_scenarios_that_it_keeps() -> None:
    slow, gone = waiting("slow"), waiting("gone")
    first = library_of([slow, gone], pace=100)
    variants = [first.paced(each) for each in (slow, gone)]
    second = library_of([slow, waiting("slow", "1")], earlier=first)
    assert second.pace == 100
    assert [second.played(task_of(each, "http://a.test/")) for each in (slow, gone)] == variants
    third = second.without({"gone@0"})
    assert third.played(task_of(slow, "http://a.test/")) is variants[0]


def test_another_scenario_of_the_same_version_has_a_variant_of_its_own() -> None:
    slow, same = waiting("slow"), dataclasses.replace(waiting("slow"), source="elsewhere")
    first = library_of([slow])
    assert first.paced(slow).source == ""
    assert library_of([same], earlier=first).paced(same).source == "elsewhere"
    assert first.paced(same).source == "elsewhere"


def test_a_version_that_nobody_knows_any_more_is_played_by_none() -> None:
    with pytest.raises(KeyError):
        library_of([]).played(task_of(waiting("slow")))
