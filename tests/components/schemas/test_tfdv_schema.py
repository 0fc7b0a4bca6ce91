import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from components.schemas.tfdv_schema import extend, infer, read_schema
from configs.errors import ConfigError


def statistics(**columns):
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns))


@pytest.fixture(scope="module")
def inferred():
    return infer(
        {
            "train": statistics(company=["Blue", "Blue", "Red", None], miles=[1.0, 2.0, 3.0, 4.0]),
            "test": statistics(company=["Green"], miles=[5.0]),
        }
    )


def feature(schema, name):
    return next(feature for feature in schema.feature if feature.name == name)


def test_a_category_may_be_what_any_split_has_shown(inferred):
    assert list(feature(inferred, "company").string_domain.value) == ["Blue", "Green", "Red"]


@pytest.mark.parametrize(
    ("values", "allowed"),
    [([1.0, 5.0], (0.0, 9.0)), ([7.0, 9.0], (5.0, 11.0)), ([-1.0, 2.0], (-4.0, 5.0)), ([0.0, 2.0], (0.0, 4.0))],
)
def test_a_number_may_lie_one_width_outside_what_was_seen_but_below_zero_only_where_one_did(values, allowed):
    domain = feature(infer({"train": statistics(miles=values)}), "miles").float_domain
    assert (domain.min, domain.max) == allowed


def test_a_column_with_blanks_need_not_be_present(inferred):
    assert feature(inferred, "company").presence.min_fraction == 0
    assert feature(inferred, "miles").presence.min_fraction == 1


def test_a_blank_in_any_split_may_come_again():
    blanks = {"train": statistics(company=["Blue"], miles=[1.0]), "test": statistics(company=[None], miles=[2.0])}
    schema = infer(blanks)
    assert (feature(schema, "company").presence.min_fraction, feature(schema, "company").presence.min_count) == (0, 0)
    assert (feature(schema, "miles").presence.min_fraction, feature(schema, "miles").presence.min_count) == (1, 1)
    assert tfdv.validate_statistics(blanks["test"], schema).anomaly_info == {}


def test_a_split_may_lack_a_column_altogether():
    schema = infer({"train": statistics(rare=["x", None], miles=[1.0, 2.0]), "test": statistics(miles=[3.0])})
    assert list(feature(schema, "rare").string_domain.value) == ["x"]
    assert feature(schema, "rare").presence.min_count == 0


def test_of_free_columns_only_type_and_presence_are_known():
    schema = infer({"train": statistics(review=["Good.", "Bad."], at=[1.0, 2.0], member=[0, 1])}, free=["review", "at"])
    assert {(item.name, item.type, item.WhichOneof("domain_info")) for item in schema.feature} == {
        ("review", schema_pb2.BYTES, None),
        ("at", schema_pb2.FLOAT, None),
        ("member", schema_pb2.INT, None),
    }


def test_more_categories_than_the_statistics_list_are_no_domain():
    many = infer({"train": statistics(id=[f"value {number}" for number in range(1500)])})
    assert feature(many, "id").WhichOneof("domain_info") is None


def test_a_known_schema_keeps_its_word_loses_what_is_unused_and_gains_what_is_new(inferred):
    known = schema_pb2.Schema()
    known.feature.add(name="miles", type=schema_pb2.FLOAT).float_domain.max = 100.0
    known.feature.add(name="tips", type=schema_pb2.FLOAT)
    extended = extend(known, inferred, columns=["miles", "company"])
    assert {feature.name for feature in extended.feature} == {"miles", "company"}
    assert feature(extended, "miles").float_domain.max == 100.0
    assert "Red" in feature(extended, "company").string_domain.value


def test_a_file_that_is_no_schema_is_named(tmp_path):
    path = tmp_path / "schema.pbtxt"
    path.write_text("feature: 3")
    with pytest.raises(ConfigError) as error:
        read_schema(path)
    assert error.value.where == str(path)
