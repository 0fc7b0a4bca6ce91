import json

import numpy as np
import pandas as pd
import pytest

from components.validation.validate import check_small
from configs.errors import ConfigError
from configs.loading.yaml_document import parse
from configs.schema.config import Config
from pipelines.onboarding.config_draft import draft
from tests.pipelines.onboarding.conftest import ROWS, draw, of

COLOURS = np.array(["blue", "green", "red"])


def paint(separator: str, shares: tuple[float, ...] = (0.5, 0.5, 0.5)) -> pd.DataFrame:
    random = np.random.default_rng(0)
    marks = random.random((ROWS, 3)) < shares
    return pd.DataFrame({"x": random.normal(size=ROWS), "y": [separator.join(COLOURS[row]) or None for row in marks]})


@pytest.mark.parametrize(
    ("separator", "spelled"), [("|", None), (",", ","), (", ", ","), ("; ", ";"), (" & ", "&"), ("/", "/")]
)
@pytest.mark.parametrize("kind", [None, "multilabel"])
def test_several_classes_in_a_cell_are_told_by_what_parts_them(tmp_path, separator, spelled, kind):
    _, config = draw(paint(separator), tmp_path, "y", kind=kind)
    assert (config.label.kind, config.label.classes) == ("multilabel", ("blue", "green", "red"))
    assert (config.label.separator, config.label.missing) == (spelled, "refuse")
    assert config.evaluation.thresholds["auc"].min == pytest.approx(0.5, abs=0.05)


def test_the_bar_is_what_saying_each_share_reaches(tmp_path):
    frame = paint("|", (0.9, 0.5, 0.1))
    _, config = draw(frame, tmp_path, "y")
    shares = [frame["y"].str.contains(name, na=False).mean() for name in COLOURS]
    pairs = [(a * (1 - b), (a > b) + (a == b) / 2) for a in shares for b in shares]
    expected = sum(weight * above for weight, above in pairs) / sum(weight for weight, _ in pairs)
    assert config.evaluation.thresholds["auc"].min == pytest.approx(expected, abs=1e-4)


def test_classes_with_a_sign_in_their_name_are_one_each(tmp_path):
    label = draw(of("trade, retail", "trade, wholesale", "services"), tmp_path, "y")[1].label
    assert (label.kind, len(label.classes)) == ("multiclass", 3)
    with pytest.raises(ConfigError, match="no cell names several classes that others name as well"):
        draw(of("ham", "eggs", "tea"), tmp_path, "y", kind="multilabel")


@pytest.mark.parametrize(
    "spell", [json.dumps, str, lambda names: f"{{{','.join(names)}}}", lambda names: f"({', '.join(names)})"]
)
def test_several_classes_in_a_list_are_told_and_read_however_it_is_written(tmp_path, spell):
    frame = paint("|")
    frame["y"] = [spell((cell or "").split("|") if cell else []) for cell in frame["y"]]
    _, config = draw(frame, tmp_path, "y")
    assert (config.label.kind, config.label.classes) == ("multilabel", ("blue", "green", "red"))
    check_small(config)


def test_a_label_of_lists_is_of_several_classes(tmp_path):
    frame = paint("|")
    frame["y"] = [cell.split("|") if cell else [] for cell in frame["y"]]
    frame.to_parquet(tmp_path / "rows.parquet")
    frame.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    for name in ("rows.parquet", "rows.jsonl"):
        config = Config.model_validate(parse(draft(str(tmp_path / name), "y", quality="fast").text, "it").data)
        assert (config.label.kind, config.label.classes) == ("multilabel", ("blue", "green", "red"))


def test_several_classes_that_blanks_part_and_classes_of_other_case_are_named(tmp_path):
    drawn, config = draw(paint(" "), tmp_path, "y")
    assert config.label.kind == "multiclass"
    told = "seems to name several classes, and is taken for one: part them by |"
    assert any(told in warning for warning in drawn.warnings)
    frame = paint("|").assign(y=lambda frame: frame["y"].where(frame["x"] > 0, frame["y"].str.title()))
    assert "differ by case alone, and are a class each" in draw(frame, tmp_path, "y")[0].warnings[0]


def test_lists_of_flags_name_no_classes(tmp_path):
    with pytest.raises(ConfigError, match="its lists hold 0 and 1 at each place"):
        draw(of("[0, 1, 0]", "[1, 1, 0]", "[1, 0, 1]"), tmp_path, "y")


def write_flags(path, **changed):
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    frame = pd.DataFrame({"x": x, "city": rng.choice(list("AB"), 300)})
    frame["cold"], frame["wet"] = (x < 0).astype(int), np.where(rng.random(300) < 0.3, "yes", "no")
    frame["dark"] = rng.integers(0, 2, 300)
    frame.assign(**changed).to_csv(path, index=False)
    return str(path)


def test_columns_of_flags_are_one_label(tmp_path):
    drawn = draft(write_flags(tmp_path / "rows.csv"), "cold,wet,dark", tmp_path / "rows.yaml")
    config = Config.model_validate(parse(drawn.text, "it").data)
    label = config.label
    assert (label.kind, label.name, label.values) == ("multilabel", "labels", ("cold", "wet", "dark"))
    assert config.label.classes is None
    assert set(config.features) == {"x", "city"}
    assert "  columns: [cold, wet, dark]\n" in drawn.text
    assert draft(write_flags(tmp_path / "rows.csv"), "cold,wet,dark", kind="multilabel").features == drawn.features


@pytest.mark.parametrize(
    ("changed", "label", "where", "what"),
    [
        ({}, "cold,wt", "--label wt", "there is no column `wt`"),
        ({"wet": 2}, "cold,wet", "--label wet", "it holds something else, or blanks"),
        ({"wet": ""}, "cold,wet", "--label wet", "it holds something else, or blanks"),
        ({"wet": 1}, "cold,wet", "--label wet", "it is 1 in every row"),
    ],
)
def test_a_column_that_is_no_flag_is_named(tmp_path, changed, label, where, what):
    with pytest.raises(ConfigError, match=what) as caught:
        draft(write_flags(tmp_path / "rows.csv", **changed), label)
    assert caught.value.where == where


def test_several_columns_are_of_no_other_kind(tmp_path):
    with pytest.raises(ConfigError, match="several columns are no binary label"):
        draft(write_flags(tmp_path / "rows.csv"), "cold,wet", kind="binary")
