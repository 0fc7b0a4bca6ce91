import json
import subprocess
import sys

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from components.schemas.evolution import by_name
from components.schemas.tfdv_schema import read_schema
from configs.errors import ConfigError
from configs.loading.loader import load
from pipelines.onboarding.schema_review import accommodate, as_text
from tests.components.schemas.columns import changes, known, new, statistics
from tests.sandbox import ROOT, Sandbox


def test_an_accepted_schema_allows_what_was_known_and_what_was_seen():
    accepted = by_name(accommodate(known(), new()))
    assert list(accepted["company"].string_domain.value) == ["Blue", "Green", "Jade", "Red"]
    assert (accepted["miles"].float_domain.min, accepted["miles"].float_domain.max) == (-2.5, 30.0)
    assert list(by_name(known())["company"].string_domain.value) == ["Blue", "Red"]


def test_after_acceptance_only_what_was_not_seen_differs():
    assert changes(accommodate(known(), new()), new()) == [("company", "values not seen", "Red")]


def test_values_may_be_missing_once_that_is_accepted():
    some = {"train": statistics(company=["Blue", "Red"], miles=[1.0, None])}
    assert by_name(known())["miles"].presence.min_fraction == 1
    assert by_name(accommodate(known(), some))["miles"].presence.min_fraction == 0


def test_a_limit_that_is_open_stays_open():
    curated = schema_pb2.Schema()
    curated.feature.add(name="miles", type=schema_pb2.FLOAT).float_domain.min = 0.0
    assert changes(curated, new())[0] == ("miles", "wider range", "0 to any → -2.5 to any")
    accepted = by_name(accommodate(curated, new()))["miles"].float_domain
    assert (accepted.min, accepted.HasField("max")) == (-2.5, False)


def test_values_that_a_curated_schema_shares_between_columns_are_widened_there():
    curated = schema_pb2.Schema()
    curated.feature.add(name="company", type=schema_pb2.BYTES, domain="companies")
    curated.string_domain.add(name="companies", value=["Red"])
    accepted = accommodate(curated, new())
    assert list(accepted.string_domain[0].value) == ["Blue", "Green", "Jade", "Red"]


def test_a_type_changes_only_where_that_is_asked_for():
    now = {"train": statistics(company=[1.5, 2.5], miles=[1.0, 2.0])}
    with pytest.raises(ConfigError) as told:
        accommodate(known(), now)
    assert told.value.what == "the column `company` was BYTES and is FLOAT now; no type changes by itself"
    assert told.value.remedy == "Correct its kind, or accept it: --retype company."
    accepted = by_name(accommodate(known(), now, retype=["company"]))["company"]
    assert (accepted.type, accepted.float_domain.max) == (schema_pb2.FLOAT, 3.5)


def test_columns_follow_the_data():
    now = {"train": statistics(tip=[1.0, 2.0], miles=[1.0, 2.0])}
    assert set(by_name(accommodate(known(), now))) == {"tip", "miles"}


def test_the_text_reads_back_as_the_schema(tmp_path):
    (tmp_path / "schema.pbtxt").write_text(as_text(known()))
    assert read_schema(tmp_path / "schema.pbtxt") == known()


def curate(place: Sandbox, verb: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipelines", "schema", verb, str(place.config), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.full
def test_a_new_category_that_stopped_a_run_is_accepted_by_one_command(sandbox: Sandbox) -> None:
    usual = sandbox.data.read_text()
    same = curate(sandbox, "diff")
    assert (same.returncode, same.stderr) == (0, "")
    assert same.stdout.endswith("is as the schema says (of version 1).\n")

    sandbox.data.write_text(usual.replace(",Cash,", ",Seashells,"))
    assert sandbox.run("--set", "gate.drift=null").code == 3
    found = curate(sandbox, "diff", "--output", "json")
    assert found.returncode == 1
    assert json.loads(found.stdout) == [
        {"column": "payment_type", "change": "new values", "text": "Seashells"},
        {"column": "payment_type", "change": "values not seen", "text": "Cash"},
    ]

    file, config = sandbox.folder / "trips.schema.pbtxt", sandbox.config.read_text()
    would = curate(sandbox, "accept", "--dry-run")
    assert (would.returncode, file.exists(), sandbox.config.read_text()) == (0, False, config)
    accepted = curate(sandbox, "accept")
    assert accepted.stdout.endswith(f"{file} written. {sandbox.config} names it.\n")
    assert "schema_file: trips.schema.pbtxt" in sandbox.config.read_text()
    assert "Seashells" in by_name(read_schema(file))["payment_type"].string_domain.value
    assert load(sandbox.config).data.schema_file == str(file)
    shown = curate(sandbox, "show")
    assert shown.stdout == f"# curated in {file}\n{file.read_text()}"

    again = sandbox.run("--set", "gate.drift=null", "--until", "DataGate")
    assert again.code == 0, again.stdout
