import json

from typer.testing import CliRunner

from configs.loading.loader import load
from pipelines.cli.app import app
from tests.pipelines.schedule.records import leave_record
from tests.sandbox import YAML, Sandbox


def test_each_pipeline_of_a_folder_is_shown_and_one_that_is_broken_says_so(fresh: Sandbox) -> None:
    (fresh.folder / "odd.yaml").write_text("name: [\n")
    (fresh.folder / "iris.yaml").write_text(YAML.replace("trips", "iris"))
    leave_record(load(fresh.config), "r1", exit_code=4)
    shown = CliRunner().invoke(app, ["status", "--folder", str(fresh.folder)]).stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["pipeline", "iris", "odd", "trips"]
    assert "none yet" in shown[1]
    assert "odd.yaml:2" in shown[2] or "odd.yaml:1" in shown[2]
    assert "2026-06-01T03:00, exit code 4: due: its time" in shown[3]


def test_a_script_reads_the_same(fresh: Sandbox) -> None:
    said = CliRunner().invoke(app, ["status", str(fresh.config), "--output", "json"])
    [told] = json.loads(said.stdout)
    assert (told["pipeline"], told["version"], told["waits"], told["error"]) == (
        "trips",
        None,
        "it has no schedule",
        None,
    )


def test_there_has_to_be_something_to_look_at() -> None:
    assert "There is nothing to look at" in str(CliRunner().invoke(app, ["status"]).exception)
