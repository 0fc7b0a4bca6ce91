import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tfx.types.standard_artifacts import ExampleAnomalies as Anomalies
from tfx.types.standard_artifacts import ExampleStatistics as Statistics
from tfx.types.standard_artifacts import Schema

from components.data_gate import Executor, anomalies, rejection, share_outside, summarise
from components.feature_statistics.distance import numbers
from components.in_service_driver import IN_SERVICE
from components.registry.model_registry import Record
from components.registry.versions import in_service
from components.schemas.places import FILE
from components.schemas.tfdv_schema import infer
from configs.errors import DataRejected
from configs.home import Home
from configs.schema.gate import Gate
from tests.components.trips import OPTIONS, statistics
from tests.fakes.models import publish


def found(gate=Gate(), previous=None, **splits):  # noqa: B008
    """What the gate finds, as (split, feature, rule, key), against the schema of the first split."""
    schema = infer({"train": next(iter(splits.values()))} if previous is None else {"train": previous})
    return [(a.split, a.feature, a.rule, a.key) for a in anomalies(splits, schema, gate, previous)]


def test_splits_alike_have_no_anomalies(usual):
    assert found(train=usual, eval=usual, test=usual) == []


def test_a_category_never_seen_breaks_the_gate_beyond_its_share(usual):
    odd = statistics(["Blue"] * 490 + ["Red"] * 490 + ["Unheard"] * 20, np.linspace(0, 10, 1000))
    rule = ("test", "company", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "gate.unseen")
    assert found(train=usual, test=odd) == [rule]
    assert found(Gate(unseen=0.03), train=usual, test=odd) == []


def test_the_message_names_the_value_and_its_share(usual):
    odd = statistics(["Blue"] * 490 + ["Red"] * 490 + ["Unheard"] * 20, np.linspace(0, 10, 1000))
    [anomaly] = anomalies({"train": usual, "test": odd}, infer({"train": usual}), Gate(), None)
    assert "Unheard (~2%). At most 1.0% of the rows may. [" in str(anomaly)
    error = rejection([anomaly], {"anomalies": [vars(anomaly)]})
    assert error.what.startswith("1 anomaly in the data:\n  company (test split): ")
    assert error.remedy == (
        "Mend the data, change gate.unseen in the config, or run again with --accept-anomalies REASON. "
        "Is the data right? `millrace schema diff CONFIG` lists what is new, `schema accept CONFIG` keeps it."
    )
    assert error.exit_code == 3
    assert error.details == {"accepted": None, "anomalies": [vars(anomaly)]}


def test_a_number_far_outside_the_range_breaks_the_gate_beyond_its_share(usual):
    odd = statistics(["Blue", "Red"] * 500, [*np.linspace(0, 10, 960), *[1e6] * 40])
    rule = ("test", "miles", "OUT_OF_RANGE", "gate.unseen")
    assert found(train=usual, test=odd) == [rule]
    assert found(Gate(unseen=0.05), train=usual, test=odd) == []


def test_drift_is_measured_from_what_is_in_service_and_skew_between_splits(usual):
    shifted = statistics(["Blue"] * 900 + ["Red"] * 100, np.linspace(5, 15, 1000))
    rules = {("company", "COMPARATOR_L_INFTY_HIGH"), ("miles", "KOLMOGOROV_SMIRNOV_HIGH")}
    assert found(train=shifted, previous=usual) == [("train", *rule, "gate.drift") for rule in sorted(rules)]
    assert found(train=usual, eval=shifted) == [("eval", *rule, "gate.skew") for rule in sorted(rules)]
    assert found(Gate(drift=None, skew=None), train=usual, eval=shifted, previous=usual) == []


@pytest.mark.parametrize(
    ("numbers", "lost"),
    [
        (1e9 + 10 * np.linspace(-2, 2, 1000), True),  # about a step of 64
        (1.7e12 + np.linspace(0, 60_000, 1000), True),  # milliseconds of a minute: one value, or two
        (np.full(1000, 1.7e12), True),  # what may be left of such
        (1e9 + 1e5 * np.linspace(-2, 2, 1000), False),
        (20261100 + np.arange(1000) % 30, False),  # days of a month, two a step
        (np.full(1000, 7.0), False),
        (np.full(1000, 123456.789), False),
        (1e-30 * np.linspace(1, 2, 1000), False),
        (47.3 + 1e-4 * np.linspace(-2, 2, 1000), False),
    ],
)
def test_numbers_that_float32_does_not_tell_apart_break_the_gate(numbers, lost):
    frame = pd.DataFrame({"level": np.asarray(numbers).astype("float32")})
    rules = found(train=tfdv.generate_statistics_from_dataframe(frame, OPTIONS))
    assert rules == ([("train", "level", "PRECISION_LOST", "features")] if lost else [])


@pytest.mark.parametrize(
    ("column", "key", "mend"),
    [
        ("level", "label.offset", "Say label.offset: 1000000000."),
        ("miles", "features.miles.offset", "Say features.miles.offset: 1000000000."),
        ("past", "features", "Take what all rows share off them."),
    ],
)
def test_what_is_to_be_taken_off_large_numbers_is_told_where_it_can_be(column, key, mend):
    frame = pd.DataFrame({column: (1e9 + 10 * np.linspace(-2, 2, 1000)).astype("float32")})
    train = {"train": tfdv.generate_statistics_from_dataframe(frame, OPTIONS)}
    offsets = {"level": "label.offset", "miles": "features.miles.offset"}
    [anomaly] = anomalies(train, infer(train), Gate(), None, offsets=offsets)
    assert (anomaly.feature, anomaly.key) == (column, key)
    assert mend in anomaly.text


def test_weights_matter_by_their_ratios_alone():
    frame = pd.DataFrame({"heavy": (1e9 + 10 * np.linspace(-2, 2, 1000)).astype("float32")})
    train = {"train": tfdv.generate_statistics_from_dataframe(frame, OPTIONS)}
    assert list(anomalies(train, infer(train), Gate(), None, weight="heavy")) == []


def kinds(start, words):
    """Rows as ExampleGen leaves them: moments, truth and classes as integers, texts, numbers to predict."""
    frame = pd.DataFrame(
        {
            "at": np.arange(start, start + 1000),
            "member": np.arange(1000) % 2,
            "class": np.arange(1000) % 3,
            "price": np.linspace(0, 10, 1000),
            "review": [f"{words} {number % 4}" for number in range(1000)],
        }
    )
    return tfdv.generate_statistics_from_dataframe(frame, OPTIONS)


def test_new_moments_and_texts_are_no_surprise():
    old, new = kinds(0, "old"), kinds(10**6, "new")
    free = ["at", "review"]
    schema = infer({"train": old}, free)
    assert list(anomalies({"train": new, "eval": old}, schema, Gate(), old, free)) == []
    named = infer({"train": old})
    assert list(anomalies({"train": new, "eval": old}, named, Gate(), old, free)) == []
    assert {anomaly.feature for anomaly in anomalies({"train": new}, named, Gate(), old)} == {"at", "review"}


def test_booleans_and_classes_are_compared_like_numbers():
    old = kinds(0, "old")
    frame = pd.DataFrame({"member": [1] * 1000, "class": [2] * 1000})
    new = tfdv.generate_statistics_from_dataframe(frame, OPTIONS)
    found = anomalies({"train": new}, infer({"train": new}), Gate(drift=0.4), old)
    assert [str(anomaly) for anomaly in found] == [
        "member (train split): The Kolmogorov-Smirnov distance is 0.50, above the limit 0.4. "
        "[KOLMOGOROV_SMIRNOV_HIGH, gate.drift]",
        "class (train split): The Kolmogorov-Smirnov distance is 0.67, above the limit 0.4. "
        "[KOLMOGOROV_SMIRNOV_HIGH, gate.drift]",
    ]


def test_small_splits_may_differ_by_chance():
    random = np.random.default_rng(5)
    train = statistics(random.choice(["Blue", "Red"], 120), random.normal(size=120))
    for _ in range(10):
        few = statistics(random.choice(["Blue", "Red"], 12), random.normal(size=12))
        schema = infer({"train": train, "test": few})
        assert list(anomalies({"train": train, "test": few}, schema, Gate(), None)) == []
    other = statistics(["Blue"] * 12, [9.0] * 12)
    schema = infer({"train": train, "test": other})
    assert [a.feature for a in anomalies({"train": train, "test": other}, schema, Gate(), None)] == ["miles"]


def test_the_share_outside_counts_at_least_the_extreme():
    column = numbers(statistics(["Blue"] * 1000, [*np.linspace(0, 10, 999), 500.0]))["miles"]
    assert share_outside(column, -10, 20) == 0.001
    assert share_outside(column, -10, 500) == 0


def test_the_drift_of_each_column_is_kept_whether_it_breaks_the_gate_or_not(usual, tmp_path):
    shifted = statistics(["Blue"] * 900 + ["Red"] * 100, np.linspace(0, 10, 1000))
    gaps = {"company": {"distance": 0.4, "limit": 0.5}, "miles": {"distance": 0.0, "limit": 0.5}}
    kept = execute(tmp_path, Gate(drift=0.5), usual, shifted)
    assert kept["drift"] == gaps
    assert kept["served"]["company"] == [0.5, 0.5], "Blue and Red, as many in service as the train split has of either"
    assert sum(kept["served"]["miles"]) == pytest.approx(1, abs=0.001)
    with pytest.raises(DataRejected) as refused:
        execute(tmp_path, Gate(drift=0.3), usual, shifted)
    assert refused.value.details["drift"] == {name: {**gap, "limit": 0.3} for name, gap in gaps.items()}
    assert refused.value.details["served"] == kept["served"]
    assert [anomaly["feature"] for anomaly in refused.value.details["anomalies"]] == ["company"]


def test_what_is_new_is_told_though_it_is_rare_enough_to_pass(usual, tmp_path):
    newer = statistics(["Blue"] * 500 + ["Red"] * 495 + ["Unheard"] * 5, [*np.linspace(0, 10, 999), 99.0])
    kept = execute(tmp_path, Gate(), usual, newer)
    assert kept["anomalies"] == []
    assert [(item["column"], item["change"]) for item in kept["unknown"]] == [
        ("company", "new values"),
        ("miles", "wider range"),
    ]
    assert kept["unknown"][0]["text"] == "Unheard"
    assert kept["unknown"][1]["text"].endswith("to 99")
    assert execute(tmp_path, Gate(), usual, usual)["unknown"] == []


def execute(folder, gate, previous, current):
    """What the node leaves, with other data in service."""
    home = Home(folder / "home")
    if not home.serving.exists():
        (folder / "model").mkdir()
        (folder / "model" / "saved_model.pb").write_text("graph")
        write(folder / "published" / "Split-train", previous)
        publish(home, folder / "model", {"statistics": folder / "published"}, Record("run-1"))
    statistics, schema, made = (kind() for kind in (Statistics, Schema, Anomalies))
    statistics.uri, schema.uri, made.uri = (str(folder / name) for name in ("statistics", "schema", "anomalies"))
    statistics.split_names = json.dumps(["train"])
    write(folder / "statistics" / "Split-train", current)
    for place in (schema.uri, made.uri):
        Path(place).mkdir(exist_ok=True)
    tfdv.write_schema_text(infer({"train": previous}), str(Path(schema.uri, FILE)))
    version = in_service(home)
    parameters = {
        "gate": gate.model_dump_json(),
        "free": "[]",
        "offsets": "{}",
        "weight": "",
        "home": str(home.root),
        IN_SERVICE: f"{version.number}:{version.digest}",
    }
    Executor().Do({"statistics": [statistics], "schema": [schema]}, {"anomalies": [made]}, parameters)
    return summarise({"anomalies": [made]}).details


def write(folder, statistics):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
