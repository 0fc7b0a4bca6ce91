"""The node writes what TFX's does."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf.json_format import MessageToDict
from tfx.components.statistics_gen import executor as tfx_executor
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import artifact_utils, channel_utils, standard_artifacts

from components import statistics_gen
from components.examples.shards import Shard, find_columns
from components.schemas.tfdv_schema import read_statistics
from configs.schema.features import Image, Numeric
from tests.components.feature_statistics.fields import check

SHAPE = {"kind": "image", "height": 1, "width": 1, "channels": 1}
BEAM = ["--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner", "--sdk_container_image=none"]
SPLITS = {"train": [400, 300], "eval": [5], "test": [0, 40]}  # the rows of the shards of each


@pytest.mark.parametrize(
    ("features", "pictures"),
    [
        ({"photo": Image(**SHAPE), "size": Numeric(kind="numeric")}, ["photo"]),
        ({"pixel": Image(**SHAPE, columns=("a",))}, []),
    ],
)
def test_the_bytes_of_images_are_not_counted_as_categories(features, pictures):
    options = tfdv.StatsOptions.from_json(build(features).exec_properties["stats_options_json"])
    described = options.schema.feature if options.schema else []
    assert [feature.name for feature in described if feature.HasField("image_domain")] == pictures


def build(features):
    """The node of a config with some features."""
    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    made = {"ExampleGen": SimpleNamespace(outputs={"examples": examples})}
    return statistics_gen.build(SimpleNamespace(features=features), made)


@pytest.fixture
def examples(tmp_path):
    """Splits of several shards, of which one has no rows, and one no columns."""
    artifact, random = standard_artifacts.Examples(), np.random.default_rng(5)
    artifact.uri, artifact.span = str(tmp_path / "examples"), 3
    artifact.split_names = artifact_utils.encode_split_names(list(SPLITS))
    for split, shards in SPLITS.items():
        artifact.set_int_custom_property(f"rows_{split}", sum(shards))
        for index, count in enumerate(shards):
            path = Path(artifact.uri, f"Split-{split}", f"data-{index}.gz")
            for folder in (path.parent, Path(find_columns(str(path))).parent):
                folder.mkdir(parents=True, exist_ok=True)
            columns = {
                "fare": pa.array(random.lognormal(size=count), pa.float32(), mask=random.random(count) < 0.1),
                "hour": pa.array(random.integers(0, 24, count), pa.int64()),
                "company": pa.array([f"größe {number}" for number in random.integers(0, 9, count)], pa.string()),
                "photo": pa.array([b"\xff" * (number + 1) for number in range(count)], pa.binary()),
            }
            shard = Shard(str(path), str(tmp_path))
            shard.write(pa.RecordBatch.from_arrays(list(columns.values()), list(columns)))
            shard.close()
    Path(find_columns(f"{artifact.uri}/Split-train/data-1.gz")).unlink()
    return artifact


def compute(executor, examples, folder):
    """The artifact that an executor makes."""
    statistics, properties = standard_artifacts.ExampleStatistics(), build({"photo": Image(**SHAPE)}).exec_properties
    statistics.uri = str(folder)
    context = BaseBeamExecutor.Context(beam_pipeline_args=BEAM, tmp_dir=f"{folder}-tmp", unique_id="1")
    executor(context).Do({"examples": [examples]}, {"statistics": [statistics]}, dict(properties))
    return statistics


@pytest.mark.slow
def test_the_artifact_is_that_of_tfx(examples, tmp_path):
    made = compute(statistics_gen.Executor, examples, tmp_path / "ours")
    stock = compute(tfx_executor.Executor, examples, tmp_path / "theirs")
    for artifact in (made, stock):
        artifact.uri = ""
    assert MessageToDict(made.mlmd_artifact) == MessageToDict(stock.mlmd_artifact)
    made.uri, stock.uri = str(tmp_path / "ours"), str(tmp_path / "theirs")
    found, expected = read_statistics(made), read_statistics(stock)
    assert list(found) == list(SPLITS)
    for split, shards in SPLITS.items():
        [ours], [theirs] = found[split].datasets, expected[split].datasets
        assert ours.num_examples == theirs.num_examples == sum(shards)
        columns, others = ({feature.path.step[0]: feature for feature in side.features} for side in (ours, theirs))
        assert columns.keys() == others.keys() == {"fare", "hour", "company", "photo"}
        for name, feature in columns.items():  # quantiles depend on which rows came together
            check(feature, others[name], but=("median", "histograms") if len(shards) > 1 else ())
