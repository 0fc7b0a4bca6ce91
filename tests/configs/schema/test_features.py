import pytest
from pydantic import TypeAdapter, ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.features import Categorical, Feature, Image, Steps, list_columns

YAML = """\
name: sales
data: {format: csv, path: rows.csv, DATA}
label: {name: sales, kind: regression}
features: {FEATURES}
model: {family: linear}
training: {}
evaluation: {thresholds: {rmse: {max: 1}}}
"""
PAST = "past: {kind: sequence, length: 7, columns: sales}"
TIME = "window: {order: day}, split: {by: day}"


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"kind": "categorical"}, "takes one of vocabulary, hash and ids"),
        ({"kind": "categorical", "hash": 3, "ids": 4}, "takes one of vocabulary, hash and ids"),
        ({"kind": "categorical", "hash": 3, "oov": 4}, "takes oov beside a vocabulary only"),
        ({"kind": "sequence", "length": 3, "ids": 4, "width": 2}, "takes neither columns nor width nor scale"),
        ({"kind": "sequence", "length": 3, "ids": 4, "columns": "a"}, "takes neither columns nor width nor scale"),
        ({"kind": "image", "height": 3, "width": 4, "channels": 2}, "Input should be 1 or 3"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, what):
    with pytest.raises(ValidationError, match=what):
        TypeAdapter(Feature).validate_python(options)


@pytest.mark.parametrize("feature", [Categorical(kind="categorical", ids=3), Steps(kind="sequence", length=3, ids=4)])
def test_a_feature_is_the_same_after_its_journey_as_json(feature):
    assert TypeAdapter(Feature).validate_json(feature.model_dump_json()) == feature


def test_one_pattern_is_a_list_of_one():
    image = TypeAdapter(Feature).validate_python({"kind": "image", "height": 2, "width": 3, "columns": "pixel_*"})
    assert (list_columns(image), image.size) == (("pixel_*",), 18)
    assert list_columns(Image(kind="image", height=2, width=3)) == ()


def read(tmp_path, data, features):
    (tmp_path / "sales.yaml").write_text(YAML.replace("DATA", data).replace("FEATURES", features))
    return load(tmp_path / "sales.yaml")


def test_in_a_window_the_past_of_the_label_is_a_feature(tmp_path):
    config = read(tmp_path, TIME, PAST)
    assert config.columns == ("past", "sales")
    assert config.data.split.parts == {"train": 8, "eval": 1, "test": 1}
    assert (config.data.window.horizon, config.data.split.by) == (1, "day")


@pytest.mark.parametrize(
    ("data", "features", "what"),
    [
        ("", PAST, "'past' is made of the label, which only a data.window allows"),
        (TIME, "sun: {kind: numeric}", "need one of kind sequence with columns, since data.window is set"),
        ("window: {order: day}", PAST, "of a window needs split.by or a group"),
        ("group: shop, split: {by: day}", "sun: {kind: numeric}", "splits by time or by group, not by both"),
    ],
)
def test_a_window_that_cannot_be_is_refused(tmp_path, data, features, what):
    with pytest.raises(ConfigError, match=what):
        read(tmp_path, data, features)
