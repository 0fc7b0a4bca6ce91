import pytest

from components.validation.column_patterns import expand, resolve
from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load

YAML = """
name: digits
data: {format: csv, path: rows.csv, weight: pixel_weight}
label: {name: pixel_label, kind: binary}
features:
  pixel_0: {kind: categorical, vocabulary: 3}
  pixel_?: {kind: numeric, scale: none}
  pixel_*: {kind: numeric}
  ink[1]: {kind: boolean}
model: {family: linear}
training: {}
evaluation: {slices: [[], [pixel_site]], thresholds: {auc: {min: 0.5}}}
"""
HEADER = ["pixel_10", "pixel_2", "pixel_0", "pixel_weight", "pixel_label", "pixel_site", "id", "ink[1]", "", "pixel_1"]


@pytest.fixture
def config(tmp_path):
    (tmp_path / "digits.yaml").write_text(YAML)
    return load(tmp_path / "digits.yaml")


def test_a_pattern_stands_for_the_columns_that_nothing_else_names(config):
    features = expand(config, HEADER).features
    assert {name: getattr(feature, "scale", feature.kind) for name, feature in features.items()} == {
        "pixel_0": "categorical",
        "pixel_2": "none",
        "pixel_1": "none",
        "pixel_10": "z_score",
        "ink[1]": "boolean",
    }


def test_a_pattern_that_is_left_without_a_column_is_refused(config):
    header = [name for name in HEADER if name != "pixel_10"]
    with pytest.raises(ConfigError, match=r"the pattern 'pixel_\*' matches no column") as caught:
        expand(config, header)
    assert caught.value.where == "features.pixel_*"
    assert caught.value.remedy == f"The data has the columns {', '.join(header)}."


def test_the_columns_are_those_of_the_first_file(config, tmp_path):
    (tmp_path / "rows.csv").write_text(",".join(HEADER) + "\n")
    assert resolve(config) == expand(config, HEADER)
    (tmp_path / "rows.csv").write_text("")
    with pytest.raises(DataRejected, match="The file is empty."):
        resolve(config)


def test_without_a_pattern_no_file_is_looked_at(config, tmp_path):
    plain = expand(config, HEADER)
    plain = plain.model_copy(update={"features": {"pixel_0": plain.features["pixel_0"]}})
    assert not (tmp_path / "rows.csv").exists()
    assert resolve(plain) == plain


PIXELS = """
name: digits
data: {format: csv, path: rows.csv}
label: {name: digit, kind: binary}
features: {image: {kind: image, height: 2, width: 2, channels: 1, columns: COLUMNS}, PATTERN: {kind: numeric}}
model: {family: linear}
training: {}
evaluation: {thresholds: {auc: {min: 0.5}}}
"""


def digits(tmp_path, columns, pattern="id"):
    (tmp_path / "digits.yaml").write_text(PIXELS.replace("COLUMNS", columns).replace("PATTERN", pattern))
    return load(tmp_path / "digits.yaml")


@pytest.mark.parametrize("columns", ["'p*'", "[p10, 'p?', pc]"])
def test_what_is_made_of_columns_takes_them_in_the_order_of_the_header(tmp_path, columns):
    config = expand(digits(tmp_path, columns, "'*'"), ["p10", "p2", "p1", "digit", "pc", "more"])
    assert config.features["image"].columns == ("p10", "p2", "p1", "pc")
    assert list(config.features) == ["image", "more"]


def test_too_few_columns_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="found 3 columns, and height 2 x width 2 x channels 1 needs 4") as caught:
        resolve(digits(tmp_path, "[a, b, c]"))
    assert caught.value.where == "features.image.columns"
