"""Every value of every choice in the schema is run once, here, by a shipped YAML or elsewhere, so that none is dead."""

import ast
import bz2
import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from configs.loading.loader import load
from configs.repository import ROOT
from configs.samples import catalog
from tests.integration.choices import list_choices, list_taken
from tests.sandbox import YAML, Sandbox

ROWS = 600
SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))  # tests/integration/test_shipped.py runs each of them
SERIES = "tests/integration/test_series.py"
DISTRIBUTION = "tests/trainer/training/test_distribution.py"
ELSEWHERE = {  # what no run here can have, and the test that tries each value of it
    "beam.*runner": "tests/integration/test_beam.py::test_an_engine_gives_what_this_machine_gives",
    "cluster.access.kind": "tests/pipelines/remote/test_kubeflow_client.py::*",
    "cluster.access.token": "tests/pipelines/remote/test_openid.py::test_a_server_is_asked_with_the_token",
    "cluster.steps each": "tests/pipelines/compiler/test_container_plan.py::"
    "test_a_container_for_each_node_in_the_order_of_the_graph",
    "data.gaps": "tests/components/readers/test_spans.py::test_gaps_are_*",
    "data.format sql": "tests/components/readers/test_query.py::test_rows_are_what_the_database_answers",
    "data.format json": "tests/components/readers/test_json_array.py::test_what_pandas_writes_is_read",
    "data.format text": "tests/components/readers/test_class_folders.py::test_a_text_is_a_row_by_file_or_by_line",
    "data.format tfrecord": "tests/components/readers/test_tfrecord.py::test_examples_are_rows_whose_zeros_are_zeros",
    "data.format workbook": "tests/components/readers/test_workbook.py::test_a_sheet_is_read_by_its_name",
    "features.?.channels 3": "tests/components/validation/test_image_cells.py::"
    "test_a_jpeg_of_printers_colours_is_seen_as_a_viewer_shows_it",
    "label.kind multilabel": "tests/integration/test_multilabel.py::test_several_classes_at_once_are_learnt_and_named",
    "model.encoders.?.kind keras": "tests/trainer/models/test_pretrained.py::test_its_weights_come_along_and_rest",
    "model.encoders.?.*": "tests/trainer/models/test_families.py::"
    "test_a_family_has_the_parameters_that_its_layers_add_up_to",  # and each encoder by the family that it is of
    "model.family custom": "tests/integration/test_families.py::"
    "test_a_model_of_ones_own_is_published_and_trained_anew_once_it_changes",
    "notify.*": "tests/pipelines/notify/test_channels.py::*",
    "resources.*": "tests/pipelines/compiler/test_engines.py::test_each_release_s_own_protos_read_what_is_shipped",
    "schedule.*": "tests/pipelines/schedule/test_decision.py::*",
    "training.loss.name pinball": f"{SERIES}::test_a_series_is_forecast_past_its_end",
    "training.device [gt]pu": f"{DISTRIBUTION}::test_a_device_that_is_absent_fails_by_name",
}
ACTIVATIONS = [
    "elu",
    "gelu",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
]
OPTIMIZERS = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]
SCHEDULES = ["constant", "exponential", "cosine", "plateau"]
SCORES = ["auc", "auc_pr", "accuracy", "precision", "recall"]
ERRORS = ["rmse", "mae", "r2"]
SIGNS = [(".", ""), (".", ","), (",", "."), (",", " "), (".", "'")]  # decimal and thousands


@dataclass(frozen=True)
class Case:
    """A run: the config, what overrides it, how its file is written, and by which signs its numbers."""

    config: str
    overrides: Sequence[str]
    suffix: str = ".csv"
    signs: tuple[str, str] = (".", "")


def spell(settings: Mapping[str, Any]) -> list[str]:
    return [f"{key}={json.dumps(value)}" for key, value in settings.items()]


def classify(number: int) -> Case:
    """A run that tells two classes apart, with the values that its number stands for."""
    search = ["hyperband", "random", "bayesian"][number % 3]
    suffix = [".csv", ".parquet", ".jsonl", ".csv.gz", ".csv.bz2", ".csv.zst"][number % 6]
    compression = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}.get(suffix[4:])
    settings: dict[str, Any] = {
        "model.activation": ACTIVATIONS[number],
        "training.optimizer.name": OPTIMIZERS[number % len(OPTIMIZERS)],
        "training.optimizer.schedule": {"kind": SCHEDULES[number % len(SCHEDULES)]},
        "training.epochs": 2,
        "training.batch_size": "auto" if number % 2 else 64,
        "training.cache": ["auto", "memory", "none"][number % 3],
        "training.class_weights": "balanced" if number % 2 else None,
        "training.device": ["auto", "cpu"][number % 2],
        "training.loss": {"name": ["cross_entropy", "hinge"][number % 2]},
        "training.metrics": SCORES,
        "training.precision": ["float32", "mixed_float16", "mixed_bfloat16"][number % 3],
        "training.steps_per_execution": "auto",
        "tuning": {
            "search": search,
            "objective": SCORES[number % len(SCORES)],
            "space": {
                "training.optimizer.learning_rate": {"min": 1e-3, "max": 1e-2, "scale": ["log", "linear"][number % 2]}
            },
            **({"factor": 2} if search == "hyperband" else {"trials": 2}),
        },
        "features.fare.scale": ["none", "log", "min_max", "z_score"][number % 4],
        "features.trip_miles.impute": "mean",
        "features.cash.kind": "boolean",
        "features.trip_start_timestamp": {"kind": "timestamp", "format": "seconds", "parts": PARTS[number % 2]},
        "label.missing": ["refuse", "drop"][number % 2],
        "data.format": suffix.split(".")[1],
        "data.path": f"rows{suffix}",
        "data.compression": compression,
        "evaluation.thresholds": {"auc": {"min": 0.0}},
        "baselines": ["majority", "logistic", "tree", "svm"],
    }
    return Case(YAML, spell(settings), suffix)


def measure(number: int) -> Case:
    """A run that tells a number, with the values that its own stands for."""
    decimal, thousands = SIGNS[number]
    own_decimal, own_thousands = SIGNS[(number + 1) % len(SIGNS)]
    settings = {
        "label": {"name": "fare", "kind": "regression", "decimal": decimal, "thousands": thousands},
        "data.path": "rows.csv",
        "data.decimal": own_decimal,
        "data.thousands": own_thousands,
        "features": {
            "trip_miles": {"kind": "numeric", "decimal": decimal, "thousands": thousands},
            "company": {"kind": "categorical", "vocabulary": 20},
        },
        "training.loss": {"name": ["mse", "mae", "huber"][number % 3]},
        "training.metrics": ERRORS,
        "tuning": {
            "search": "random",
            "trials": 2,
            "objective": [*ERRORS, "loss"][number % 4],
            "space": {"training.optimizer.learning_rate": {"min": 1e-3, "max": 1e-2}},
        },
        "evaluation.thresholds": {"rmse": {"max": 1e9}},
        "baselines": ["mean", "linear", "tree", "svm"],
    }
    return Case(YAML, spell(settings), signs=SIGNS[number])


def vary(config: str, *overrides: str) -> Case:
    """A run of a shipped YAML with other values."""
    bars = {"digits_cnn": "accuracy={min: 0}", "series_rnn": "rmse={max: 1e9}", "reviews_attention": "auc={min: 0}"}
    own = ["training.epochs=1", f"evaluation.thresholds.{bars[config]}"]
    return Case((ROOT / "configs" / f"{config}.yaml").read_text(), [*overrides, *own])


PARTS = [["year", "month", "day"], ["hour", "day_of_week"]]
ADDITIVE = "model.mechanism={{kind: additive, cell: {}, units: [8]}}"
CASES = {
    **{f"classes-{number}": classify(number) for number in range(len(ACTIVATIONS))},
    **{f"numbers-{number}": measure(number) for number in range(len(SIGNS))},
    "images-average": vary(
        "digits_cnn",
        "model.collapse=average",
        "model.augment.images={flip: both}",
        "compress={lite: float16, prune: 0.5}",
    ),
    "images-max": vary(
        "digits_cnn", "model.collapse=max", "model.augment.images={flip: horizontal}", "compress.lite=dynamic"
    ),
    "images-same": vary(
        "digits_cnn", "model.padding=same", "model.augment.images={flip: vertical}", "compress.lite=int8"
    ),
    "series-gru": vary("series_rnn", "model.cell=gru"),
    "texts-gru": vary("reviews_attention", ADDITIVE.format("gru")),
    "texts-lstm": vary("reviews_attention", ADDITIVE.format("lstm")),
}


def prepare(case: Case, folder: Path) -> Sandbox:
    """Writes the config and its data."""
    place = Sandbox(folder)
    place.config.write_text(case.config)
    with catalog.resolve("sample://taxi").open() as file:
        rows = list(islice(csv.DictReader(file), ROWS))
    for row in rows:
        row["cash"] = str(row["payment_type"] == "Cash").lower()
        row |= {name: number(row[name], case.signs) for name in ("fare", "trip_miles") if row[name]}
    write(rows, folder / f"rows{case.suffix}")
    return place


def number(text: str, signs: tuple[str, str]) -> str:
    """A number as another country spells it."""
    return (
        f"{1000 * float(text):,.2f}".translate({ord("."): signs[0], ord(","): signs[1]}) if signs != (".", "") else text
    )


def write(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """Writes rows as the name says."""
    if path.suffix == ".parquet":
        parquet.write_table(
            pa.Table.from_pylist([{key: value or None for key, value in row.items()} for row in rows]), path
        )
        return
    lines = [json.dumps(row) for row in rows]
    if path.name != "rows.jsonl":
        lines = [",".join(f'"{cell}"' for cell in cells) for cells in (rows[0], *(row.values() for row in rows))]
    content = "\n".join([*lines, ""]).encode()
    pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": lambda text: pa.compress(text, "zstd", asbytes=True)}
    path.write_bytes(pack.get(path.suffix, bytes)(content))


def test_every_value_of_every_choice_is_run(tmp_path: Path) -> None:
    taken = {each for path in SHIPPED for each in list_taken(load(path))}
    for name, case in CASES.items():
        taken |= list_taken(load(tmp_path / f"{name}.yaml", case.overrides, case.config))
    left = {f"{key} {value}" for key, value in list_choices() - taken}
    patterns = [pattern if " " in pattern else f"{pattern} *" for pattern in ELSEWHERE]
    assert sorted(each for each in left if not any(fnmatch(each, pattern) for pattern in patterns)) == []
    assert [pattern for pattern in patterns if not any(fnmatch(each, pattern) for each in left)] == []


def test_what_is_run_elsewhere_is_there() -> None:
    for file, _, name in (test.partition("::") for test in ELSEWHERE.values()):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        found = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert [each for each in found if fnmatch(each, name)], (file, name)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_run_with_these_values_ends_well(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    place = prepare(case, tmp_path)
    here = [override.replace('data.path="rows', f'data.path="{tmp_path}/rows') for override in case.overrides]
    answer = place.run(*(word for override in here for word in ("--set", override)))
    assert answer.code == 0, answer.stdout + answer.stderr
