import tensorflow as tf

from bench.score import encode, read_types

SCHEMA = """
feature { name: "fare" type: FLOAT }
feature { name: "hour" type: INT }
feature { name: "company" type: BYTES }
feature { name: "tract" type: INT }
"""


def test_a_row_is_encoded_as_its_schema_types_it():
    row = {"fare": "7.5", "hour": "19.0", "company": "Blue Ribbon", "tract": "", "unknown": "x"}
    feature = tf.train.Example.FromString(encode(row, read_types(SCHEMA))).features.feature
    assert sorted(feature) == ["company", "fare", "hour"]
    assert feature["fare"].float_list.value == [7.5]
    assert feature["hour"].int64_list.value == [19]
    assert feature["company"].bytes_list.value == [b"Blue Ribbon"]
