import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.validation.profile import describe
from components.validation.spelling import Spelling, to_plain_numbers
from components.validation.validate import check_small
from configs.loading.loader import load
from pipelines.onboarding.config_draft import draft
from pipelines.onboarding.spelling_inference import NUMBERS, doubt_code, find_markers, find_numbers, find_variants
from tests.pipelines.onboarding.conftest import ROWS, draw, of


def column(*cells, name="c"):
    return describe(name, pa.chunked_array([pa.array(cells)]))


@pytest.mark.parametrize(
    ("cells", "markers"),
    [
        (["1.5", "NA", " NA ", "2"], {"NA": 2}),
        (["1", "?", "-", "n/a", "#N/A", "2"], {"?": 1, "-": 1, "n/a": 1, "#N/A": 1}),
        (["$1,200", "unknown", "$7"], {"unknown": 1}),
        (["2024-05-31", "2024-06-01", "-"], {"-": 1}),
        (["2024-05-31", "2024-06-01", "0000-00-00"], {"0000-00-00": 1}),
        (["red", "blue", "#N/A", "NULL"], {"#N/A": 1, "NULL": 1}),
        (["red", "None", "?", "-", "missing"], {}),
        (["DE", "FR", "IT", "ES", "PT", "NL", "BE", "LU", "AT", "DK", "NA"], {}),
        ([1, 2, None], {}),
        (["1", " ", ""], {}),
    ],
)
def test_markers_are_those_of_pandas_and_r_and_among_numbers_others_as_well(cells, markers):
    assert find_markers(column(*cells)) == markers


@pytest.mark.parametrize("word", ["TBD", "k. A.", "(null)", "inconnu", "??"])
def test_a_word_that_repeats_among_numbers_or_dates_is_a_marker_and_said_to_be(tmp_path, word):
    numbers = [f"{number / 4:.2f}" for number in range(ROWS)]
    days = list(pd.date_range("2021-01-31", periods=ROWS).strftime("%d/%m/%Y"))
    frame = of(
        0, 1, size=[*numbers[9:], *[word] * 9], day=[word, word, *days[2:]], few=["1", "2", word, word] * (ROWS // 4)
    )
    drawn, config = draw(frame, tmp_path, "y")
    found = config.features
    assert (found["size"].kind, found["day"].kind, found["few"].kind) == ("numeric", "timestamp", "categorical")
    assert found["size"].missing == found["day"].missing == (word,)
    assert not found["few"].missing
    assert drawn.warnings[:2] == [
        f"`{word}` in `size`, 9 cells among numbers or dates, is read as a missing value",
        f"`{word}` in `day`, 2 cells among numbers or dates, is read as a missing value",
    ]
    check_small(config)


@pytest.mark.parametrize(
    "cells",
    [
        ["1.5", "2.5", "oops"],  # once, it is a mistake
        [*map(str, range(30)), *["low", "mid", "high", "top"] * 2],  # four words are values
        [*map(str, range(30)), *["none at all"] * 40],  # most of the rows
        [*map(str, range(9)), *["many"] * 3],  # one of few values
    ],
)
def test_words_that_may_be_values_are_no_markers(cells):
    assert find_markers(column(*cells)) == {}


@pytest.mark.parametrize(
    ("cells", "ways"),
    [
        (["$1,234.50", "$7"], [Spelling(thousands=",", unit="$")]),
        (["-$1,234.50", "$ 7"], [Spelling(thousands=",", unit="$")]),
        (["($1,234.50)", "$7"], [Spelling(thousands=",", unit="$")]),
        (["\u22121,5", "7,5"], [Spelling(decimal=",")]),
        (["12.5 %", "7 %"], [Spelling(unit="%")]),
        (["1.234,50 €", "7,5 €"], [Spelling(decimal=",", thousands=".", unit="€")]),
        (["USD 5", "USD 7.5"], [Spelling(unit="USD")]),
        (["3,46", "0,5"], [Spelling(decimal=",")]),
        (["0,346", "0,822"], [Spelling(decimal=",")]),
        (["1,234", "2,500"], [Spelling(thousands=","), Spelling(decimal=",")]),
        (["1,234", "2,500", "1,234,567"], [Spelling(thousands=",")]),
        (["1 234", "12 500"], [Spelling(thousands=" ")]),
        (["1'234.5"], [Spelling(thousands="'")]),
        (["1,23,456", "12,34,567", "45,000"], [Spelling(thousands=",")]),  # lakh and crore
        (["1.234,50-", "7,5"], [Spelling(decimal=",", thousands=".")]),
        (["1,5E+05", "-2,25e-3"], [Spelling(decimal=",")]),
        (["1.5", "2"], []),
        (["$5", "5 %"], []),
        (["10000000000000000000000000", "3"], []),  # beyond 64 bits, whatever parts its fraction
        (["Q1", "Q2"], []),
        (["A5", "5A"], []),
        (["007", "008"], []),
        (["12.05.2024"], []),
        (["10.0.0.1", "192.168.0.1"], []),
        (["1,2,3", "4,5"], []),
        ([1.5], []),
    ],
)
def test_numbers_are_spelled_in_every_way_that_fits_them_all(cells, ways):
    assert find_numbers(column(*cells)) == ways


@pytest.mark.parametrize("unit", ["{}", "${}", "{} €", "CHF {}", "{}%"])
@pytest.mark.parametrize(("decimal", "thousands"), NUMBERS)
def test_numbers_are_read_as_they_were_spelled_or_both_ways_are_told(decimal, thousands, unit):
    signs = str.maketrans({",": thousands, ".": decimal})
    random = np.random.default_rng(NUMBERS.index((decimal, thousands)))
    numbers = (random.choice([-1, 1], 50) * random.lognormal(6, 3, 50)).round(2)
    texts = [unit.format(f"{number:,.2f}".translate(signs)) for number in numbers]
    ways = find_numbers(column(*texts)) or [Spelling()]
    assert any((to_plain_numbers(pa.array(texts), way).cast(pa.float64()).to_numpy() == numbers).all() for way in ways)


@pytest.mark.parametrize(
    ("cells", "mend"),
    [
        (["yes", "YES ", "no"], {"trim": True, "lower": True}),
        (["yes", "yes ", "no"], {"trim": True}),
        (["yes", "Yes", "no"], {"lower": True}),
        (["yes", "no", " maybe"], {}),
        ([True, False], {}),
    ],
)
def test_what_makes_values_one_that_differ_by_case_or_blanks_alone(cells, mend):
    assert find_variants(column(*cells)) == mend


def spoiled() -> pd.DataFrame:
    random = np.random.default_rng(3)
    frame = of("yes", "no", "no", "YES ")
    frame["share"] = [f"{number:.1f} %".replace(".", ",") for number in random.uniform(0, 99, ROWS)]
    frame["price"] = [f"{number:,.2f} €".translate({44: 46, 46: 44}) for number in random.lognormal(8, 1, ROWS)]
    frame["x"] = [f"{number:.3f}".replace(".", ",") for number in frame["x"]]
    frame["size"] = random.choice(["small", "Small", "large"], ROWS)
    frame["age"] = random.normal(40, 9, ROWS).astype(int).astype(str)
    frame.loc[:4, "x"] = "NA"
    frame.loc[:1, "size"] = "NA"
    frame.loc[:2, "age"] = "?"
    frame.loc[7:9, "y"] = ["NA", "", " "]
    return frame


def test_a_draft_says_how_cells_are_spelled_and_a_run_reads_them_so(tmp_path):
    drawn, config = draw(spoiled(), tmp_path, "y")
    data, label = config.data, config.label
    assert (data.missing, data.decimal, config.features["price"].thousands) == (("NA",), ",", ".")
    assert "  missing: [NA]  # missing values: 11 cells\n" in drawn.text
    assert (config.features["share"].unit, config.features["price"].unit) == ("%", "€")
    assert (config.features["x"].missing, config.features["age"].missing) == (None, ("?",))
    assert (label.missing, label.trim, label.lower, label.values) == ("drop", True, True, ("no", "yes"))
    assert "  missing: drop  # 3 of 600 rows, left out of training\n" in drawn.text
    assert drawn.warnings[0] == "the label is missing in 3 of 600 rows: left out"
    assert drawn.warnings[1].startswith("`y`: 3 classes differ by case or blanks alone: ")
    assert drawn.warnings[2].startswith("`size`: `")
    assert "differ by case or blanks alone; lower: true would make them one" in drawn.warnings[2]
    check_small(config)


def test_a_number_that_can_be_read_in_two_ways_is_told(tmp_path):
    frame = of(0, 1, price=[f"{1 + number % 9},{number % 7:03d}" for number in range(ROWS)])
    drawn, config = draw(frame, tmp_path, "y")
    assert config.features["price"].thousands == ","
    assert drawn.warnings == ["`1,000` in `price` is read as 1000; were it 1.000, correct decimal and thousands."]


def test_what_stands_for_a_missing_number_to_predict_is_said_for_all_data(tmp_path):
    frame = of(0, 1, size=["?", "big"] * (ROWS // 2))
    frame["y"] = np.random.default_rng(4).normal(size=ROWS).round(3).astype(str)
    frame.loc[:3, "y"] = "?"
    _, config = draw(frame, tmp_path, "y")
    assert (config.label.kind, config.label.missing, config.data.missing) == ("regression", "drop", ("?",))
    assert config.features["size"].missing == ()
    check_small(config)


def test_a_column_of_several_spellings_of_a_number_has_each_value_once(tmp_path):
    frame = of(0, 1, grade=[f"{number % 5}.0" if number % 2 else str(number % 5) for number in range(ROWS)])
    _, config = draw(frame, tmp_path, "y")
    assert config.features["grade"].vocabulary == 5


def test_a_number_to_predict_is_read_as_it_is_spelled(tmp_path):
    frame = of(0, 1)
    frame["y"] = [f"${number:,.2f}" for number in np.random.default_rng(5).lognormal(8, 1, ROWS)]
    _, config = draw(frame, tmp_path, "y")
    assert (config.label.kind, config.label.unit, config.label.thousands) == ("regression", "$", ",")
    assert 1000 < config.evaluation.thresholds["rmse"].max < 20_000
    check_small(config)


def test_a_word_that_is_a_class_of_the_label_is_no_marker_of_another_column(tmp_path):
    frame = of("NA", "EU", *[f"{letter}{letter}" for letter in "ABCDEFGHIJ"])
    frame["x"] = frame["x"].astype(str)
    frame.loc[:9, "x"] = "NA"
    _, config = draw(frame, tmp_path, "y")
    assert (config.data.missing, config.features["x"].missing) == ((), ("NA",))
    assert "NA" in config.label.values
    check_small(config)


@pytest.mark.parametrize(
    ("odd", "others", "said"),
    [
        (-999, range(18, 90), True),
        (9999, range(200), True),
        (99, range(18, 90), False),  # an age as any other
        (999, range(0, 2000, 7), False),
        (-1, range(18, 90), False),
        (2147483647, range(18, 90), True),
        ("1e+30", range(18, 90), True),
        (32767, range(0, 60_000, 7), False),
    ],
)
def test_a_number_that_may_stand_for_a_missing_one_is_named(odd, others, said):
    told = f"{odd} stands in 2 rows, far from all other numbers: if it stands for a missing value, say missing: [{odd}]"
    others = [*map(str, others)]
    assert doubt_code(column(str(odd), str(odd), *others)) == (told if said else "")
    assert not doubt_code(column(str(odd), *others))  # once, it is a number as any other


def test_what_is_no_number_among_the_floats_of_parquet_is_missing(tmp_path):
    numbers = np.random.default_rng(0).normal(size=300)
    odd = np.where(np.arange(300) % 20 == 3, np.nan, numbers)
    far = np.where(np.arange(300) % 50 == 7, np.inf, numbers)
    label = np.where(numbers > 0, "yes", "no")
    table = pa.table({"odd": odd, "far": far, "y": label})
    parquet.write_table(table, tmp_path / "rows.parquet")
    drawn = draft(str(tmp_path / "rows.parquet"), "y", tmp_path / "rows.yaml", quality="fast")
    (tmp_path / "rows.yaml").write_text(drawn.text)
    config = load(tmp_path / "rows.yaml")
    assert {name: feature.kind for name, feature in config.features.items()} == {"odd": "numeric", "far": "numeric"}
    assert config.data.missing == ("nan",)
    assert config.features["far"].missing == ("inf",)
    assert "5.0 % missing" in drawn.features["odd"].reason
    check_small(config)
