"""Files as people have them, by init, run and predict with no help: right, or said to be wrong."""

import bz2
import gzip
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from configs.loading.loader import load

pytestmark = pytest.mark.slow
LABEL = "y"
ONCE = ("--set", "evaluation.folds=null", "--set", "training.refit=true")  # five trainings fewer, and no other model


def millrace(folder, *arguments, code=0):
    """What a command says in a folder, on the screen and in errors; it ends with `code`."""
    command = [sys.executable, "-m", "pipelines", *map(str, arguments)]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == code, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def publish(data: Path, *options: str) -> str:
    """Drafts a config for the data, own.yaml beside it, and runs it until a version is in service; what init says."""
    said = millrace(data.parent, "init", data.name, "--label", LABEL, "-o", "own.yaml", *options)
    assert "Published version 1" in millrace(data.parent, "run", "own.yaml", *ONCE)
    return said


def predict(data: Path) -> pd.Series:
    """What the version in service says of each row of a file."""
    scored = data.with_name(f"scored-{data.name.split('.')[0]}.csv")
    millrace(data.parent, "predict", "own.yaml", "--input", data.name, "--output", scored.name, "--force")
    return pd.read_csv(scored, keep_default_na=False)["prediction"]


def kinds(folder: Path) -> dict[str, str]:
    return {name: feature.kind for name, feature in load(folder / "own.yaml").features.items()}


@pytest.mark.full
def test_a_number_that_is_a_category_is_one_however_a_tool_has_written_it(tmp_path):
    chance = np.random.default_rng(3)
    grades = chance.integers(1, 7, 900)
    rows = pd.DataFrame({"grade": grades, "noise": chance.normal(size=900).round(3)})
    rows[LABEL] = np.where(np.isin(grades, [2, 3, 6]), "pass", "fail")
    data, held = tmp_path / "rows.csv", rows[700:].drop(columns=LABEL)
    rows[:700].to_csv(data, index=False)
    publish(data)
    held.to_csv(tmp_path / "whole.csv", index=False)
    floats = held.astype({"grade": float})
    floats.to_csv(tmp_path / "floats.csv", index=False, float_format="%.2f")
    floats.to_json(tmp_path / "lines.jsonl", orient="records", lines=True)
    floats.to_parquet(tmp_path / "table.parquet")
    held.astype({"grade": str}).to_parquet(tmp_path / "texts.parquet")
    answers = {
        name: list(predict(tmp_path / name))
        for name in ("whole.csv", "floats.csv", "lines.jsonl", "table.parquet", "texts.parquet")
    }
    assert np.mean(np.array(answers["whole.csv"]) == rows[700:][LABEL]) > 0.95
    assert all(found == answers["whole.csv"] for found in answers.values())


@pytest.mark.full
def test_few_rows_that_differ_are_judged(tmp_path):
    chance = np.random.default_rng(4)
    rows = pd.DataFrame({name: chance.choice(["low", "high"], 700) for name in ("sun", "rain", "wind", "frost")})
    rows[LABEL] = np.where((rows["sun"] == "high") & (rows["frost"] == "low"), "grows", "withers")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    publish(tmp_path / "rows.csv")
    assert load(tmp_path / "own.yaml").data.split.repeats
    assert np.mean(predict(tmp_path / "rows.csv") == rows[LABEL]) > 0.95


@pytest.mark.full
def test_whole_numbers_that_never_repeat_decide_the_label(tmp_path):
    chance = np.random.default_rng(5)
    salary = chance.choice(np.arange(20_000, 200_000), 900, replace=False)
    rows = pd.DataFrame({"number": np.arange(1, 901), "salary": salary, "age": chance.integers(18, 80, 900)})
    rows[LABEL] = np.where(salary > 110_000, "yes", "no")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    publish(tmp_path / "rows.csv")
    assert kinds(tmp_path) == {"salary": "numeric", "age": "numeric"}
    assert np.mean(predict(tmp_path / "rows.csv") == rows[LABEL]) > 0.95


@pytest.mark.full
def test_numbers_far_larger_than_what_tells_them_apart_keep_their_digits(tmp_path):
    chance = np.random.default_rng(6)
    cause, hour, noise = chance.normal(size=900), chance.integers(0, 24, 900), chance.normal(size=900)
    moment = 1_700_006_400_000 + 3_600_000 * hour + chance.integers(0, 3_600_000, 900)  # from midnight on
    rows = pd.DataFrame(
        {
            "level": 1e9 + 10 * cause,
            "time": moment,
            "heavy": 1e9 + 10 * chance.normal(size=900),
            LABEL: 1e9 + 10 * cause + 10 * np.sin(2 * np.pi * hour / 24) + noise,
        }
    )
    rows.to_csv(tmp_path / "rows.csv", index=False, float_format="%.3f")
    millrace(tmp_path, "init", "rows.csv", "--label", LABEL, "--weight", "heavy", "-o", "own.yaml")
    config = load(tmp_path / "own.yaml")
    assert kinds(tmp_path) == {"level": "numeric", "time": "timestamp"}
    assert config.label.offset == config.features["level"].offset == 1e9
    said = millrace(tmp_path, "run", "own.yaml", "--set", "baselines=[mean,linear]")
    told = re.search(r"rmse: this model ([\d.]+), mean ([\d.]+), linear ([\d.]+)", said)
    rmse, mean, linear = map(float, told.groups())
    spread = rows[LABEL].std()
    assert rmse < 0.3 * spread
    assert (mean, linear) == (pytest.approx(spread, rel=0.2), pytest.approx(rmse, rel=0.5))
    predicted = predict(tmp_path / "rows.csv").to_numpy(float)
    assert np.sqrt(np.mean((predicted - rows[LABEL]) ** 2)) < 0.3 * spread


@pytest.mark.full
def test_a_number_that_loses_its_digits_is_refused_by_name(tmp_path):
    chance = np.random.default_rng(6)
    cause = chance.normal(size=600)
    rows = pd.DataFrame({"level": 1e9 + 10 * cause, LABEL: cause + chance.normal(size=600)})
    rows.to_csv(tmp_path / "rows.csv", index=False, float_format="%.3f")
    millrace(tmp_path, "init", "rows.csv", "--label", LABEL, "-o", "own.yaml")
    said = millrace(tmp_path, "run", "own.yaml", "--set", "features.level={kind: numeric}", code=3)
    assert "Say features.level.offset: 1000000000." in said
    assert "Published" not in said


@pytest.mark.full
def test_a_rare_class_is_learnt(tmp_path):
    chance = np.random.default_rng(7)
    rows = pd.DataFrame(chance.normal(size=(12_000, 3)).round(4), columns=["a", "b", "c"])
    odds = 3 * rows["a"] + 2 * rows["b"] - 10
    rows[LABEL] = np.where(chance.random(len(rows)) < 1 / (1 + np.exp(-odds)), 1, 0)
    assert 60 < rows[LABEL].sum() < 150
    rows.to_csv(tmp_path / "rows.csv", index=False)
    said = publish(tmp_path / "rows.csv")
    assert "below 30, what they say of it is much chance" in said


@pytest.mark.full
def test_several_labels_in_a_cell_some_of_them_none(tmp_path):
    chance = np.random.default_rng(10)
    told = pd.DataFrame(chance.random((900, 3)) < 0.4, columns=["red", "green", "blue"])
    rows = told.astype(float) + chance.normal(scale=0.2, size=told.shape).round(3)
    rows.columns = ["r", "g", "b"]
    rows[LABEL] = ["|".join(told.columns[line]) for line in told.to_numpy()]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    publish(tmp_path / "rows.csv")
    assert load(tmp_path / "own.yaml").label.kind == "multilabel"
    told = rows[LABEL].str.split("|").map(set)
    assert np.mean(predict(tmp_path / "rows.csv").str.split("|").map(set) == told) > 0.8


@pytest.mark.parametrize(
    ("good", "bad", "others", "blank"),
    [
        pytest.param(
            "好吃便宜推荐快", "难差贵慢坏", "这家店的菜今天我们去了很多次", "", id="Chinese", marks=pytest.mark.full
        ),
        pytest.param("😀👍🎉", "😡👎💔", "ok so it was", " ", id="emoji", marks=pytest.mark.full),
    ],
)
def test_texts_without_words_are_texts(tmp_path, good, bad, others, blank):
    chance = np.random.default_rng(19)
    happy = chance.random(700) < 0.5
    filler = list(others) if not blank else others.split()
    texts = [
        blank.join([*chance.choice(filler, 6), *chance.choice(list(good if is_good else bad), 2)]) for is_good in happy
    ]
    rows = pd.DataFrame({"review": [f"{text}{number % 7}" for number, text in enumerate(texts)]})
    rows[LABEL] = np.where(happy, "good", "bad")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    publish(tmp_path / "rows.csv")
    assert kinds(tmp_path) == {"review": "text"}
    assert np.mean(predict(tmp_path / "rows.csv") == rows[LABEL]) > 0.95


@pytest.mark.full
def test_an_export_of_a_spreadsheet_is_read_as_it_is_meant(tmp_path):
    chance = np.random.default_rng(23)
    size, share = chance.normal(1500, 400, 800).round(1), chance.uniform(0, 100, 800).round(1)
    month = pd.Timestamp("2015-01-01") + pd.to_timedelta(chance.integers(0, 2000, 800), "D")
    price = 2 * size + 10 * share + chance.normal(0, 50, 800)

    def spell(number: float, digits: int) -> str:
        return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))

    rows = pd.DataFrame(
        {
            "Größe": [spell(number, 1) for number in size],
            "Anteil": [f"{spell(number, 1)} %" for number in share],
            "Monat": month.strftime("%Y-%m"),
            "gesehen": month.strftime("%Y-%m-%d 13:05:09 UTC"),
            "Lage": chance.choice(["Süd", "Nord"], 800),
            LABEL: [f"{spell(number, 2)} €" for number in price],
        }
    )
    for column, marker in (("Größe", "NA"), ("Anteil", "#N/A"), ("Lage", " "), (LABEL, "NA")):
        rows.loc[chance.choice(800, 9, replace=False), column] = marker
    data = tmp_path / "rows.csv.gz"
    data.write_bytes(gzip.compress(rows.to_csv(index=False, sep=";").encode("cp1252"), mtime=0))
    publish(data)
    assert kinds(tmp_path) == {
        **{"Größe": "numeric", "Anteil": "numeric", "Monat": "timestamp", "gesehen": "timestamp"},
        "Lage": "categorical",
    }
    predicted = predict(data).to_numpy(float)
    assert np.sqrt(np.mean((predicted - price) ** 2)) < 0.3 * price.std()
    row = json.dumps({"Größe": "1.500,0", "Anteil": "50,0 %", "Lage": "Süd", "Monat": "2018-03", "gesehen": None})
    answer = json.loads(millrace(tmp_path, "predict", "own.yaml", "--row", row, "--output", "json"))
    assert answer["prediction"] == pytest.approx(3500, rel=0.15)


def write_lines(rows: pd.DataFrame, sep: str, before: str = "") -> str:
    return before + rows.to_csv(index=False, sep=sep, lineterminator="\r\n")


def write_objects(rows: pd.DataFrame) -> list[str]:
    """An object a row, with a list in each, which no feature can be."""
    records = json.loads(rows.to_json(orient="records"))
    return [json.dumps(record | {"tags": ["a", "b"][: number % 3]}) for number, record in enumerate(records)]


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("rows.tsv.bz2", lambda rows: bz2.compress(write_lines(rows, "\t").encode("utf-16")), id="tab"),
        pytest.param("rows.csv", lambda rows: write_lines(rows, "|", "sep=|\r\n").encode("utf-8-sig"), id="sep"),
        pytest.param("rows.json", lambda rows: f"[{', '.join(write_objects(rows))}]".encode(), id="array"),
        pytest.param("rows.jsonl.gz", lambda rows: gzip.compress("\n".join(write_objects(rows)).encode()), id="lines"),
    ],
)  # fmt: skip
def test_a_file_of_any_dialect_is_trained_on_and_scored(tmp_path, name, content):
    chance = np.random.default_rng(30)
    rows = pd.DataFrame(chance.normal(size=(600, 2)).round(3), columns=["héight", "count"])
    rows[LABEL] = np.where(rows["héight"] > rows["count"], "yes", "no")
    data = tmp_path / name
    data.write_bytes(content(rows))
    publish(data)
    assert kinds(tmp_path) == {"héight": "numeric", "count": "numeric"}
    scored = tmp_path / "scored.jsonl"
    millrace(tmp_path, "predict", "own.yaml", "--input", name, "--output", scored.name)
    answers = [json.loads(line)["prediction"] for line in scored.read_text(encoding="utf-8").splitlines()]
    assert np.mean(np.array(answers) == rows[LABEL]) > 0.9


@pytest.mark.full
def test_many_classes_some_of_them_rare_in_rows_full_of_markers(tmp_path):
    chance = np.random.default_rng(34)
    classes = chance.choice([f"blight {number}" for number in range(12)], 500, p=[0.2] * 4 + [0.025] * 8)
    signs = np.array([[hash_sign(name, sign) for sign in range(12)] for name in classes])
    table = np.where(chance.random(signs.shape) < 0.9, signs, chance.integers(0, 3, signs.shape)).astype(str)
    table[chance.random(signs.shape) < 0.1] = "NA"
    rows = pd.DataFrame(table, columns=[f"sign.{number}" for number in range(12)]).assign(**{LABEL: classes})
    rows.to_csv(tmp_path / "rows.csv", index=False)
    publish(tmp_path / "rows.csv")
    assert load(tmp_path / "own.yaml").data.split.stratify
    assert np.mean(predict(tmp_path / "rows.csv") == rows[LABEL]) > 0.9


def hash_sign(name: str, sign: int) -> int:
    """One of three values, the same each time."""
    return zlib.crc32(f"{name}{sign}".encode()) % 3


@pytest.mark.full
def test_rows_without_a_label_and_a_label_of_numbers_among_markers(tmp_path):
    chance = np.random.default_rng(24)
    rows = pd.DataFrame({"x": chance.normal(size=600).round(3), "when": pd.date_range("2021-01-01", periods=600)})
    price = 20 + 5 * rows["x"] + chance.normal(0, 0.5, 600)
    rows[LABEL] = price.round(1).astype(str)
    rows.loc[:29, LABEL] = "N/A"
    rows["when"] = rows["when"].sample(frac=1, random_state=0).dt.strftime("%Y%m%d%H%M%S").to_numpy()
    rows["size"] = np.where(chance.random(600) < 0.1, "k. A.", (10 * rows["x"]).round().astype(int).astype(str))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    said = publish(tmp_path / "rows.csv", "--kind", "regression")
    assert "the label is missing in 30 of 600 rows: left out" in said
    assert "`k. A.` in `size`" in said
    assert kinds(tmp_path) == {"x": "numeric", "when": "timestamp", "size": "numeric"}
    predicted = predict(tmp_path / "rows.csv").to_numpy(float)
    assert np.sqrt(np.mean((predicted - price) ** 2)) < 0.5 * price.std()


@pytest.mark.full
def test_a_file_without_a_header_is_told_so_and_read_with_names(tmp_path):
    chance = np.random.default_rng(40)
    rows = pd.DataFrame(chance.normal(5, 1, (600, 3)).round(1))
    rows[3] = np.where(rows[0] > rows[1], "wide", "long")
    data = tmp_path / "rows.csv"
    rows.to_csv(data, index=False, header=False)
    said = millrace(tmp_path, "init", "rows.csv", "--label", LABEL, "-o", "own.yaml", code=3)
    assert "--columns" in said
    publish(data, "--columns", f"width,height,weight,{LABEL}")
    assert np.mean(predict(data) == rows[3]) > 0.9
