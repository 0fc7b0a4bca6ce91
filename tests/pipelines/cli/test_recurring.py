"""The verbs of a schedule in a cluster, as a user types them."""

import json
import re
from pathlib import Path

from configs.loading.packed_text import unpack
from tests.fakes.kfp_server import KfpServer
from tests.pipelines.cli.conftest import Command, compiled, scheduled
from tests.sandbox import YAML, Answer


def test_a_schedule_from_its_making_to_its_end(millrace: Command, server: KfpServer, config: str) -> None:
    apply = ("schedule", "apply", config, *scheduled(config))
    first = millrace(*apply, "--dry-run")
    assert first.stdout.splitlines()[0] == "trips: would be made"
    assert server.recurring_runs == {}
    made = millrace(*apply)
    (run_id,) = server.recurring_runs
    head, *times, link = made.stdout.splitlines()
    assert (made.code, head) == (0, "trips: made")
    assert link == f"Look at it  {server.host}/#/recurringrun/details/{run_id}"
    assert len(times) == 3
    assert all(re.fullmatch(r"Next        Mon \d{4}-\d\d-\d\d 03:00:00 UTC", time) for time in times)
    assert millrace(*apply, "--output", "json").record["done"] == "kept"
    assert "waits for its time" in millrace("schedule", "list", config).stdout
    assert millrace("schedule", "pause", config, "--dry-run").stdout == "trips: would be paused\n"
    paused = millrace("schedule", "pause", config, "--reason", "holidays")
    assert re.fullmatch(r"trips: paused by \S+@\S+ at 20\d\d-\d\d-\d\d \d\d:\d\d UTC: holidays\n", paused.stdout)
    assert "paused" in millrace("schedule", "list", config).stdout
    again = millrace(*apply).stdout.splitlines()
    assert (again[0], again[1]) == ("trips: kept", f"It stays paused, until: millrace schedule resume {config}")
    changed = millrace(*apply, "--set", "schedule.cron=0 4 * * 1").stdout.splitlines()
    assert changed[:2] == ["trips: replaced", "  cron: 0 0 3 * * 1 -> 0 0 4 * * 1"]
    (run_id,) = server.recurring_runs
    assert server.recurring_runs[run_id].mode == "DISABLE"
    assert millrace("schedule", "resume", config, "--dry-run").stdout == "trips would go on\n"
    assert server.recurring_runs[run_id].mode == "DISABLE"
    assert millrace("schedule", "resume", config).stdout == "trips goes on\n"
    assert server.recurring_runs[run_id].mode == "ENABLE"
    assert millrace("schedule", "delete", config, "--dry-run").stdout == f"would delete trips ({run_id})\n"
    assert list(server.recurring_runs) == [run_id]
    assert millrace("schedule", "delete", config).stdout == f"delete trips ({run_id})\n"
    assert server.recurring_runs == {}
    gone = millrace("schedule", "resume", config)
    assert (gone.code, gone.stderr.splitlines()[1]) == (2, f"Run: millrace schedule apply {config}")


def test_a_schedule_whose_run_is_at_work_is_paused_or_ended_with_that(
    millrace: Command, server: KfpServer, config: str
) -> None:
    millrace("schedule", "apply", config, *scheduled(config))
    (recurring,) = server.recurring_runs
    run = server.fire(recurring).run_id
    would = millrace("schedule", "delete", config, "--dry-run")
    assert would.stdout == f"would delete trips ({recurring}), once its run {run} has ended\n"
    assert f"is paused, not deleted: its run {run} goes on" in millrace("schedule", "delete", config).stdout
    assert (run in server.workflows, server.recurring_runs[recurring].mode) == (True, "DISABLE")
    assert millrace("schedule", "delete", config, "--now").stdout == f"delete trips ({recurring})\n"
    assert (server.recurring_runs, server.runs[run].state) == ({}, "CANCELED")


def test_a_schedule_answers_a_script(millrace: Command, server: KfpServer, config: str) -> None:
    record = millrace("schedule", "apply", config, *scheduled(config), "--output", "json").record
    (run_id,) = server.recurring_runs
    assert (record["done"], record["id"], record["cron"], len(record["next"])) == ("made", run_id, "0 0 3 * * 1", 3)
    (listed,) = json.loads(millrace("schedule", "list", config, "--output", "json").stdout)
    assert listed["last_run"] is None
    assert (listed["pipeline"], listed["paused"], listed["next"]) == ("trips", None, record["next"][0])
    assert {key: record[key] for key in listed.keys() & record.keys() - {"next"}} == {
        key: listed[key] for key in listed.keys() & record.keys() - {"next"}
    }
    (fired,) = (server.fire(run_id),)
    (listed,) = json.loads(millrace("schedule", "list", config, "--output", "json").stdout)
    assert (listed["last_run"]["run"], listed["last_run"]["state"]) == (fired.run_id, "PENDING")


def test_without_a_schedule_there_is_nothing_to_apply(millrace: Command, server: KfpServer, config: str) -> None:
    Path(config).write_text(YAML)
    answer = millrace("schedule", "apply", config, *scheduled(config))
    said = "schedule: The config has no schedule.\nAdd one, like schedule: {cron: '0 3 * * 1'}.\n"
    assert answer == Answer(2, "", said)
    assert server.asked == []


def test_a_schedule_is_triggered_now_with_the_parameters_of_its_recurring_run(
    millrace: Command, server: KfpServer, config: str
) -> None:
    millrace("schedule", "apply", config, *scheduled(config), "--param", "cache=false")
    assert millrace("schedule", "trigger", config, "--dry-run").stdout == "trips would run now\n"
    said = millrace("schedule", "trigger", config, "--reason", "$(NAME) asked")
    (run_id,) = server.runs
    assert said.stdout == f"trips runs now\nRun         {run_id}\nLook at it  {server.host}/#/runs/details/{run_id}\n"
    run = server.runs[run_id]
    (version,) = server.versions.values()
    assert run.pipeline_version_reference.pipeline_version_id == version.pipeline_version_id
    asked = unpack(run.runtime_config.parameters.pop("asked"), "asked")
    assert re.fullmatch(r"\S+@\S+ asks: \$\(NAME\) asked", asked)
    assert (run.runtime_config.parameters, run.service_account) == ({"cache": False}, "millrace")


def test_nobody_triggers_what_there_is_not(millrace: Command, config: str) -> None:
    said = millrace("schedule", "trigger", config)
    assert said == Answer(
        2, "", f"{config}: The pipeline has no recurring run.\nRun: millrace schedule apply {config}\n"
    )


def test_a_pipeline_that_does_not_ask_its_schedule_is_not_applied(
    millrace: Command, server: KfpServer, config: str
) -> None:
    option, file = compiled(config)
    said = millrace("schedule", "apply", config, option, file)
    what = f"{file}: its runs would not ask the schedule whether to train.\nCompile it with --scheduled.\n"
    assert said == Answer(2, "", what)
    assert server.asked == []


def test_one_that_asks_trains_in_any_case_where_it_is_submitted(
    millrace: Command, server: KfpServer, config: str
) -> None:
    millrace("submit", config, *scheduled(config))
    (run,) = server.runs.values()
    assert re.fullmatch(r"\S+@\S+ submits it", run.runtime_config.parameters["asked"])
