"""The list of bounds: complete, true, and each with a test of what happens beyond it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from docs.limits import amount, bounds, rows
from tests.support.documents import ROOT

BODIES = "tests/vendors/test_remembered_bodies.py"
LISTS = "tests/admin/test_long_lists.py"
WIRE = "tests/wire/test_limits.py"
READER = "tests/wire/test_reader.py"
TESTS: Mapping[str, str] = MappingProxyType(
    {
        "Tasks": "tests/store/test_store.py::test_a_full_store_drops_the_task_that_ended_first_and_remembers_its_id",
        "Ids of dropped tasks that are remembered": (
            "tests/store/test_store.py::test_ended_tasks_make_room_for_ever_and_the_ids_dropped_last_are_remembered"
        ),
        "Exchanges in the journal": "tests/store/test_store.py::test_it_keeps_the_newest_entries_and_counts_them_all",
        "Memory of the journal": "tests/store/test_store.py::test_it_is_bounded_in_bytes_too",
        "Scenario versions that nothing needs any more": (
            "tests/control/test_scenarios.py::test_tasks_are_asked_rarely_where_there_are_many"
        ),
        "Armed faults": (
            "tests/control/test_armed.py::test_no_more_faults_are_armed_than_there_may_be_and_those_out_of_time_make_room"
        ),
        "Unknown ids whose nearest name is remembered, per vendor": (
            "tests/scenarios/test_spellings.py::test_only_so_much_is_remembered_and_looked_at"
        ),
        "Memory of unknown ids, per vendor": (
            "tests/scenarios/test_spellings.py::test_only_so_much_is_remembered_and_looked_at"
        ),
        "Long lists that are made at once": f"{LISTS}::test_32_long_lists_at_once_take_no_more_memory_than_a_few",
        "Long lists that wait for their turn": f"{LISTS}::test_one_that_waits_is_made_when_its_turn_comes",
        "Rows of a list that is not long": f"{LISTS}::test_beyond_those_a_long_list_is_refused",
        "Steps and edges of scenario versions that coverage counts": (
            "tests/journal/test_coverage.py::test_the_counts_of_versions_met_first_are_forgotten"
        ),
        "Head of a request": f"{WIRE}::test_the_sizes_are_as_documented",
        "Headers of a request": f"{WIRE}::test_the_sizes_are_as_documented",
        "Body of a request": f"{WIRE}::test_the_sizes_are_as_documented",
        "Requests that wait on one connection": f"{WIRE}::test_beyond_a_bound_no_more_is_read_while_a_response_is_late",
        "Connections": f"{WIRE}::test_one_connection_too_many_is_told_so_and_the_others_go_on",
        "Time for a head": f"{WIRE}::test_a_client_that_takes_too_long_is_cut",
        "Time for a body": f"{WIRE}::test_a_client_that_takes_too_long_is_cut",
        "Time between requests": f"{WIRE}::test_a_client_that_takes_too_long_is_cut",
        "Time for a client to read a response": f"{WIRE}::test_a_client_that_does_not_read_is_cut_in_the_end",
        "Time of a wait for requests": "tests/admin/test_requests.py::test_nobody_waits_too_long",
        "Waits for requests at once": "tests/admin/test_requests.py::test_while_fifty_wait_the_admin_api_answers",
        "Rows that a list of the admin API has": f"{LISTS}::test_a_longer_list_than_there_may_be_is_refused",
        "Bundle, unpacked": "tests/admin/test_steering.py::test_a_packed_body_that_cannot_be_read_is_refused",
        "Bodies that are remembered": f"{BODIES}::test_no_more_is_remembered_than_is_allowed",
        "Memory of remembered bodies": f"{BODIES}::test_bodies_take_no_more_memory_than_is_allowed",
        "Requests that are known by their bytes": f"{READER}::test_no_more_is_remembered_than_is_allowed",
        "Memory of known requests": f"{READER}::test_known_requests_take_no_more_memory_than_is_allowed",
        "Sets of headers that are known by their bytes": f"{READER}::test_no_more_heads_are_known_than_allowed",
        "Memory of known sets of headers": f"{READER}::test_known_requests_take_no_more_memory_than_is_allowed",
        "The longest request that becomes known": f"{READER}::test_what_is_long_is_not_remembered",
        "Headers of a request that becomes known": f"{READER}::test_what_has_many_headers_is_not_remembered",
    }
)
"""For each bound the test that goes beyond it."""


def test_every_bound_has_a_test_of_what_happens_beyond_it() -> None:
    assert TESTS.keys() == {bound.name for _, bound in bounds(ROOT)}


@pytest.mark.parametrize("test", sorted(set(TESTS.values())))
def test_the_test_of_a_bound_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert re.search(rf"def {re.escape(name)}\(", (ROOT / path).read_text("utf-8"))


def test_a_bound_with_a_setting_has_its_default_and_every_one_says_what_happens() -> None:
    listed = list(rows(ROOT))  # which asserts the defaults
    names = [name for name, *_ in listed]
    assert len(names) == len(set(names)) >= len(TESTS)
    assert all(beyond.endswith(".") for *_, beyond, _ in listed)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(64 << 20, "bytes", "64 MiB"), (1_500, "bytes", "1,500 bytes"), (10_000, "tasks", "10,000 tasks")],
)
def test_a_bound_is_written_as_people_write_it(value: int, unit: str, text: str) -> None:
    assert amount(value, unit) == text
