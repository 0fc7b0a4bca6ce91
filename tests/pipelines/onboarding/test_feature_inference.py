import numpy as np
import pandas as pd
import pytest

from components.validation.validate import check_small
from configs.loading.loader import load
from configs.schema.features import Boolean, Categorical, Timestamp, Words
from tests.pipelines.onboarding.conftest import NUMERIC, ROWS, bunch, draw, of


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
        ("income", NUMERIC, None),
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
        ("customer", "a name of its own in nearly each row: 600 texts in 600 rows"),
        ("row", "the number of the row, as 600 rows in turn have it"),
        ("account_id", "an identifier by its name, of 120 values"),
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
    assert f"\n  # {column}: {{kind: " in drawn.text or f"\n  # ({column})  # {reason}\n" in drawn.text


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


def test_a_whole_number_that_differs_in_every_row_is_a_feature_if_the_label_depends_on_it(tmp_path):
    random = np.random.default_rng(0)
    pay, walked = random.permutation(200_000)[:ROWS], np.cumsum(random.integers(1, 90, ROWS))
    frame = pd.DataFrame({"pay": pay, "ticket": random.permutation(200_000)[:ROWS], "walked": walked})
    frame["y"] = np.where(abs(pay - 100_000) < 50_000, "mid", "edge")
    drawn, config = draw(frame, tmp_path, "y")
    assert list(config.features) == ["pay"]
    assert drawn.left_out["ticket"].reason.startswith("an identifier: 600 numbers in 600 rows")
    drawn, config = draw(frame.assign(y=walked + random.normal(0, 500, ROWS)), tmp_path, "y")
    assert config.features == {"walked": NUMERIC}
    assert drawn.warnings == [f"`walked`: {drawn.features['walked'].warning}"]
    assert "it rises or falls row by row" in drawn.warnings[0]


def test_a_column_that_is_left_out_becomes_a_feature_without_its_sign(tmp_path, mixed):
    text = mixed[0].text
    for name, found in mixed[0].left_out.items():
        text = text.replace(f"  # {name}: {{", f"  {name}: {{")
        assert (found.offer is None) == (name == "nothing")
    (tmp_path / "all.yaml").write_text(text)
    features = load(tmp_path / "all.yaml").features
    assert features["row"] == NUMERIC
    assert features.keys() == {*mixed[1].features, *mixed[0].left_out} - {"nothing"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [(range(1950, 2010), "numeric"), (range(60), "numeric"), ([f"C{number}" for number in range(60)], "categorical")],
)
def test_the_only_column_is_a_feature_whatever_it_looks_like(tmp_path, values, kind):
    frame = pd.DataFrame({"only": values, "y": np.random.default_rng(0).normal(size=60)})
    drawn, config = draw(frame, tmp_path, "y", kind="regression")
    assert config.features["only"].kind == kind
    assert drawn.warnings[0].startswith("`only`: nothing better is left to predict from, though it is ")


@pytest.mark.parametrize(
    ("signs", "kind"),
    [
        ("这部电影很好看不太差", "text"),
        ("😡👎😀👍", "text"),
        (["great", "poor", "value", "tea"], "text"),
        ("0123456789", ""),
    ],
)
def test_texts_that_differ_are_texts_where_they_share_their_words(tmp_path, signs, kind):
    random = np.random.default_rng(0)
    gap = " " if isinstance(signs, list) else ""
    cells = [f"R{gap.join(random.choice(list(signs), 2 + number % 9))}{number:x}" for number in range(ROWS)]
    frame = pd.DataFrame({"said": cells, "x": random.normal(size=ROWS), "y": random.integers(0, 2, ROWS)})
    drawn, config = draw(frame, tmp_path, "y")
    assert drawn.features["said"].kind == kind if kind else "said" in drawn.left_out


@pytest.mark.parametrize("texts", [["true", "TRUE", "False", "false"], ["Yes", "no ", " yes"], ["1", "0", " 0"]])
def test_one_of_two_values_is_a_boolean_however_it_is_spelled(tmp_path, texts):
    flags = np.random.default_rng(1).choice(texts, ROWS)
    drawn, config = draw(of("a", "b", flag=flags), tmp_path, "y")
    assert config.features["flag"].kind == "boolean"
    assert not drawn.features["flag"].warning
    check_small(config)


def test_negative_numbers_of_books_are_numbers(tmp_path):
    values = np.random.default_rng(2).normal(size=ROWS).round(2)
    books = [f"({-value})" if value < 0 else f"{value}" for value in values]
    print_ = [f"{value}".replace("-", "\u2212") for value in values]
    after = [f"{-value}-" if value < 0 else f"{value}" for value in values]
    drawn, config = draw(of("a", "b", books=books, print=print_, after=after), tmp_path, "y")
    low = f"{values.min():,.6g} to {values.max():,.6g}"
    assert {drawn.features[name].reason for name in ("books", "print", "after")} == {low}
    assert {feature.kind for feature in config.features.values()} == {"numeric"}
    check_small(config)


@pytest.mark.parametrize(
    ("odd", "rows", "reason"),
    [
        ("2023-02-30", 2, "moments, but for `2023-02-30` in 2 rows: name that in missing, or correct those cells"),
        ("late in May", 1, "moments, but for `late in May` in 1 row: name that in missing, or correct those cells"),
    ],
)
def test_moments_with_a_stray_cell_are_left_out_and_the_cell_is_named(tmp_path, odd, rows, reason):
    days = [f"2023-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(ROWS)]
    drawn, _ = draw(of("a", "b", when=[odd] * rows + days[rows:]), tmp_path, "y")
    assert drawn.left_out["when"].reason.startswith(reason)


def test_numbers_that_no_model_can_hold_are_no_words(tmp_path):
    drawn, _ = draw(of("a", "b", size=[f"{1 + number / 7:.4f}e300" for number in range(ROWS)]), tmp_path, "y")
    assert drawn.left_out["size"].reason.startswith("numbers beyond the range of a 32-bit float")


def test_money_is_no_identifier_however_evenly_it_is_spread(tmp_path):
    prices = np.random.default_rng(3).permutation(np.linspace(1000, 90_000, ROWS).astype(int))
    drawn, config = draw(of("a", "b", price=[f"${price:,}" for price in prices], number=prices), tmp_path, "y")
    assert (config.features["price"].kind, config.features["price"].unit) == ("numeric", "$")
    assert drawn.left_out["number"].reason.startswith("an identifier")


@pytest.mark.parametrize(
    "spell",
    [
        lambda day: f"{day:%Y-%m-%d %H:%M:%S} CET",
        lambda day: f"{day:%Y-%m-%d}" if day.day % 2 else f"{day:%d.%m.%Y}",
        lambda day: f"{day:%d}. März {day:%Y}",
        lambda day: f"{day.day} de agosto de {day.year}",
        lambda day: f"{day:%a %b %d %Y %H:%M:%S} GMT+0100 (CET)",
        lambda day: f"{day.day}{'st' if day.day == 1 else 'th'} {day:%B %Y}",
    ],
)
def test_moments_that_no_one_format_reads_are_neither_texts_nor_categories(tmp_path, spell):
    days = pd.Timestamp("2020-03-01 09:00") + pd.to_timedelta(np.arange(ROWS) * 37, "h")
    drawn, _ = draw(of("a", "b", when=[spell(day) for day in days]), tmp_path, "y")
    told = drawn.left_out["when"].reason
    assert told.startswith("moments in no one format that is known, such as `")
    assert told.endswith("write them alike, as 2024-05-31 18:30:00, then add it as timestamp")


ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
LENGTHS = np.random.default_rng(4).integers(60, 200_000, ROWS)
NUMBERS = [f"{number / 7:.2f}" for number in range(ROWS)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([f"{length // 3600}:{length // 60 % 60:02}:{length % 60:02}" for length in LENGTHS], "lengths of time"),
        ([f"PT{length // 60}M{length % 60}S" for length in LENGTHS], "lengths of time"),
        ([f"{length // 3600}h {length // 60 % 60}m" for length in LENGTHS], "lengths of time"),
        ([f"{length // 86400} days {length % 24:02}:00:{length % 60:02}" for length in LENGTHS], "lengths of time"),
        ([f"<{number}" if place % 4 else number for place, number in enumerate(NUMBERS)], "numbers with signs"),
        ([f"{number}K" if place % 4 else f"{number}M" for place, number in enumerate(NUMBERS)], "numbers with signs"),
        (
            [f"{number} cm" if place % 4 else f"{number} m" for place, number in enumerate(NUMBERS)],
            "numbers with signs",
        ),
        ([f"${number}" if place % 4 else f"€{number}" for place, number in enumerate(NUMBERS)], "numbers with signs"),
        ([f"{number}D+03" for number in NUMBERS], "numbers with signs"),
        (
            [number.replace(".", ",") if place % 4 else number for place, number in enumerate(NUMBERS)],
            "numbers with signs",
        ),
        (
            [number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) for number in NUMBERS],
            "numbers in other digits",
        ),
        ([f"{number}e-300" for number in NUMBERS[1:]] + ["0"], "numbers too small for a 32-bit float"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[5],
)
def test_what_a_number_could_tell_is_neither_text_nor_category(tmp_path, cells, reason):
    drawn, _ = draw(of("a", "b", size=cells), tmp_path, "y")
    assert drawn.left_out["size"].reason.startswith(reason)


@pytest.mark.parametrize(
    "cells",
    [
        [f"{number % 200}{'abcdefgh'[number % 8]}" for number in range(ROWS)],  # of a house
        [f"{1000 + number % 70} {chr(65 + number % 23)}{chr(65 + number % 19)}" for number in range(ROWS)],  # of a town
        [f"{number % 60:05}" for number in range(ROWS)],
        [f"{number % 9}-{number % 9 + 9}" for number in range(ROWS)],
        [f"<{number % 12}" if number % 3 else f"{number % 12}" for number in range(ROWS)],  # few values
    ],
    ids=lambda value: value[5],
)
def test_names_that_hold_digits_are_names(tmp_path, cells):
    drawn, _ = draw(of("a", "b", size=cells), tmp_path, "y")
    found = drawn.features.get("size") or drawn.left_out["size"]
    assert found.kind == "categorical" or "texts in" in found.reason


def test_yes_and_no_in_several_words_are_a_boolean_and_letters_are_categories(tmp_path):
    words = np.random.default_rng(5).choice(["yes", "Y", "TRUE", "no", "N", "0"], ROWS)
    letters = np.random.default_rng(6).choice(["n", "y", "t"], ROWS)
    drawn, config = draw(of("a", "b", flag=words, odour=letters), tmp_path, "y")
    assert {name: config.features[name].kind for name in ("flag", "odour")} == {
        "flag": "boolean",
        "odour": "categorical",
    }
    check_small(config)


def test_blanks_around_each_category_are_trimmed_and_what_looks_alike_is_named(tmp_path):
    towns = np.random.default_rng(7).choice([" Ulm", " Bonn"], ROWS)
    drinks = np.random.default_rng(8).choice(["café", "cafe\u0301", "tea"], ROWS)
    drawn, config = draw(of("a", "b", town=towns, drink=drinks), tmp_path, "y")
    assert config.features["town"].trim
    assert not config.features["drink"].trim
    assert "look alike and are two" in drawn.features["drink"].warning
    check_small(config)
