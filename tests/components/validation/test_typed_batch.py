import pyarrow as pa
import pytest

from components.validation.column_types import Role
from components.validation.spelling import Spelling
from components.validation.typed_batch import (
    ORDER,
    TIME,
    assign_roles,
    assign_series_roles,
    convert,
    find_faults,
    list_lists,
    list_sources,
)
from configs.schema.config import Config


def config(**changes):
    label = {"name": "tipped", "kind": "binary"}
    features = {
        "fare": {"kind": "numeric"},
        "company": {"kind": "categorical", "vocabulary": 2},
        "day": {"kind": "timestamp", "format": "%d.%m.%Y"},
        "shared": {"kind": "boolean"},
        "note": {"kind": "text"},
    } | changes.pop("features", {})
    settings = {
        "name": "trips",
        "data": {"format": "csv", "path": "rows.csv"},
        "label": label,
        "features": features,
        "model": {"family": "linear"},
        "training": {},
        "evaluation": {"thresholds": {"auc": {"min": 0.5}}},
    }
    return Config.model_validate(settings | changes)


def test_every_column_that_a_run_reads_has_a_role_in_order():
    changes = {
        "data": {"format": "csv", "path": "rows.csv", "weight": "paid", "group": "driver"},
        "evaluation": {"slices": [["company", "hour"]], "thresholds": {"auc": {"min": 0.5}}},
        "training": {"federated": {"clients": "town", "rounds": 2}},
    }
    roles = assign_roles(config(**changes))
    assert {name: given.name for name, given in roles.items()} == {
        "fare": "numeric",
        "company": "categorical",
        "day": "timestamp",
        "shared": "boolean",
        "note": "text",
        "tipped": "label",
        "paid": "weight",
        "driver": "group",
        "town": "client",
        "hour": "slice",
    }
    assert (roles["day"].format, roles["tipped"].classes) == ("%d.%m.%Y", ("0", "1"))
    assert [roles[name].key for name in ("fare", "tipped", "paid", "driver", "town", "hour")] == [
        "features.fare",
        "label.name",
        "data.weight",
        "data.group",
        "training.federated.clients",
        "evaluation.slices",
    ]


def test_a_column_is_spelled_as_its_feature_says_else_as_the_data_does():
    changes = {
        "data": {"format": "csv", "path": "rows.csv", "weight": "paid", "missing": ["NA", None, -999], "decimal": ","},
        "features": {
            "fare": {"kind": "numeric", "missing": ["-"], "decimal": ".", "thousands": ",", "unit": "$"},
            "company": {"kind": "categorical", "vocabulary": 2, "trim": True, "lower": True},
        },
    }
    roles = assign_roles(config(**changes))
    told = ("NA", "null", "-999")
    assert {name: roles[name].spelling for name in ("fare", "company", "day", "tipped", "paid")} == {
        "fare": Spelling(("-",), decimal=".", thousands=",", unit="$"),
        "company": Spelling(told, trim=True, lower=True, decimal=","),
        "day": Spelling(told, decimal=","),
        "tipped": Spelling(told, decimal=","),
        "paid": Spelling(told, decimal=","),
    }


def test_scoring_reads_the_features_alone():
    assert list(assign_roles(config(), label=False)) == ["fare", "company", "day", "shared", "note"]


def test_a_number_to_predict_is_a_target():
    changes = {
        "label": {"name": "tip", "kind": "regression"},
        "evaluation": {"thresholds": {"rmse": {"max": 2.0}}},
    }
    assert assign_roles(config(**changes))["tip"] == Role("target", "tip")


def test_what_is_made_of_columns_is_read_from_them():
    features = {
        "picture": {"kind": "image", "height": 2, "width": 2, "channels": 1, "columns": ["a", "b", "c", "d"]},
        "photo": {"kind": "image", "height": 2, "width": 2},
        "past": {"kind": "sequence", "length": 2, "width": 2, "columns": ["a", "b", "c", "d"]},
        "clicks": {"kind": "sequence", "length": 9, "ids": 7},
        "shop": {"kind": "categorical", "ids": 7},
    }
    roles = assign_roles(config(features=features), label=False)
    assert {name: (roles[name].name, roles[name].width) for name in features} == {
        "picture": ("pixels", 4),
        "photo": ("image", 1),
        "past": ("sequence", 2),
        "clicks": ("ids", 1),
        "shop": ("id", 1),
    }
    assert list_sources(roles)[-7:] == ["a", "b", "c", "d", "photo", "clicks", "shop"]
    assert list_lists(roles) == {"clicks"}
    assert roles["picture"].key == "features.picture.columns"


def test_a_request_holds_what_stood_before_it_as_a_list():
    past = {"kind": "sequence", "length": 2, "columns": ["fare"]}
    data = {"format": "csv", "path": "rows.csv", "window": {"order": "day"}, "split": {"by": "day"}}
    series = config(data=data, features={"past": past})
    assert assign_roles(series)["past"].columns == ("fare",)
    assert assign_roles(series, label=False)["past"] == Role("sequence", "past")


@pytest.mark.parametrize(
    ("window", "split", "features"),
    [
        ({"format": "%d/%m/%Y"}, {}, {}),
        ({}, {"format": "%d/%m/%Y"}, {}),
        ({}, {}, {"when": {"kind": "timestamp", "format": "%d/%m/%Y"}}),
    ],
)
def test_moments_that_order_rows_are_read_as_whatever_says_how(window, split, features):
    past = {"past": {"kind": "sequence", "length": 2, "columns": ["fare"]}}
    data = {"format": "csv", "path": "rows.csv", "window": {"order": "when"} | window, "split": {"by": "when"} | split}
    roles = assign_roles(config(data=data, features=past | features))
    batch = batch_of(when=["29/12/1982"])
    assert [roles[name].read_column(batch).to_pylist() for name in (ORDER, TIME)] == [[409968000]] * 2
    assert roles[ORDER].fault("1982-12-29") == "is no moment written as %d/%m/%Y"


def test_the_horizon_is_made_by_the_window_and_asked_for_by_the_model():
    features = {
        "past": {"kind": "sequence", "length": 2, "columns": ["fare"]},
        "horizon": {"kind": "categorical", "ids": 4},
    }
    data = {"format": "csv", "path": "rows.csv", "window": {"order": "day", "horizon": [1, 3]}, "split": {"by": "day"}}
    series = config(data=data, features=features)
    assert "horizon" not in list_sources(assign_roles(series))
    assert "horizon" in list_sources(assign_roles(series, label=False))
    known = assign_series_roles(series)
    assert known["tipped"].optional
    assert {*known} == {*series.features, "tipped", ORDER}


def test_a_batch_takes_the_order_and_the_types_of_its_roles():
    batch = pa.RecordBatch.from_arrays([pa.array(["x"]), pa.array(["1"]), pa.array(["0"])], ["company", "fare", "more"])
    typed = convert(batch, {"fare": Role("numeric", "fare"), "company": Role("categorical", "company")})
    assert typed.schema.names == ["fare", "company"]
    assert typed.schema.types == [pa.float32(), pa.string()]


PARTS = {"pixels": Role("pixels", "pixels", columns=("a", "b"), width=2)}
STEPS = {"steps": Role("sequence", "steps", columns=("a", "b"))}


def batch_of(**columns):
    return pa.RecordBatch.from_arrays([pa.array(cells, pa.string()) for cells in columns.values()], list(columns))


def test_numbers_of_several_columns_become_a_list_a_row():
    batch = batch_of(b=["2", None, "0"], a=["1", None, "-4"])
    assert convert(batch, PARTS).column(0).to_pylist() == [[1, 2], None, [-4, 0]]
    assert convert(batch_of(a=["1", "3"], b=[None, "4"]), STEPS).column(0).to_pylist() == [[1], [3, 4]]


@pytest.mark.parametrize(
    ("roles", "columns", "fault"),
    [
        (PARTS, {"a": ["1", "1"], "b": ["1", None]}, (1, "b", "The cell is blank, and `pixels` needs a multiple of 2")),
        (STEPS, {"a": [None, "1"], "b": ["1", "1"]}, (0, "a", "The cell is blank, and `steps` needs a multiple of 1")),
        (STEPS, {"a": ["1", "1"], "b": ["1", "x"]}, (1, "b", "`x` is not a finite number, as a numeric column needs.")),
    ],
)
def test_the_column_at_fault_is_named_among_several(roles, columns, fault):
    [(row, column, reason)] = find_faults(batch_of(**columns), roles)
    assert (row, column) == fault[:2]
    assert reason.startswith(fault[2])


def test_all_faults_of_a_batch_come_by_row():
    fares, paid = [str(n) for n in range(1000)], ["1"] * 1000
    fares[700], fares[3], paid[700], paid[999] = "x", "inf", "-1", ""
    batch = pa.RecordBatch.from_arrays([pa.array(fares), pa.array([cell or None for cell in paid])], ["fare", "paid"])
    assert list(find_faults(batch, {"fare": Role("numeric", "fare"), "paid": Role("weight", "paid")})) == [
        (3, "fare", "`inf` is not a finite number, as a numeric column needs."),
        (700, "fare", "`x` is not a finite number, as a numeric column needs."),
        (700, "paid", "`-1` is negative, which no weight may be."),
        (999, "paid", "The cell is blank; every row needs a weight."),
    ]


def test_columns_of_flags_are_the_classes_that_a_row_has():
    roles = {"labels": Role("flags", "labels", ("cold", "wet"), columns=("cold", "wet"))}
    table = pa.RecordBatch.from_pydict({"wet": ["1", "no", "0", "TRUE"], "cold": [1, 0, 0, 1]})
    assert list_sources(roles) == ["cold", "wet"]
    assert convert(table, roles).to_pydict() == {"labels": [[0, 1], None, None, [0, 1]]}
    wrong = pa.RecordBatch.from_pydict({"wet": ["1", "", "maybe"], "cold": [1, 0, 0]})
    assert list(find_faults(wrong, roles)) == [
        (1, "wet", "The cell is blank; every row needs a flag."),
        (2, "wet", "`maybe` is neither true nor false, yes nor no, 1 nor 0."),
    ]
