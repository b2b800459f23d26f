"""However bad a file or a body is, it takes little time, and time that grows no faster than its size."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server import errors
from mock_server.errors import (
    LONGEST_WORD,
    MOST_CANDIDATES,
    MOST_HINTS,
    MOST_NAMES,
    MOST_PROBLEMS,
    InvalidInput,
    Problems,
    did_you_mean,
)
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.timeline import svg, timeline_of
from mock_server.scenarios.timeline.whole import MOST_SHOWN
from tests.support.admin_kit import AdminWorld, admin_world
from tests.support.emulators import renderer
from tests.support.fuzz_files import MOST, fuzz, judged, processor_time
from tests.support.loading import loader, messages, problems, scenario
from tests.support.sizes import BODIES, FILES

FASTER = 3
"""How much less than its share the larger part may take for a quarter of the size: caches, rounding, other work."""
NOISE = 0.15
"""Seconds of processor time that are no growth."""


def check_growth(cost: Callable[[float], float]) -> None:
    """`cost` of a whole and of a quarter of it: bounded, and about in proportion.

    The least of two runs: the second finds modules imported and caches filled.
    """
    cost(0.01)
    quarter, whole = (min(cost(size), cost(size)) for size in (0.25, 1.0))
    assert whole < MOST
    assert whole < 4 * FASTER * quarter + NOISE


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_time_in_proportion_to_its_size(name: str) -> None:
    def cost(size: float) -> float:
        text = FILES[name](size)
        return processor_time(lambda: judged(text))

    check_growth(cost)


@pytest.fixture(scope="module")
def world() -> AdminWorld:
    return admin_world()


@pytest.mark.parametrize("name", BODIES)
def test_a_body_takes_time_in_proportion_to_its_size(world: AdminWorld, name: str) -> None:
    path, made = BODIES[name]

    def cost(size: float) -> float:
        body = made(int(60_000 * size))
        return processor_time(lambda: world.ask("POST", path, body))

    check_growth(cost)


def test_uploads_that_claim_many_ids_take_time_in_proportion_to_their_number() -> None:
    def upload(count: int) -> float:
        catalogue = Catalogue(loader(), [], None)
        texts = [
            f"ids: [{', '.join(f'u{k}.{n}' for n in range(200))}]\nsteps: [{{state: failed}}]" for k in range(count)
        ]
        made = [loader().load_text(text, f"upload-{k}", "x.yaml").scenario for k, text in enumerate(texts)]
        return processor_time(lambda: [catalogue.put(scenario) for scenario in made])

    assert upload(200) < MOST


def test_files_spoiled_at_random_are_loaded_or_refused_in_time() -> None:
    assert {"loaded", "refused"} <= fuzz(60, seed=1).keys()


def test_of_many_problems_the_first_are_listed_and_the_others_counted() -> None:
    lines = messages("steps:\n" + "".join(f"  - {{state: stat{k}}}\n" for k in range(150)))
    assert lines[0].startswith('demo.yaml:2:13: "stat0" is not a state')
    assert lines[-1] == "demo.yaml: and 50 more"
    assert len(lines) == MOST_PROBLEMS + 1


def test_only_the_first_problems_cost_a_search_for_the_nearest_word(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    monkeypatch.setattr(errors, "nearest", lambda word, _: searched.append(word))
    for name in ("unknown states", "unknown steps", "unknown keys", "unknown fields", "unknown errors"):
        searched.clear()
        with pytest.raises(InvalidInput):
            loader().load_text(FILES[name](0.5), "demo", "demo.yaml")
        assert len(searched) == MOST_HINTS, name


def test_a_problem_is_listed_once_and_counted_once() -> None:
    found = Problems("x")
    for _ in range(3):
        found.add("here", "is wrong", lambda: "do this")
    assert [str(problem) for problem in found.listed()] == ["here: is wrong (do this)"]
    assert len(found) == 1


def test_more_problems_than_are_counted_are_given_as_that() -> None:
    found = Problems("x")
    for k in range(5_000):
        found.add(str(k), "is wrong")
    assert str(found.listed()[-1]) == "x: and over 1000 more"


def test_a_hint_lists_so_many_names_and_counts_the_others() -> None:
    hint = did_you_mean("?", [f"word{k:03}" for k in range(100)])
    assert hint.count("word") == MOST_NAMES
    assert hint.endswith(" and 60 more")


def test_the_nearest_word_is_looked_for_among_so_many() -> None:
    before = [f"a{k:05}" for k in range(MOST_CANDIDATES)]
    assert did_you_mean("zebrra", [*before[1:], "zebra"]) == 'did you mean "zebra"?'
    assert "zebra" not in did_you_mean("zebrra", [*before, "zebra"])


def test_of_a_long_word_so_much_is_compared() -> None:
    known = "x" * LONGEST_WORD
    assert did_you_mean(known + "y" * 10_000, [known]) == f'did you mean "{known}"?'
    assert did_you_mean(known, ["x" * (2 * LONGEST_WORD)]).startswith("did you mean")
    assert did_you_mean(known, ["x" * (2 * LONGEST_WORD + 1)]).startswith("known: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("faults: [{body: " + "x" * 65_537 + "}]", "expected text"),
        ("faults: [{length: 1000001}]", "expected a number of bytes"),
        ("faults: [{headers: {" + ", ".join(f"X-{k}: a" for k in range(101)) + "}}]", "expected at most 100"),
        ("items: {count: 1001, each: {}}", "expected a whole number from 1 to 1000"),
    ],
    ids=["body", "length", "headers", "items"],
)
def test_a_fault_or_a_list_beyond_its_bound_is_refused(text: str, problem: str) -> None:
    (found,) = problems(f"{text}\nsteps: [{{state: succeeded}}]\n")
    assert problem in found.what


def test_a_step_counts_only_so_many_polls() -> None:
    steps = "steps: [{state: processing, polls: %d}, {state: succeeded}]"
    assert problems(steps % 1_000_000) == ()
    (found,) = problems(steps % 1_000_001)
    assert "expected a whole number of polls" in found.what


def test_a_body_is_changed_in_so_many_values() -> None:
    def step(count: int) -> str:
        keys = [f"items.*.x{k}" for k in range(count)]
        put = ", ".join(f"{key}: 1" for key in keys)
        changes = f"with: {{qiniu: {{{put}}}}}, without: {{qiniu: [{', '.join(keys)}]}}"
        return f"vendors: [qiniu]\nitems: 1000\nsteps:\n  - {{state: succeeded, {changes}}}\n"

    assert problems(step(100)) == ()
    (found,) = problems(step(101))
    assert "more than 200000 values change" in found.what


def test_a_timeline_tells_only_so_many_moments_of_the_whole() -> None:
    steps = "{{steps: [{{state: processing, for: {0}s}}, {{state: succeeded}}]}}"
    made = scenario(f"items: [{', '.join(steps.format(k + 1) for k in range(1_000))}]\n")
    assert processor_time(lambda: svg(timeline_of(made, renderer()))) < MOST
    timeline = timeline_of(made, renderer())
    assert [(moment.at.low, moment.vendors[0].text) for moment in timeline.whole][:2] == [
        (0, "2 [2 x 1000]"),
        (1_000, "2 [0, 2 x 999]"),
    ]
    assert (len(timeline.whole), timeline.more) == (MOST_SHOWN // 1_000, 1_001 - MOST_SHOWN // 1_000)
    assert "991 later moments of the whole are left out" in svg(timeline)
