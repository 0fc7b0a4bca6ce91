import pytest

from bench.tables import HELD_OUT, LABEL, TABLES


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_each_time_and_its_rows_are_shown_or_held_out(name):
    table = TABLES[name]
    frame, (shown, held) = table.make(), table.split()
    assert frame.equals(table.make())
    assert sorted([*shown.index, *held.index]) == list(range(len(frame)))
    assert len(held) == pytest.approx(HELD_OUT * len(frame), abs=1)
    classes = frame[LABEL].nunique()
    assert {"binary": classes == 2, "multiclass": 3 <= classes <= 26, "regression": classes > 100}[table.kind]


def test_the_tables_are_ten_and_the_tips_are_no_column_of_the_taxis():
    assert len(TABLES) == 10
    assert "tips" not in TABLES["taxi"].make()


def test_generated_tables_are_what_they_stand_for():
    marks = TABLES["wine_quality"].make()[LABEL].value_counts(normalize=True)
    assert (marks.idxmax(), set(marks.index)) == (5, {3, 4, 5, 6, 7, 8})
    letters = TABLES["letters"].make()
    assert (letters.shape[1], letters.drop(columns=LABEL).to_numpy().max()) == (17, 15)
    customers = TABLES["customers"].make()
    assert 0.2 < (customers[LABEL] == "yes").mean() < 0.4
    assert customers.isna().mean()["age"] == pytest.approx(0.2, abs=0.02)
