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
FAST = "tests/emulator/test_fast_path.py"
GIVEN = "tests/emulator/test_given.py"
LAYOUTS = "tests/vendors/test_layouts.py"
READER = "tests/wire/test_reader.py"
SOURCE = "tests/scenarios/test_source.py"
FOLDERS = "tests/scenarios/test_folders.py"
REFUSED = "tests/scenarios/test_refusals.py"
SIZES = "tests/scenarios/test_sizes.py"
TESTS: Mapping[str, str] = MappingProxyType(
    {
        "Decisions that are committed together to a shared store": (
            "tests/store/redis/test_exactly_once.py::test_decisions_are_committed_together_up_to_so_many"
        ),
        "Attempts to commit a decision while other servers change the same task": (
            "tests/store/redis/test_exactly_once.py::test_a_decision_that_others_always_come_before_is_given_up"
        ),
        "Response of a receiver of notifications": (
            "tests/notify/test_post.py::test_of_a_response_that_never_ends_the_first_bytes_are_read"
        ),
        "Bytes that a receiver of notifications sends before an attempt has what it reads of a response": (
            "tests/notify/test_post.py::test_what_never_becomes_a_response_is_read_up_to_a_bound"
        ),
        "Names of receivers that are looked up at once": (
            "tests/notify/test_post.py::test_look_ups_that_hang_are_bounded_and_hold_up_no_attempt"
        ),
        "Attempts to notify at once": "tests/notify/test_turns.py::test_so_many_turns_are_given_at_once_and_no_more",
        "Attempts to notify at once, of one host and port": (
            "tests/notify/test_turns.py::test_one_receiver_has_so_many_turns_and_holds_up_no_other"
        ),
        "Responses that are fetched later, under a WSGI server of one thread": (
            "tests/server/test_deferred.py::test_of_too_many_the_first_is_forgotten"
        ),
        "Shifts at once of tasks that have an address to notify": (
            "tests/control/test_walk.py::test_only_so_many_shifts_wait_for_receivers"
        ),
        "Calls at once that move the clock": (
            "tests/control/test_walk.py::test_only_so_many_calls_wait_to_move_the_clock"
        ),
        "Time that one call which makes time pass waits for receivers": (
            "tests/notify/test_postman.py::test_a_walk_waits_so_long_for_receivers_and_no_longer"
        ),
        "Text that says why credentials were refused": (
            "tests/vendors/test_signing.py::test_the_note_is_bounded_and_in_printable_ascii"
        ),
        "Operations of one submit": (
            "tests/vendors/test_submissions.py::test_the_first_field_that_does_not_fit_is_named"
        ),
        "Command, URL or notify address of a submit": (
            "tests/vendors/test_submissions.py::test_the_first_field_that_does_not_fit_is_named"
        ),
        "Different submits whose repetitions are counted": (
            "tests/emulator/test_submit.py::test_repetitions_are_counted_for_so_many_different_submits_only"
        ),
        "Entries of `notify.send` of a scenario": (
            "tests/scenarios/test_notify.py::test_so_many_notifications_and_no_more"
        ),
        "Notifications of one task that people asked for and that are still owed": (
            "tests/emulator/test_notifications.py::test_no_more_are_owed_at_once_than_a_person_may_ask_for"
        ),
        "Tasks": "tests/store/test_store.py::test_a_full_store_drops_the_task_that_ended_first_and_remembers_its_id",
        "Ids of dropped tasks that are remembered": (
            "tests/store/test_store.py::test_ended_tasks_make_room_for_ever_and_the_ids_dropped_last_are_remembered"
        ),
        "Exchanges in the journal": "tests/store/test_store.py::test_it_keeps_the_newest_entries_and_counts_them_all",
        "Polls that are computed ahead": "tests/admin/test_tasks.py::test_what_cannot_be_told_of_one_task_is_refused",
        "Tasks that one list looks at, if nothing is said": (
            "tests/control/test_listing.py::test_a_search_says_how_far_it_looked_and_goes_on_from_there"
        ),
        "Changes of step that no exchange tells": (
            "tests/journal/test_moves.py::test_beyond_the_bound_the_oldest_are_forgotten_and_no_exchange_is"
        ),
        "Lines of a body that are compared with those of another": (
            "tests/journal/test_changes.py::test_bodies_of_very_many_lines_are_not_compared"
        ),
        "What people set of one task: moved items, and why they failed": (
            "tests/control/test_moves.py::test_what_people_set_of_one_task_is_bounded_in_bytes"
        ),
        "Fragments of pages that are remembered": (
            "tests/dashboard/test_cost.py::test_only_so_many_fragments_are_remembered"
        ),
        "Actions that are remembered": "tests/admin/test_actions.py::test_the_newest_are_kept_and_all_are_counted",
        "Description of an action": "tests/admin/test_actions.py::test_the_newest_are_kept_and_all_are_counted",
        "Memory of the journal": "tests/store/test_store.py::test_it_is_bounded_in_bytes_too",
        "Scenario versions that nothing needs any more": (
            "tests/scenarios/test_catalogue_versions.py::test_tasks_are_asked_rarely_where_there_are_many"
        ),
        "Tasks that one list of what is owed looks at": (
            "tests/control/test_notifications.py::test_no_more_tasks_are_looked_at_than_may_be"
        ),
        "Owed notifications in one list": (
            "tests/control/test_notifications.py::test_no_more_of_what_is_owed_is_listed_than_may_be"
        ),
        "File that is imported": "tests/scenarios/test_foreign.py::test_a_file_that_is_too_large_is_refused",
        "Scenarios that one file is imported as": (
            "tests/scenarios/test_foreign.py::test_of_too_many_tasks_the_first_are_imported_and_the_others_listed"
        ),
        "Rules": "tests/control/test_rules.py::test_there_are_no_more_rules_than_there_may_be",
        "Armed faults": (
            "tests/control/test_armed.py::test_no_more_faults_are_armed_than_there_may_be_and_those_out_of_time_make_room"
        ),
        "Memory of armed faults": "tests/control/test_armed.py::test_armed_faults_are_bounded_in_bytes_too",
        "Memory of uploaded scenarios": "tests/control/test_scenarios.py::test_uploads_are_bounded_in_bytes",
        "Memory of the items that tasks were created with": (
            "tests/store/test_store.py::test_items_that_tasks_were_created_with_are_bounded_in_bytes"
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
        "Steps whose items' objects are remembered": f"{LAYOUTS}::test_no_more_steps_are_remembered_than_allowed",
        "Memory of remembered objects of items": f"{LAYOUTS}::test_objects_take_no_more_memory_than_is_allowed",
        "Requests that are known by their bytes": f"{READER}::test_no_more_is_remembered_than_is_allowed",
        "Memory of known requests and of what they showed last": (
            f"{READER}::test_known_requests_take_no_more_memory_than_is_allowed"
        ),
        "Sets of headers that are known by their bytes": f"{READER}::test_no_more_heads_are_known_than_allowed",
        "Memory of known sets of headers": f"{READER}::test_known_requests_take_no_more_memory_than_is_allowed",
        "Sets of headers of a GET that are known as a whole": f"{READER}::test_no_more_blocks_are_known_than_allowed",
        "Memory of sets of headers of a GET that are known as a whole": (
            f"{READER}::test_known_requests_take_no_more_memory_than_is_allowed"
        ),
        "Lists of items that tasks were created with and that are remembered": (
            f"{GIVEN}::test_no_more_lists_are_remembered_than_allowed"
        ),
        "Memory of remembered lists of items that tasks were created with": (
            f"{GIVEN}::test_lists_take_no_more_memory_than_is_counted"
        ),
        "Body that is remembered with the request it answers": (
            f"{FAST}::test_a_larger_body_than_is_remembered_is_left_to_the_stages"
        ),
        "Scenario versions whose polls may be answered by what is remembered, each for each vendor": (
            f"{FAST}::test_no_more_plans_are_remembered_than_allowed"
        ),
        "The longest request that becomes known": f"{READER}::test_what_is_long_is_not_remembered",
        "Headers of a request that becomes known": f"{READER}::test_what_has_many_headers_is_not_remembered",
        "Size of a scenario file": f"{SOURCE}::test_what_is_not_our_yaml_is_refused_at_its_line_and_column",
        "Values in a scenario file, aliases written out": (
            f"{SOURCE}::test_what_is_not_our_yaml_is_refused_at_its_line_and_column"
        ),
        "Nesting of a scenario file": f"{SOURCE}::test_what_is_not_our_yaml_is_refused_at_its_line_and_column",
        "Number in a scenario file": f"{SOURCE}::test_what_is_not_our_yaml_is_refused_at_its_line_and_column",
        "Ids and prefixes of scenarios among which the nearest to an unknown id is looked for": (
            "tests/scenarios/test_library.py::test_the_nearest_claim_is_looked_for_among_so_many"
        ),
        "Entries of a subfolder that are searched for scenario files": (
            f"{FOLDERS}::test_of_a_large_subfolder_only_so_many_entries_are_looked_at"
        ),
        "Names and ids among which the nearest to an unknown id is looked for, per vendor": (
            "tests/scenarios/test_spellings.py::test_only_so_much_is_remembered_and_looked_at"
        ),
        "Part of an unknown id for which the nearest name is looked for": (
            "tests/scenarios/test_spellings.py::test_only_so_much_is_remembered_and_looked_at"
        ),
        "Items in all different bodies of a scenario, with the values that `with` puts in": (
            f"{REFUSED}::test_checking_a_file_takes_bounded_work"
        ),
        "Runs of items of a step, and items with other steps, that a list of scenarios shows of one": (
            "tests/admin/test_scenarios.py::test_of_many_items_the_list_shows_the_first"
        ),
        "Polls of each vendor that a check of a scenario plays": (
            "tests/admin/test_scenarios.py::test_a_check_plays_only_so_many_polls"
        ),
        "Chains of items in the diagram of a page": (
            "tests/scenarios/test_panels.py::test_of_many_chains_the_first_are_drawn_and_the_others_counted"
        ),
        "Moments of the whole in the timeline of a scenario whose items walk alone, times its items": (
            f"{SIZES}::test_a_timeline_tells_only_so_many_moments_of_the_whole"
        ),
        "Items of a scenario, times the steps and branches of the one that has most": (
            f"{REFUSED}::test_a_bad_file_is_refused_with_what_is_wrong_where_and_what_to_do"
        ),
        "Name of a scenario": f"{REFUSED}::test_a_name_that_ids_could_not_tell_apart_is_refused",
        "Body that a fault gives": f"{SIZES}::test_a_fault_or_a_list_beyond_its_bound_is_refused",
        "Headers that a step or a fault sets and removes": (
            f"{SIZES}::test_a_fault_or_a_list_beyond_its_bound_is_refused"
        ),
        "Difference that a fault makes to Content-Length": (
            f"{SIZES}::test_a_fault_or_a_list_beyond_its_bound_is_refused"
        ),
        "Items, steps or faults of a scenario, and entries of any other list in it": (
            f"{REFUSED}::test_a_bad_file_is_refused_with_what_is_wrong_where_and_what_to_do"
        ),
        "Text in a scenario or in a request to the admin API, unless another row is about it": (
            f"{REFUSED}::test_a_bad_file_is_refused_with_what_is_wrong_where_and_what_to_do"
        ),
        "Polls that a step or an armed fault counts": f"{SIZES}::test_a_step_counts_only_so_many_polls",
        "Values of one body that `with` and `without` change": f"{SIZES}::test_a_body_is_changed_in_so_many_values",
        "Size of a file with a list of items": f"{FOLDERS}::test_a_bad_fixture_is_reported_where_it_is_used",
        "Nesting of a list of items": f"{FOLDERS}::test_a_bad_fixture_is_reported_where_it_is_used",
        "Items that `mock-server fixture` makes": (
            "tests/vendors/test_fixtures.py::test_a_pool_of_no_size_or_too_large_is_refused"
        ),
        "Id of a task": "tests/server/test_odd_ids.py::test_an_id_that_is_too_long_is_an_illegal_parameter",
        "Problems of one file or body that are listed": (
            f"{SIZES}::test_of_many_problems_the_first_are_listed_and_the_others_counted"
        ),
        "Problems that are counted beyond those listed": (
            f"{SIZES}::test_more_problems_than_are_counted_are_given_as_that"
        ),
        "Problems of one file or body whose hint takes a search": (
            f"{SIZES}::test_only_the_first_problems_cost_a_search_for_the_nearest_word"
        ),
        "Known names that a hint lists": f"{SIZES}::test_a_hint_lists_so_many_names_and_counts_the_others",
        "Known words among which a hint looks for the nearest": (
            f"{SIZES}::test_the_nearest_word_is_looked_for_among_so_many"
        ),
        "Part of a word for which a hint looks for the nearest": f"{SIZES}::test_of_a_long_word_so_much_is_compared",
        "Clients that have connected and wait to be accepted": (
            "tests/server/test_listen.py::test_clients_beyond_the_backlog_come_in_once_there_is_room"
        ),
        "Part of a PEM file in which the certificate or key is looked for": (
            "tests/server/test_pem.py::test_a_certificate_far_behind_the_beginning_of_a_file_counts_as_missing"
        ),
        "Lines of the log that wait for its reader": (
            "tests/cli/test_log_writer.py::test_a_reader_that_does_not_read_costs_lines_and_no_time"
        ),
        "Memory of lines of the log that wait for its reader": (
            "tests/cli/test_log_writer.py::test_a_reader_that_does_not_read_costs_lines_and_no_time"
        ),
        "Time for a server to end after a signal": (
            "tests/cli/test_ending.py::test_a_process_that_does_not_end_after_a_signal_is_ended_by_force"
        ),
        "Time for which a client that sends no more, and is owed a response, is taken to be there": (
            "tests/server/test_leaving.py::test_one_that_closed_is_asked_and_then_gone"
        ),
        "Refusals of what never became a request": (
            "tests/server/test_refusals.py::test_the_newest_are_kept_and_all_are_counted"
        ),
        "Part of what was refused that is kept": (
            "tests/server/test_refusals.py::test_the_newest_are_kept_and_all_are_counted"
        ),
        "Head of a request, with `--server flask`": (
            "tests/server/test_waitress.py::test_a_head_that_is_too_large_never_reaches_the_app"
        ),
        "Responses that are made or delayed at once, with `--server flask`": (
            "tests/server/test_waitress.py::test_more_delayed_responses_than_hands_all_arrive"
        ),
        "Connections, with `--server flask`": (
            "tests/server/test_waitress.py::test_a_connection_too_many_waits_until_another_ends"
        ),
        "Nesting of a body for the admin API": "tests/admin/test_errors.py::test_a_body_that_is_no_json_is_refused",
        "Whole number in a body for the admin API": (
            "tests/admin/test_errors.py::test_a_body_that_is_no_json_is_refused"
        ),
        "Speed of the clock": "tests/control/test_refusals.py::test_a_refusal_says_what_is_wrong_where_and_what_to_do",
        "Polls of one `mock-server record`": "tests/control/test_recording.py::test_so_many_polls_and_no_more",
        "Bodies of one `mock-server record`": "tests/control/test_recording.py::test_so_many_bytes_and_no_more",
        "Body of a response that `mock-server record` reads": (
            "tests/cli/test_record.py::test_a_body_that_is_too_large_is_not_kept"
        ),
        "Time of one request of `mock-server record`": (
            "tests/cli/test_record.py::test_a_response_that_does_not_come_in_time_hangs"
        ),
        "Notification that `mock-server receive` reads": (
            "tests/cli/test_receive.py::test_a_notification_that_is_too_long_is_refused"
        ),
        "Answers of one `--answer`": "tests/cli/test_receive.py::test_what_it_cannot_do_is_an_error_with_a_hint",
        "Line of an error on the command line": (
            "tests/cli/test_odd_worlds.py::test_a_long_line_keeps_its_beginning_and_its_end"
        ),
        "Variables `MOCK_SERVER_…` that are no settings, each with the nearest that is one": (
            "tests/test_settings.py::test_so_many_unknown_variables_are_counted"
        ),
        "Versions of scenarios whose texts a shared store keeps": (
            "tests/scenarios/test_sharing.py::test_texts_that_nobody_needs_make_room_for_new_ones"
        ),
        "Length of time that can be written, such as `10m`": (
            "tests/engine/test_durations.py::test_a_text_that_means_nothing_is_refused_with_what_was_expected"
        ),
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
