"""A version in service that tells tips by the fare alone, and what it was trained on."""

import csv

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.feature_statistics.column_spread import ColumnSpread
from components.registry.model_registry import Record
from configs.home import Home
from configs.schema.config import Config
from tests.fakes.models import publish

ROWS = 1000
FARES = np.random.default_rng(0).permutation(np.linspace(0, 1, ROWS)).astype(np.float32)
PLACES = np.where(np.arange(ROWS) % 4 == 0, "port", "town")


class Told(tf.Module):
    """Answers with the fare, which lies between 0 and 1, times a slope."""

    def __init__(self, slope=1.0):
        self.slope = slope

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serving_default(self, examples):
        fares = tf.io.parse_example(examples, {"fare": tf.io.FixedLenFeature([1], tf.float32, 0.0)})["fare"]
        return {"prediction": 0.5 + self.slope * (fares - 0.5)}


def describe(**columns):
    found = statistics_pb2.DatasetFeatureStatistics(num_examples=ROWS)
    for name, cells in columns.items():
        spread = ColumnSpread()
        spread.add(pa.array(cells))
        found.features.append(spread.describe())
        found.features[-1].path.step.append(name)
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=[found]).SerializeToString()


@pytest.fixture
def config(tmp_path):
    return Config.model_validate(
        {
            "name": "trips",
            "data": {"format": "csv", "path": str(tmp_path / "{SPAN}.csv")},
            "label": {"name": "tipped", "kind": "binary"},
            "features": {
                "fare": {"kind": "numeric"},
                "place": {"kind": "categorical", "vocabulary": 9},
                "note": {"kind": "text"},
            },
            "model": {"family": "dnn", "hidden_units": [8]},
            "training": {"optimizer": {"name": "adam"}, "epochs": 1},
            "evaluation": {"slices": [[], ["place"]], "thresholds": {"auc": {"min": 0.8}, "accuracy": {"max": 1.0}}},
            "storage": {"root": str(tmp_path / "workspace")},
        }
    )


def save(told, folder):
    tf.saved_model.save(told, str(folder), signatures={"serving_default": told.serving_default})
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return save(Told(), tmp_path_factory.mktemp("told"))


@pytest.fixture
def extras(config, tmp_path):
    """What a version carries."""
    (tmp_path / "config.json").write_text(config.model_dump_json())
    statistics = tmp_path / "statistics" / "Split-train"
    statistics.mkdir(parents=True)
    (statistics / "FeatureStats.pb").write_bytes(describe(fare=FARES, place=PLACES, tipped=(FARES > 0.5).astype(int)))
    return {"config.json": tmp_path / "config.json", "statistics": tmp_path / "statistics"}


@pytest.fixture
def home(model, extras, tmp_path):
    home = Home(tmp_path / "workspace" / "trips")
    publish(home, model, extras, Record("run-1", metrics={"auc": 0.9, "example_count": 100.0}))
    return home


@pytest.fixture
def write(tmp_path):
    """Writes rows, with labels that hold for `right` of them, or without; returns the file."""

    def write(name, fares=FARES, places=PLACES, right=0.95, labelled=True):
        random = np.random.default_rng(1)
        labels = np.where(random.random(len(fares)) < right, fares > 0.5, fares <= 0.5).astype(int)
        path = tmp_path / name
        with path.open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["fare", "place", "note", *(["tipped"] if labelled else [])])
            for fare, place, label in zip(fares, places, labels, strict=True):
                lines.writerow([fare, place, "good", *([label] if labelled else [])])
        return str(path)

    return write
