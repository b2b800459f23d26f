"""However bad a file or a body is, it takes little time, and time that grows no faster than its size."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server import errors
from mock_server.errors import MOST_HINTS, MOST_NAMES, MOST_PROBLEMS, InvalidInput, Problems, did_you_mean
from mock_server.scenarios.catalogue import Catalogue
from tests.support.admin_kit import AdminWorld, admin_world
from tests.support.fuzz_files import MOST, fuzz, judged, processor_time
from tests.support.loading import loader, messages
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
    problems = Problems("x")
    for _ in range(3):
        problems.add("here", "is wrong", lambda: "do this")
    assert [str(problem) for problem in problems.listed()] == ["here: is wrong (do this)"]
    assert len(problems) == 1


def test_more_problems_than_are_counted_are_given_as_that() -> None:
    problems = Problems("x")
    for k in range(5_000):
        problems.add(str(k), "is wrong")
    assert str(problems.listed()[-1]) == "x: and over 1000 more"


def test_a_hint_lists_so_many_names_and_counts_the_others() -> None:
    hint = did_you_mean("?", [f"word{k:03}" for k in range(100)])
    assert hint.count("word") == MOST_NAMES
    assert hint.endswith(" and 60 more")
