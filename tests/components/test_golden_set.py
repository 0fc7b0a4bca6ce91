import json

import pytest
import tensorflow as tf

from components.golden_set import GoldenSet
from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load
from configs.loading.named_files import require_files
from tests.components.test_example_gen import CONFIG


class Told(tf.Module):
    """Says yes of fares above a half, or below it."""

    def __init__(self, slope):
        self.slope = slope

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serving_default(self, examples):
        fares = tf.io.parse_example(examples, {"fare": tf.io.FixedLenFeature([1], tf.float32, 0.0)})["fare"]
        return {"prediction": 0.5 + self.slope * (fares - 0.5)}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folders = {}
    for name, slope in (("good", 0.8), ("bad", -0.8)):
        made = Told(slope)
        folders[name] = str(tmp_path_factory.mktemp(name))
        tf.saved_model.save(made, folders[name], signatures={"serving_default": made.serving_default})
    return folders


@pytest.fixture
def config(tmp_path):
    rows = "".join(f"{number / 40},Blue,{int(number > 20)}\n" for number in range(41))
    (tmp_path / "golden.csv").write_text("fare,company,tipped\n" + rows)  # without the column that is sliced by
    (tmp_path / "trips.yaml").write_text(CONFIG % tmp_path)
    bars = "{accuracy: {min: 0.9}, auc: {max_drop: 0.1}}"
    overrides = [f"evaluation.golden={tmp_path}/golden.csv", f"evaluation.thresholds={bars}"]
    return load(tmp_path / "trips.yaml", overrides)


def test_a_candidate_has_to_reach_the_bars_on_it_as_well(config, models, tmp_path):
    golden = GoldenSet.load(GoldenSet.of(config).dump())
    assert golden == GoldenSet.of(config)
    assert golden.judge({"candidate": models["good"], "baseline": models["bad"]}, str(tmp_path))
    told = json.loads((tmp_path / "golden.json").read_text())
    [accuracy] = [each for each in told["metrics"] if each["metric"] == "accuracy"]
    assert (accuracy["slice"], accuracy["candidate"]) == ("golden set", 1.0)
    assert accuracy["baseline"] == pytest.approx(1 / 41)  # the row in the middle is told alike
    assert told["missed"] == []


def test_what_is_missed_is_told(config, models, tmp_path):
    assert not GoldenSet.of(config).judge({"candidate": models["bad"]}, str(tmp_path))
    told = json.loads((tmp_path / "golden.json").read_text())
    assert [(each["metric"], each["limit"]) for each in told["missed"]] == [("accuracy", 0.9)]


def test_other_rows_have_another_digest_and_wrong_ones_are_named(config, models, tmp_path):
    golden, before = GoldenSet.of(config), GoldenSet.of(config).digest()
    with (tmp_path / "golden.csv").open("a") as file:
        file.write("cheap,Blue,1\n")
    assert golden.digest() != before
    with pytest.raises(DataRejected, match=r"golden.csv:43:fare"):
        golden.judge({"candidate": models["good"]}, str(tmp_path))


def test_a_file_that_is_not_there_is_named_before_a_run(config, tmp_path):
    (tmp_path / "golden.csv").unlink()
    with pytest.raises(ConfigError, match=r"evaluation.golden: there is no file"):
        require_files(config)


def test_a_set_that_can_judge_nothing_is_refused(tmp_path):
    (tmp_path / "trips.yaml").write_text(CONFIG % tmp_path)
    overrides = ["evaluation.golden=golden.csv", "evaluation.thresholds={auc: {max_drop: 0.1}}"]
    with pytest.raises(ConfigError, match="has golden, and no threshold that a model reaches by itself"):
        load(tmp_path / "trips.yaml", overrides)


def test_without_one_nothing_is_read_of_it(tmp_path):
    (tmp_path / "trips.yaml").write_text(CONFIG % tmp_path)
    assert GoldenSet.of(load(tmp_path / "trips.yaml")) is None
