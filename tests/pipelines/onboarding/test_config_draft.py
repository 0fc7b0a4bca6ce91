import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from typer.testing import CliRunner

from components.validation.profile import profile_files
from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load
from configs.reference.json_schema import FILE, write_schema
from configs.schema.config import Config
from configs.schema.data import Split
from configs.schema.evaluation import Threshold
from configs.schema.features import Boolean, Categorical, Numeric, Timestamp, Words
from pipelines.cli.app import app
from pipelines.onboarding.config_draft import Draft, draft, name_pipeline, write_draft

ROWS = 600
NUMERIC = Numeric(kind="numeric")


def draw(frame: pd.DataFrame, folder: Path, label: str, **options) -> tuple[Draft, Config]:
    """The draft for a table, and the config that it is."""
    frame.to_csv(folder / "rows.csv", index=False)
    drawn = draft(str(folder / "rows.csv"), label, folder / "rows.yaml", **options)
    (folder / "rows.yaml").write_text(drawn.text)
    return drawn, load(folder / "rows.yaml")


def mix() -> pd.DataFrame:
    """Churned customers: every kind of column, and every kind that is to be left out."""
    random = np.random.default_rng(0)
    churned = np.where(random.random(ROWS) < 0.25, "yes", "no")
    words = [f"word{number}" for number in range(18)]
    frame = pd.DataFrame(
        {
            "customer": [f"C{number:05d}" for number in random.permutation(ROWS)],
            "row": range(1, ROWS + 1),
            "account_id": random.permutation(ROWS) // 5,
            "store_id": random.integers(1, 12, ROWS),
            "signup": pd.Timestamp("2021-01-01") + pd.to_timedelta(random.integers(0, 900, ROWS), "D"),
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 10**7, ROWS), "s"),
            "active": random.choice(["true", "false"], ROWS),
            "vip": random.integers(0, 2, ROWS),
            "plan": random.choice(["basic", "pro", "team"], ROWS),
            "town": random.choice([f"town {number}" for number in range(60)], ROWS),
            "zip": random.choice(["01067", "04103", "10115"], ROWS),
            "tract": random.choice([17031839100, 17031320100, 17031081500], ROWS),
            "fee": random.normal(50, 10, ROWS).round(2),
            "age": random.integers(18, 90, ROWS),
            "population": (10 ** random.uniform(3, 7, ROWS)).astype(int),
            "children": random.integers(0, 5, ROWS),
            "review": [" ".join(random.choice(words, 5 + number % 14)) for number in range(ROWS)],
            "income": random.integers(20_000, 90_000, ROWS).astype(str),
            "country": "DE",
            "nothing": np.nan,
            "note": [*["late"] * 4, *[None] * (ROWS - 4)],
            "left": np.where(churned == "yes", 1, 0),
            "closed": np.where(churned == "yes", "2024-02-03", None),
            "churned": churned,
        }
    )
    frame.loc[:1, "signup"] = pd.to_datetime(["2021-01-01", "2023-06-30"])
    frame.loc[:1, "seen"] = pd.to_datetime(["2024-01-01 08:00", "2024-04-30 23:59"])
    frame.loc[:1, "age"] = [18, 89]
    frame["seen"] = frame["seen"].dt.strftime("%d.%m.%Y %H:%M")
    frame.loc[:11, "income"] = "NA"
    frame.loc[:29, "fee"] = np.nan
    frame.loc[:5, "plan"] = None
    return frame


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Draft, Config]:
    return draw(mix(), tmp_path_factory.mktemp("mixed"), "churned")


@pytest.mark.parametrize(
    ("column", "feature", "reason"),
    [
        ("store_id", Categorical(kind="categorical", vocabulary=11), "11 values, 1 to 11"),
        ("signup", Timestamp(kind="timestamp", parts=("day_of_week", "month", "year")), "2021-01-01 to 2023-06-30"),
        ("seen", Timestamp(kind="timestamp", format="%d.%m.%Y %H:%M"), "2024-01-01 to 2024-04-30"),
        ("active", Boolean(kind="boolean"), "false or true"),
        ("vip", Boolean(kind="boolean"), "0 or 1"),
        ("plan", Categorical(kind="categorical", vocabulary=3), "3 values, 1.0 % missing"),
        ("zip", Categorical(kind="categorical", vocabulary=3), "3 values"),
        ("tract", Categorical(kind="categorical", vocabulary=3), None),
        ("fee", NUMERIC, None),
        ("age", NUMERIC, "18 to 89"),
        ("population", NUMERIC, None),
        ("children", Categorical(kind="categorical", vocabulary=5), "5 values, 0 to 4"),
        ("review", Words(kind="text", vocabulary=50, length=18), "11 words on average"),
    ],
)
def test_kinds_follow_from_what_the_cells_hold(mixed, column, feature, reason):
    drawn, config = mixed
    assert config.features[column] == feature
    assert reason in (None, drawn.features[column].reason)
    [line] = [line for line in drawn.text.splitlines() if line.startswith(f"  {column}: {{")]
    assert line.endswith(f"  # {drawn.features[column].reason}")


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("customer", "an identifier: 600 texts in 600 rows"),
        ("row", "an identifier: 600 numbers in 600 rows"),
        ("account_id", "an identifier by its name, of 120 values"),
        ("income", "numbers, but for `NA` in 12 rows: blank those cells, then add it as numeric"),
        ("country", "`DE` in every row"),
        ("nothing", "empty in every row"),
        ("note", "filled in 4 of 600 rows only"),
        ("left", "gives the label away: each of its values stands for one of the label's"),
        ("closed", "gives the label away: it is blank where the label is `no`, and only there"),
    ],
)
def test_what_cannot_help_is_left_out_and_named(mixed, column, reason):
    drawn, config = mixed
    assert column not in config.features
    assert drawn.left_out[column].reason == reason
    assert f"  #   {column} " in drawn.text


def test_a_draft_opens_with_its_command_and_names_the_data_from_its_own_folder(mixed):
    drawn, config = mixed
    command = f"# millrace run {Path(config.data.path).parent / 'rows.yaml'}"
    assert drawn.text.splitlines()[:2] == [f"# yaml-language-server: $schema={FILE}", command]
    assert "  path: rows.csv\n" in drawn.text
    assert (config.name, config.data.format, config.data.split) == ("rows", "csv", Split(train=6, eval=2, test=2))


def test_two_classes_are_told_apart_and_the_trivial_model_is_to_be_beaten(mixed):
    drawn, config = mixed
    share = (mix()["churned"] == "no").mean()
    assert (config.label.kind, config.label.classes) == ("binary", ("no", "yes"))
    assert config.evaluation.thresholds == {
        "auc": Threshold(min=0.5, max_drop=0.02),
        "accuracy": Threshold(min=round(share, 4)),
    }
    assert f"  # yes in {100 * (1 - share):.1f} % of the rows\n" in drawn.text


def bunch(name: str) -> pd.DataFrame:
    return getattr(datasets, f"load_{name}")(as_frame=True).frame


@pytest.mark.parametrize(
    ("name", "features", "kind", "classes", "thresholds"),
    [
        (
            "breast_cancer",
            30,
            "binary",
            ("0", "1"),
            {"auc": {"min": 0.5, "max_drop": 0.02}, "accuracy": {"min": 0.6274}},
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


def test_many_columns_alike_become_one_pattern_with_the_constant_ones_among_them(tmp_path):
    drawn, config = draw(bunch("digits"), tmp_path, "target")
    assert config.features == {"pixel_*": NUMERIC}
    assert drawn.features["pixel_*"].reason == "64 columns, 0 to 16"
    assert drawn.left_out == {}


@pytest.mark.parametrize(
    ("others", "patterns"),
    [
        ({}, ["answer*"]),
        ({"answer_text": ["some", "text"]}, ["answer[0-9]*", "answer_text"]),
        ({"answer99": ["some", "text"]}, ["answer*"]),
        ({"answer99": ["2024-01-01", "2024-05-31"]}, []),
    ],
)
def test_a_pattern_matches_no_column_of_another_kind(tmp_path, others, patterns):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"answer{number}": random.integers(1, 6, ROWS) for number in range(1, 21)})
    frame = frame.assign(
        y=random.integers(0, 2, ROWS), **{name: values * (ROWS // 2) for name, values in others.items()}
    )
    features = list(draw(frame, tmp_path, "y")[1].features)
    assert features == patterns if patterns else len(features) == 21


def of(*values: object, **more) -> pd.DataFrame:
    """A table of a label that takes these values in turn, and of a feature."""
    label = [values[number % len(values)] for number in range(ROWS)]
    return pd.DataFrame({"x": np.random.default_rng(0).normal(size=ROWS), "y": label, **more})


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        ((1, 0), "binary", ("0", "1")),
        ((2, 1), "binary", ("1", "2")),
        (("Yes", "No"), "binary", ("No", "Yes")),
        ((True, False), "binary", ("False", "True")),
        (("spam", "not spam"), "binary", ("not spam", "spam")),
        (("ham", "eggs"), "binary", ("eggs", "ham")),
        (("positive", "unclear"), "binary", ("unclear", "positive")),
        ((10, 9, 2), "multiclass", ("2", "9", "10")),
        (("red", "green", "blue"), "multiclass", ("blue", "green", "red")),
        (tuple(range(100)), "regression", ()),
        (tuple(range(60)), "multiclass", tuple(map(str, range(60)))),
        ((1.5, 2.5, 3.5), "regression", ()),
    ],
    ids=str,
)
def test_a_label_makes_its_kind_and_the_order_of_its_classes(tmp_path, values, kind, classes):
    label = draw(of(*values), tmp_path, "y")[1].label
    assert (label.kind, label.values) == (kind, classes)


def test_a_kind_that_is_named_overrides(tmp_path):
    assert draw(of(1, 2, 3), tmp_path, "y", kind="regression")[1].label.kind == "regression"
    with pytest.raises(ConfigError, match="`y` has 3 different numbers: no binary label"):
        draw(of(1, 2, 3), tmp_path, "y", kind="binary")


def test_where_one_class_rules_the_bar_is_the_log_loss_of_saying_its_share(tmp_path):
    thresholds = draw(of("yes", *["no"] * 9), tmp_path, "y")[1].evaluation.thresholds
    entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert thresholds == {"auc": Threshold(min=0.5, max_drop=0.02), "log_loss": Threshold(max=round(entropy, 4))}


def test_rows_count_by_their_weight_and_stay_with_their_group(tmp_path):
    frame = of("no", "yes", weight=[3, 1] * (ROWS // 2), family=[number // 4 for number in range(ROWS)])
    config = draw(frame, tmp_path, "y", weight="weight", group="family")[1]
    assert list(config.features) == ["x"]
    assert (config.data.weight, config.data.group) == ("weight", "family")
    assert config.evaluation.thresholds["accuracy"].min == 0.75
    with pytest.raises(DataRejected, match="it cannot weigh rows"):
        draw(frame, tmp_path, "y", weight="x")


def test_a_number_that_the_label_follows_is_no_feature(tmp_path):
    values = np.random.default_rng(1).lognormal(size=ROWS).round(6)
    frame = of(*values, rank=np.log(values), shifted=32 - 1.8 * values, noisy=values + np.arange(ROWS) % 2)
    drawn, config = draw(frame, tmp_path, "y")
    assert list(config.features) == ["x", "noisy"]
    assert drawn.left_out["rank"].reason == "gives the label away: it rises and falls with the label, value by value"


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


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
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
                rows.to_json(path, orient="records", lines=True)
    for data in ("rows", f"rows/part-*.{suffix}"):
        drawn = draft(str(tmp_path / data), "churned", tmp_path / "it.yaml")
        assert drawn.features == mixed[0].features
        assert drawn.left_out.keys() == mixed[0].left_out.keys()
        assert f"  format: {suffix}\n  path: {data}\n" in drawn.text


def test_types_of_parquet_are_believed(tmp_path):
    frame = of(False, True, when=pd.Timestamp("2024-01-01 12:30"), tags=[["a"]] * ROWS)
    frame["when"] += pd.to_timedelta(np.arange(ROWS), "min")
    frame.to_parquet(tmp_path / "rows.parquet")
    drawn = draft(str(tmp_path / "rows.parquet"), "y", tmp_path / "rows.yaml")
    assert drawn.features["when"].options == {"parts": ["hour", "day_of_week"]}
    assert drawn.left_out["tags"].reason.endswith("which is no single value")
    assert '  classes: ["false", "true"]' in drawn.text


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_of_large_data_pieces_are_read_and_the_rows_estimated(tmp_path, suffix):
    path, count = tmp_path / f"rows.{suffix}", 40_000
    frame = pd.DataFrame({"position": range(count), "text": ["word " * 20] * count})
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path, row_group_size=1000)
    profile = profile_files([str(path)], suffix, most=1 << 16)
    assert profile.rows == pytest.approx(count, rel=0.05)
    assert profile.read < count / 8
    positions = profile.columns["position"].numbers
    assert np.histogram(positions, 4, (0, count))[0].min() > 0.15 * profile.read


def test_a_cell_of_several_lines_does_not_hinder(tmp_path):
    path = tmp_path / "rows.csv"
    pd.DataFrame({"text": ['one, "\ntwo'] * 40_000, "y": 1}).to_csv(path, index=False)
    assert profile_files([str(path)], "csv", most=1 << 16).columns.keys() == {"text", "y"}


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        ({}, {"label": "churnd"}, ConfigError, "no column `churnd` .* Did you mean 'churned'"),
        ({}, {"label": "label"}, ConfigError, "no column `label` .* The columns are: customer, row,"),
        ({}, {"group": "familiy"}, ConfigError, "--group: there is no column `familiy`"),
        ({}, {"label": "fee"}, DataRejected, "fee: the label is missing in 30 of 600 rows"),
        ({}, {"label": "country"}, DataRejected, "country: the label is `DE` in every row"),
        ({}, {"label": "review"}, ConfigError, "review: the label has 600 different texts, too many for classes"),
        ({}, {"kind": "ordinal"}, ConfigError, "'ordinal' is no kind of label. The kinds are binary, multiclass, regr"),
        ({"rows": 19}, {}, DataRejected, "there are 19 rows, too few for three splits"),
        ({"columns": ["churned", "row"]}, {}, DataRejected, "no column is left to predict from. Left out: row: an id"),
    ],
    ids=lambda value: "",
)
def test_what_no_pipeline_can_be_made_of_is_refused(tmp_path, change, options, error, said):
    frame = mix().head(change.get("rows", ROWS))
    with pytest.raises(error, match=f"(?s){said}"):
        draw(frame[change.get("columns", list(frame))], tmp_path, **{"label": "churned", **options})


@pytest.mark.parametrize(
    ("file", "name"),
    [("Churn 2024.yaml", "churn_2024"), ("2024.yaml", "model_2024"), ("Größe.yaml", "gr_e"), ("_.yaml", "model")],
)
def test_a_pipeline_is_named_after_its_file(file, name):
    assert name_pipeline(Path(file)) == name


def test_names_that_yaml_would_misread_are_quoted(tmp_path):
    frame = of(0, 1, **{name: np.random.default_rng(2).normal(size=ROWS) for name in ("no", "a: b", "50%", "temp [C]")})
    config = draw(frame, tmp_path, "y")[1]
    assert list(config.features) == ["x", "no", "a: b", "50%", "temp [C]"]


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


def test_a_draft_names_the_schema_that_lies_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mix().to_csv("rows.csv", index=False)
    (tmp_path / FILE).write_text("of an older version")
    write_draft(draft("rows.csv", "churned", Path("churn.yaml")), Path("churn.yaml"))
    first, second, *_ = Path("churn.yaml").read_text().splitlines()
    assert (first, second) == (f"# yaml-language-server: $schema={FILE}", "# millrace run churn.yaml")
    assert json.loads((tmp_path / FILE).read_text()) == write_schema()
