"""Bad input through the command line: it is named on the screen, and what is in service stays as it was."""

import csv
import json
import resource
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from components.registry.versions import in_service
from tests.sandbox import Sandbox


def refuse(place: Sandbox, code: int, *arguments: str) -> str:
    """Runs the pipeline, which must end with this code and publish nothing; returns what the screen says."""
    before = in_service(place.home)
    answer = place.millrace("run", *arguments)
    assert answer.code == code, answer.stdout + answer.stderr
    assert in_service(place.home) == before is not None  # its files verified, too
    assert "; nothing was published.\n" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr
    return answer.stdout


def complete(place: Sandbox) -> None:
    """Runs the pipeline as it was at first, which must complete with what it knows."""
    answer = place.run()
    assert (answer.code, answer.states["Trainer"], answer.record["published"]) == (0, "cached", None), answer.stderr


def spoil(place: Sandbox, numbers: Iterable[int], column: str, cell: bytes) -> None:
    """Replaces the cells of a column in some rows of the data; its header is row 1."""
    rows = [line.split(b",") for line in place.data.read_bytes().splitlines()]
    index = rows[0].index(column.encode())
    for number in numbers:
        rows[number - 1][index] = cell
    place.data.write_bytes(b"".join(b",".join(cells) + b"\n" for cells in rows))


def cpu_seconds() -> float:
    """The time that the processes started so far have computed, whatever else the machine does."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.fixture(scope="session")
def loading_tensorflow() -> float:
    """The CPU seconds that loading TensorFlow alone takes on this machine, a measure for what must be quick."""
    before = cpu_seconds()
    subprocess.run([sys.executable, "-c", "import tensorflow"], check=True, capture_output=True)
    return cpu_seconds() - before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "column", "cell", "said"),
    [
        (1000, "big_tipper", b"1,1", "The row has 20 fields; the header has 19.\nCorrect the row: a comma"),
        (1000, "fare", b"abc", "`abc` is not a finite number, as a numeric column needs.\nCorrect the cell."),
        (1000, "company", b"Caf\xe9", "(0xe9) is not UTF-8.\nSave the file as UTF-8."),
        (1, "big_tipper", b"tipped", "The column `big_tipper` is absent. The nearest is `tipped`. The columns are:"),
    ],
    ids=["a field too many", "text for a number", "no UTF-8", "no label"],
)
def test_faulty_data_is_rejected_before_tensorflow_is_loaded(sandbox, loading_tensorflow, row, column, cell, said):
    spoil(sandbox, [row], column, cell)
    before = cpu_seconds()
    screen = refuse(sandbox, 3)
    assert cpu_seconds() - before < loading_tensorflow
    where = f"{sandbox.data}:{row}:{column}: " if cell == b"abc" else f"{sandbox.data}:{row}: "
    assert f"\nData rejected; nothing was published.\n{where}" in screen
    assert said in screen


@pytest.mark.slow
def test_a_path_that_matches_nothing_is_rejected(sandbox):
    wrong = f"{sandbox.folder}/july-*.csv"
    assert f"\n{wrong}: No file matches.\nCorrect data.path.\n" in refuse(sandbox, 3, "--set", f"data.path={wrong}")


@pytest.mark.slow
def test_an_empty_split_is_rejected_and_the_whole_data_completes(sandbox):
    whole = sandbox.data.read_text()
    with sandbox.data.open(newline="") as file:
        rows = {row["big_tipper"]: row for row in csv.DictReader(file)}
    with sandbox.data.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows["0"])
        writer.writeheader()
        writer.writerows(rows.values())
    screen = refuse(sandbox, 3)
    assert f"\n{sandbox.data}: The split `" in screen
    assert "` comes out empty; rows: train " in screen
    assert "Add rows, or give the split a larger part in data.split." in screen
    sandbox.data.write_text(whole)
    complete(sandbox)


@pytest.mark.slow
def test_anomalies_stop_a_run_unless_a_reason_is_given_which_is_kept(sandbox):
    spoil(sandbox, range(2, 2000, 20), "payment_type", b"Seashells")
    spoil(sandbox, range(3, 2000, 20), "fare", b"88888")
    screen = refuse(sandbox, 3)
    assert "\nDataGate: 6 anomalies in the data:\n" in screen
    assert "payment_type (train split): Examples contain values missing from the schema: Seashells (~" in screen
    assert "). At most 1.0% of the rows may. [ENUM_TYPE_UNEXPECTED_STRING_VALUES, gate.unseen]\n" in screen
    assert "fare (train split): At least " in screen
    assert "as 88888 does; at most 1.0% may. [OUT_OF_RANGE, gate.unseen]\n" in screen
    assert "change gate.unseen in the config, or run again with --accept-anomalies REASON. " in screen
    assert "`millrace schema diff CONFIG` lists what is new" in screen

    accepted = sandbox.run("--until", "DataGate", "--accept-anomalies", "shells are legal tender: 10% #1")
    assert accepted.code == 0, accepted.stderr
    assert json.loads(Path(accepted.record["folder"], "run.json").read_text()) == accepted.record
    gate = accepted.record["nodes"][-1]
    assert gate["details"]["accepted"] == "shells are legal tender: 10% #1"
    kept = json.loads(Path(gate["outputs"]["anomalies"][0], "anomalies.json").read_text())
    assert (kept["accepted"], len(kept["anomalies"])) == ("shells are legal tender: 10% #1", 6)


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_training_at_once(sandbox):
    screen = refuse(sandbox, 1, "--set", "training.optimizer={name: sgd, learning_rate: 1e9}")
    assert "\nTrainer: The loss became " in screen
    assert "; the last finite loss was " in screen
    assert "Lower training.optimizer.learning_rate" in screen


@pytest.mark.slow
def test_a_worse_model_is_not_blessed_but_can_be_promoted_and_taken_back(sandbox):
    first = in_service(sandbox.home)
    worse = ["training.optimizer.learning_rate=1e-6", "evaluation.thresholds.auc={max_drop: 0.01}"]
    screen = refuse(sandbox, 4, "--set", worse[0], "--set", worse[1])
    assert f" against {first.manifest['metrics']['auc']:.4f} in service: a change of -0." in screen
    assert "where -0.0100 is the limit" in screen
    assert "or put it into service all the same with `millrace promote CONFIG --run RUN --reason REASON`." in screen

    reason = "the fair is in town"
    would = sandbox.millrace("promote", "--reason", reason, "--dry-run")
    assert (would.code, would.stdout) == (0, "The candidate would be published.\n")
    assert in_service(sandbox.home) == first
    promoted = json.loads(sandbox.millrace("promote", "--reason", reason, "--output", "json").stdout)
    assert [promoted[key] for key in ("number", "event", "reason")] == [2, "promoted", reason]
    assert promoted["model_digest"] != first.model_digest
    assert in_service(sandbox.home).manifest == promoted

    would = sandbox.millrace("rollback", "--dry-run")
    assert (would.code, would.stdout) == (0, "Version 1 would be published again.\n")
    assert in_service(sandbox.home).number == 2
    back = sandbox.millrace("rollback", "--reason", "it is over")
    assert (back.code, back.stdout) == (0, "Version 3 is in service: version 1, published again.\n")
    assert in_service(sandbox.home).model_digest == first.model_digest
    audit = json.loads(sandbox.millrace("history", "--output", "json").stdout)
    assert [(line["event"], line["of"], line["reason"]) for line in audit] == [
        ("published", None, ""),
        ("promoted", None, reason),
        ("rolled_back", 1, "it is over"),
    ]
    assert [line["by"].count("@") for line in audit] == [1, 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["validate", "run"])
@pytest.mark.parametrize(
    ("good", "bad", "key", "said"),
    [
        ("epochs: 1", "epohs: 1", "training.epohs", "unknown key 'epohs'.\nDid you mean 'epochs'?"),
        ("epochs: 1", "epochs: one", "training.epochs", "should be a whole number, not 'one'."),
        (
            "storage:",
            "schedule: {cron: 61 * * * *}\nstorage:",
            "schedule.cron",
            "'61 * * * *' is no cron expression: bad minute.",
        ),
        (
            "storage:",
            "resources: {Trainer: {accelerator: {type: tpu-v6e-slice, topology: 2x3}}}\nstorage:",
            "resources.Trainer.accelerator",
            "a topology of 'tpu-v6e-slice' is two powers of two, like '2x4', not '2x3'.",
        ),
        (
            "storage:",
            "gate:\n  drift: ${MILLRACE_ABSENT}\nstorage:",
            "gate.drift",
            "the environment has no variable 'MILLRACE_ABSENT'.\nSet MILLRACE_ABSENT, or write the value itself.",
        ),
    ],
    ids=["an unknown key", "a wrong type", "a bad cron", "an impossible topology", "a missing variable"],
)
def test_a_config_that_is_wrong_is_refused_at_once(fresh, loading_tensorflow, verb, good, bad, key, said):
    text = fresh.config.read_text()
    assert good in text
    fresh.config.write_text(text.replace(good, bad))
    line = text[: text.index(good)].count("\n") + 1 + bad.startswith("gate:")
    before = cpu_seconds()
    answer = fresh.millrace(verb)
    assert cpu_seconds() - before < loading_tensorflow / 3
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr == f"{fresh.config}:{line}:{key}: {said}\n"
    assert not fresh.home.root.exists()


@pytest.mark.slow
def test_a_feature_that_the_data_lacks_is_named_with_its_key(fresh, loading_tensorflow):
    before = cpu_seconds()
    answer = fresh.millrace("run", "--set", "features.fares={kind: numeric}")
    assert cpu_seconds() - before < loading_tensorflow
    assert answer.code == 3
    assert f"{fresh.data}:1: The column `fares` is absent. The nearest is `fare`." in answer.stdout
    assert "\nCorrect features.fares in the config, or the header.\n\nIn service  nothing yet\n" in answer.stdout
