"""Faults of input, disk, command line and image: what is given, what is right, and the tests of it."""

import pytest

from tests.integration.faults.table import check_row

SERVING = "tests/pipelines/serving"
LOADER = "tests/configs/loading/test_loader.py"
PLACES = "tests/integration/faults/test_places.py"
FAILURE = "tests/pipelines/cli/test_failure.py"
IMAGE = "tests/cluster/test_image_context.py"
OUTPUT = "tests/pipelines/runs/test_output_file.py"
PREDICT = "tests/integration/test_predict.py"
SPACE = "tests/pipelines/execution/test_disk_space.py"
ROWS = {  # what is given: what is right, and the tests that give it
    "secrets and leftovers of every kind in the checkout, and an image": (
        "none of them is in it",
        f"{IMAGE}::test_what_is_in_the_context_is_the_code_and_no_canary",
        f"{IMAGE}::test_an_image_built_of_the_context_holds_no_canary",
    ),
    "a YAML of any bytes": (
        "exit 2 with file and line",
        f"{LOADER}::test_whatever_the_bytes_a_config_is_read_or_refused_by_its_line",
        f"{LOADER}::test_what_readers_stumble_over_is_named",
    ),
    "a URL that names no metadata store": (
        "refused by validate, and no password told",
        f"{LOADER}::test_a_metadata_store_that_is_none_is_refused_and_no_password_told",
        "tests/configs/schema/test_metadata_store.py::test_another_url_is_refused_where_it_stands",
    ),
    "a YAML of 50 MB": ("refused unread", f"{LOADER}::test_a_file_as_long_as_no_config_is_refused_unread"),
    "--output json, and a command that fails": (
        "the error as JSON on standard output, for every verb",
        f"{FAILURE}::test_an_option_that_is_none_is_told_in_json",
        f"{FAILURE}::test_a_config_that_is_wrong_is_told_in_json",
    ),
    "a folder, lock or target that cannot be written, or is something else": (
        "one paragraph and exit 2 or 1, whatever the verb",
        f"{PLACES}::test_every_verb_says_in_a_paragraph_what_cannot_be_done",
        f"{PLACES}::test_a_target_that_cannot_be_written_is_told_by_every_verb",
        "tests/configs/test_errors.py::test_a_name_that_cannot_be_is_the_users_fault",
        "tests/configs/test_errors.py::test_what_the_machine_refuses_is_its_own_fault",
    ),
    "an input that is the output as well": (
        "refused by any of its names; what is replaced stays until all is written",
        f"{PREDICT}::test_the_input_is_never_written_over_whatever_its_name",
        f"{PREDICT}::test_what_is_replaced_is_there_until_all_is_scored",
        f"{OUTPUT}::test_a_file_is_not_written_over_what_is_read_by_any_name",
    ),
    "text after a closing quote, or any other quoting of CSV": (
        "read as Python's strict reader reads it, or refused with the row",
        "tests/components/readers/test_delimited.py::"
        "test_text_after_a_closing_quote_is_refused_in_training_as_in_scoring",
        "tests/components/readers/test_delimited.py::test_a_file_is_read_as_python_reads_it_or_refused",
    ),
    "a disk that fills up, or is nearly full before a run": (
        "the node, what it needed and what is free; the run is recorded",
        "tests/integration/faults/test_disk.py::test_a_disk_that_a_node_fills_is_said_and_the_run_is_recorded",
        f"{SPACE}::test_a_run_needs_what_the_last_one_that_ended_well_left",
        f"{SPACE}::test_what_is_set_aside_lets_a_run_on_a_full_disk_say_how_it_ended",
    ),
    "tuning.search=hyperband": (
        "works on both stacks",
        "tests/trainer/test_tuner_fn.py::test_tfx_writes_down_what_each_search_found",
    ),
    "pip install . away from the checkout": (
        "refused in a sentence",
        "tests/test_setup.py::test_an_installation_away_from_the_checkout_is_refused_in_a_sentence",
    ),
    "a config outside of the checkout, for a cluster": (
        "its files come along, and no others",
        "tests/pipelines/compiler/test_container_plan.py::"
        "test_the_files_of_a_config_outside_of_the_repository_come_along",
        "tests/pipelines/compiler/test_own_files.py::test_what_is_gathered_is_for_anybody_to_read_and_nothing_else",
    ),
    "a version with a model.py": (
        "refused by serve --no-code",
        "tests/pipelines/serving/test_model_manager.py::test_a_version_that_brings_code_can_be_refused",
    ),
    "a private column in a request, however its Example is spelled": (
        "nowhere in the request log",
        f"{SERVING}/test_disclosure.py::test_a_private_column_is_left_out_of_an_example",
        f"{SERVING}/test_disclosure.py::test_a_private_tensor_is_left_out_by_its_own_name",
        f"{SERVING}/test_request_log.py::test_what_was_asked_and_answered_is_read_back_and_what_is_private_is_not_there",
        f"{SERVING}/test_request_log.py::test_a_version_that_does_not_say_what_is_private_is_not_logged",
    ),
    "a private column that is misspelled, and a share of nan": (
        "exit 2: neither would keep anything back",
        "tests/configs/schema/test_config.py::test_a_private_column_that_is_none_is_refused_for_it_would_not_be_kept",
        f"{SERVING}/test_request_log.py::test_a_share_is_a_part",
    ),
    "a request log on a slow, full or lost disk, and kill -9 of its server": (
        "no request waits or fails; what is dropped is counted; no record is cut; the disk it takes has a bound",
        f"{SERVING}/test_request_log.py::test_a_slow_disk_delays_no_request_and_what_is_dropped_is_counted",
        f"{SERVING}/test_request_log.py::test_a_disk_that_refuses_is_said_once_and_so_is_its_end",
        f"{SERVING}/test_record_files.py::test_a_full_disk_cuts_no_record",
        f"{SERVING}/test_record_files.py::test_what_a_killed_server_left_is_closed_and_what_a_living_one_writes_is_not",
        f"{SERVING}/test_record_files.py::test_others_that_write_leave_no_room_and_nothing_goes_beyond_it",
    ),
    "a weakness that is known of a locked package, and a service that answers by halves": (
        "`make audit` fails, unless the finding was accepted with date, reason and reach",
        "tests/test_audit.py::test_what_is_known_and_not_accepted_fails_and_names_package_lock_and_mend",
        "tests/test_audit.py::test_no_answer_and_half_an_answer_are_no_audit",
    ),
    "a home that is lost": (
        "put back by what docs/operations.md says",
        "tests/integration/test_operations.py::test_a_home_that_was_put_back_is_what_it_was",
    ),
}


@pytest.mark.parametrize("given", ROWS)
def test_every_row_has_its_tests(given: str) -> None:
    check_row(ROWS, given)
