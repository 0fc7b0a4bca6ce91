import numpy as np
import pyarrow as pa
import pytest

from components.validation.profile import Profile, describe
from components.validation.validate import check_small
from configs.errors import DataRejected
from pipelines.onboarding.column_choice import choose_columns, settle_readings, take_least_bad
from pipelines.onboarding.label_inference import aim
from pipelines.onboarding.spelling_inference import read_spelling
from tests.pipelines.onboarding.conftest import ROWS as TABLE
from tests.pipelines.onboarding.conftest import draw, of

ROWS = 400
CHANCE = np.random.default_rng(1)
LABEL = CHANCE.choice(["no", "yes"], ROWS)
COLUMNS = {
    "noise": CHANCE.normal(size=ROWS).round(3),
    "told": [f"{answer}!" for answer in LABEL],
    "same": ["x"] * ROWS,
    "number": np.arange(1, ROWS + 1),
    "when": [f"{1 + day % 12:02}/{1 + day % 11:02}/2024" for day in CHANCE.permutation(ROWS)],
}


def choose(*names):
    cells = {name: describe(name, pa.chunked_array([pa.array(COLUMNS[name])])) for name in names}
    label = describe("y", pa.chunked_array([pa.array(LABEL)]))
    spelled = read_spelling(Profile({**cells, "y": label}, ROWS, ROWS), "y")
    columns = {name: spelled.profile.columns[name] for name in names}
    return label, columns, *choose_columns(label, columns, aim(label, "binary", None, 80), spelled)


def test_what_tells_nothing_or_all_is_left_out_with_the_reason():
    _, _, features, left_out = choose("noise", "told", "same", "number")
    assert {name: found.kind for name, found in features.items()} == {"noise": "numeric"}
    assert {name: found.reason.split(":")[0].split(",")[0] for name, found in left_out.items()} == {
        "told": "gives the label away",
        "same": "`x` in every row",
        "number": "the number of the row",
    }


def test_where_nothing_is_left_the_one_that_tells_most_without_giving_the_label_away_is_taken():
    label, columns, features, left_out = choose("told", "number")
    assert features == {}
    taken, rest = take_least_bad(label, columns, left_out, "rows.csv")
    assert (list(taken), list(rest)) == (["number"], ["told"])
    assert taken["number"].warning.startswith("nothing better is left to predict from, though it is the number of")


def test_where_no_column_can_be_taken_the_reasons_are_named():
    label, columns, _, _ = choose("noise")
    with pytest.raises(DataRejected, match="no column is left to predict from"):
        take_least_bad(label, columns, {}, "rows.csv")


def test_moments_are_read_as_the_answer_says():
    _, columns, features, _ = choose("when")
    asked = []

    def ask(name, readings):
        asked.append((name, sorted(readings)))
        return "%d/%m/%Y"

    settled = settle_readings(features, columns, ask)
    assert asked == [("when", ["%d/%m/%Y", "%m/%d/%Y"])]
    assert settled["when"].options["format"] == "%d/%m/%Y"


def test_a_total_below_the_rows_is_named(tmp_path):
    frame = of("a", "b", size=np.arange(TABLE) % 37 + 0.5)
    frame = frame.astype(object)
    frame.loc[TABLE] = ["Total", None, frame["size"].sum()]
    drawn, config = draw(frame, tmp_path, "y")
    assert config.features["x"].kind == "numeric"
    told = "`x`: `Total` stands in a row without a label, and a run stops there: take that row away"
    assert list(drawn.warnings) == ["the label is missing in 1 of 601 rows: left out", told]
    with pytest.raises(DataRejected, match="`Total` is not a finite number"):
        check_small(config)
