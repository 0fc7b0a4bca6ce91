"""What the tensors of columns are called."""

from trainer.features.input_names import name_inputs


def test_a_name_is_kept_where_it_is_an_identifier():
    named = name_inputs(
        ["trip_miles", "a b", "a_b", "a/b", "größe", "Age", "age", "год", "вес", "1st", "_hidden", "self", "class", "%"]
    )
    assert named == {
        "trip_miles": "trip_miles",
        "a b": "a_b_",
        "a_b": "a_b",
        "a/b": "a_b__",
        "größe": "gr__e",
        "Age": "Age",
        "age": "age_",
        "год": "column____",
        "вес": "column_____",
        "1st": "column_1st",
        "_hidden": "column__hidden",
        "self": "column_self",
        "class": "class",
        "%": "column__",
    }
