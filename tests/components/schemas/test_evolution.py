from components.schemas.tfdv_schema import infer
from tests.components.schemas.columns import OLD, changes, known, new, statistics


def test_data_differs_by_values_and_ranges_of_any_split():
    assert changes(known(), new()) == [
        ("company", "new values", "Green, Jade"),
        ("company", "values not seen", "Red"),
        ("miles", "wider range", "0 to 5 → -2.5 to 30"),
    ]


def test_the_data_that_a_schema_was_inferred_from_does_not_differ():
    assert changes(known(), {"train": statistics(**OLD)}) == []


def test_columns_come_go_change_their_type_and_begin_to_lack_values():
    before = infer({"train": statistics(**OLD, fare=[1.0, 2.0], hour=["8", "9"])})
    now = {"train": statistics(company=[1.5, 2.5], miles=[1.0, None], tip=[1.0, 2.0], hour=["8", "9"])}
    assert changes(before, now) == [
        ("company", "type", "BYTES → FLOAT"),
        ("miles", "missing values", "there were none"),
        ("fare", "removed column", "the pipeline does not read it any more"),
        ("tip", "new column", "FLOAT"),
    ]


def test_of_many_values_the_first_are_shown():
    many = {"train": statistics(company=["Blue", "Red", *(f"C{number}" for number in range(8))], miles=[1.0] * 10)}
    assert changes(known(), many) == [("company", "new values", "C0, C1, C2, C3, C4 and 3 more")]
