from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load
from configs.reference.json_schema import FILE
from configs.schema.data import Split
from configs.schema.evaluation import Threshold
from pipelines.cli.app import app
from pipelines.onboarding.config_draft import draft
from tests.pipelines.onboarding.conftest import NUMERIC, ROWS, bunch, draw, mix, of


def test_a_draft_opens_with_its_command_and_names_the_data_from_its_own_folder(mixed):
    drawn, config = mixed
    command = f"# millrace run {Path(config.data.path).parent / 'rows.yaml'}"
    assert drawn.text.splitlines()[:2] == [f"# yaml-language-server: $schema={FILE}", command]
    assert "  path: rows.csv\n" in drawn.text
    assert (config.name, config.data.format, config.data.split) == (
        "rows",
        "csv",
        Split(train=6, eval=2, test=2, stratify=True),
    )


@pytest.mark.parametrize(
    ("name", "features", "kind", "classes", "thresholds"),
    [
        (
            "breast_cancer",
            30,
            "binary",
            ("0", "1"),
            {"auc": {"min": 0.59, "max_drop": 0.02}, "accuracy": {"min": 0.6274}},
        ),
        ("wine", 13, "multiclass", ("0", "1", "2"), {"accuracy": {"min": 0.3989, "max_drop": 0.05}}),
        ("diabetes", 10, "regression", (), {"rmse": {"max": 77.006, "max_rise": 1.5}}),
    ],
)
def test_data_sets_of_numbers(tmp_path, name, features, kind, classes, thresholds):
    _, config = draw(bunch(name), tmp_path, "target")
    assert set(config.features.values()) == {NUMERIC}
    assert len(config.features) == features
    assert (config.label.kind, config.label.values) == (kind, classes)
    assert config.evaluation.thresholds == {metric: Threshold(**limits) for metric, limits in thresholds.items()}
    assert config.model.family == "linear"


def test_rows_count_by_their_weight_and_stay_with_their_group(tmp_path):
    frame = of("no", "yes", weight=[3, 1] * (ROWS // 2), family=[number // 4 for number in range(ROWS)])
    config = draw(frame, tmp_path, "y", weight="weight", group="family")[1]
    assert list(config.features) == ["x"]
    assert (config.data.weight, config.data.group) == ("weight", "family")
    assert config.evaluation.thresholds["accuracy"].min == 0.75
    with pytest.raises(DataRejected, match="it cannot weigh rows"):
        draw(frame, tmp_path, "y", weight="x")


@pytest.mark.parametrize(
    ("rows", "family", "split", "gate"),
    [
        (100, "linear", (6, 2, 2), (0.1, 0.41, 0.57)),
        (900, "linear", (6, 2, 2), (0.02, 0.3, 0.3)),
        (3000, "wide_deep", (8, 1, 1), (0.01, 0.3, 0.3)),
    ],
)
def test_the_number_of_rows_decides_splits_model_and_what_chance_may_do(tmp_path, rows, family, split, gate):
    frame = pd.concat([of(0, 1)] * 5, ignore_index=True).head(rows)
    config = draw(frame, tmp_path, "y")[1]
    assert config.model.family == family
    assert tuple(config.data.split.parts.values()) == split
    assert (config.gate.unseen, config.gate.drift, config.gate.skew) == gate


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl", "json"])
def test_formats_make_the_same_of_the_same_rows(tmp_path, mixed, suffix):
    frame = mix().assign(signup=lambda frame: frame["signup"].astype(str))
    (tmp_path / "rows").mkdir()
    for part, rows in enumerate((frame.head(300), frame.tail(300))):
        path = tmp_path / "rows" / f"part-{part}.{suffix}"
        match suffix:
            case "csv":
                rows.to_csv(path, index=False)
            case "parquet":
                rows.to_parquet(path)
            case _:
                rows.to_json(path, orient="records", lines=suffix == "jsonl")
    for data in ("rows", f"rows/part-*.{suffix}"):
        drawn = draft(str(tmp_path / data), "churned", tmp_path / "it.yaml")
        assert drawn.features == mixed[0].features
        assert drawn.left_out.keys() == mixed[0].left_out.keys()
        assert f"  format: {suffix}\n  path: {data}\n" in drawn.text


def test_types_of_parquet_are_believed(tmp_path):
    frame = of(False, True, when=pd.Timestamp("2024-01-01 12:30"), tags=[["a"]] * ROWS)
    frame["when"] += pd.to_timedelta(np.arange(ROWS), "min")
    frame["nil"] = None
    frame["key"] = [bytes([255, number % 256]) for number in range(ROWS)]
    frame.to_parquet(tmp_path / "rows.parquet")
    drawn = draft(str(tmp_path / "rows.parquet"), "y", tmp_path / "rows.yaml")
    assert drawn.features["when"].options == {"parts": ["hour", "day_of_week"]}
    assert drawn.left_out["tags"].reason.endswith("which is no single value")
    assert drawn.left_out["nil"].reason == "empty in every row"
    assert drawn.left_out["key"].reason == "bytes that are no text"
    assert '  classes: ["false", "true"]' in drawn.text


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        ({}, {"label": "churnd"}, ConfigError, "no column `churnd` .* Did you mean 'churned'"),
        ({}, {"label": "label"}, ConfigError, "no column `label` .* The columns are: customer, row,"),
        ({}, {"group": "familiy"}, ConfigError, "--group familiy: there is no column `familiy`"),
        ({}, {"label": "nothing"}, DataRejected, "nothing: the label is missing in every row"),
        ({}, {"label": "country"}, DataRejected, "country: the label is `DE` in every row"),
        ({}, {"label": "review"}, ConfigError, "review: the label has 600 different texts, too many for classes"),
        ({}, {"kind": "ordinal"}, ConfigError, "'ordinal' is no kind of label. The kinds are binary, multiclass, regr"),
        ({"rows": 19}, {}, DataRejected, "19 rows: too few for three splits"),
        ({"rows": 0}, {}, DataRejected, "The file has a header but no rows"),
        (
            {"columns": ["churned", "nothing"]},
            {},
            DataRejected,
            "no column is left to predict from. Left out: nothing",
        ),
    ],
    ids=lambda value: "",
)
def test_what_no_pipeline_can_be_made_of_is_refused(tmp_path, change, options, error, said):
    frame = mix().head(change.get("rows", ROWS))
    with pytest.raises(error, match=f"(?s){said}"):
        draw(frame[change.get("columns", list(frame))], tmp_path, **{"label": "churned", **options})


@pytest.mark.parametrize("asked", ["y", " y", "  y "])
def test_a_column_is_found_whatever_blanks_stand_around_its_name(tmp_path, asked):
    frame = of("no", "yes", family=[number // 3 for number in range(ROWS)]).rename(
        columns={"y": "  y ", "family": "family "}
    )
    drawn, config = draw(frame, tmp_path, asked, group="family")
    assert (config.label.name, config.data.group) == ("  y ", "family ")
    assert drawn.features.keys() == {"x"}


def test_of_names_that_differ_by_blanks_alone_each_is_its_own(tmp_path):
    frame = of("no", "yes").assign(**{" y": of("a", "b", "c")["y"]})
    assert draw(frame, tmp_path, " y")[1].label.classes == ("a", "b", "c")
    with pytest.raises(ConfigError, match="there is no column `y ` in .*Did you mean 'y'"):
        draw(frame, tmp_path, "y ")


def test_names_that_yaml_would_misread_are_quoted(tmp_path):
    frame = of(0, 1, **{name: np.random.default_rng(2).normal(size=ROWS) for name in ("no", "a: b", "50%", "temp [C]")})
    config = draw(frame, tmp_path, "y")[1]
    assert list(config.features) == ["x", "no", "a: b", "50%", "temp [C]"]


@pytest.mark.slow
def test_the_command_writes_once_and_overwrites_only_by_force(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mix().to_csv("rows.csv", index=False)
    command = ["init", "rows.csv", "--label", "churned", "-o", "configs/churn.yaml"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("configs/churn.yaml written: 6 categorical, ")
    assert first.output.endswith("Next        millrace run configs/churn.yaml\n")
    config = load("configs/churn.yaml")
    assert (config.name, config.data.path) == ("churn", str(tmp_path / "rows.csv"))

    again = CliRunner().invoke(app, command)
    assert isinstance(again.exception, ConfigError)
    assert CliRunner().invoke(app, [*command, "--force", "--output", "json"]).exit_code == 0
    printed = CliRunner().invoke(app, [*command[:-1], "-"])
    assert "\nname: rows\n" in printed.output
    assert "$schema" not in printed.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["configs", "rows.csv"]
