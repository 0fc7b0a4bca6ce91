"""JSON to tensors and back, and what is refused in TensorFlow Serving's words."""

import json

import numpy as np
import pytest

from pipelines.serving.json_tensor import Refusal, parse, read_request, render

NUMBER, TEXT, WHOLE, FLAG = np.dtype("float64"), np.dtype(object), np.dtype("int64"), np.dtype(bool)
BYTE = np.dtype("uint8")
TRIP = {"fare": NUMBER, "company": TEXT}
TRIPS = {"fare": [1.0, 2.5], "company": ["größe".encode(), b""]}


@pytest.mark.parametrize(
    ("request_", "types", "tensors"),
    [
        ({"instances": [{"fare": 1, "company": "größe"}, {"fare": 2.5, "company": ""}]}, TRIP, TRIPS),
        ({"inputs": {"fare": [1, 2.5], "company": ["größe", ""]}}, TRIP, TRIPS),
        ({"instances": [{"b64": "AAE="}, "text"]}, {"examples": TEXT}, {"examples": [b"\0\1", b"text"]}),
        ({"inputs": [[1, 2], [3, 4]]}, {"steps": NUMBER}, {"steps": [[1.0, 2.0], [3.0, 4.0]]}),
        ({"inputs": {"steps": [[1], [2]]}}, {"steps": WHOLE}, {"steps": [[1], [2]]}),
        ({"instances": [True, False]}, {"flag": FLAG}, {"flag": [True, False]}),
        ({"inputs": 7}, {"one": WHOLE}, {"one": 7}),
        ({"instances": [[]]}, {"steps": NUMBER}, {"steps": [[]]}),
        ({"instances": [0, 255]}, {"pixels": BYTE}, {"pixels": [0, 255]}),
        ({"instances": [-(2**63)]}, {"id": WHOLE}, {"id": [-(2**63)]}),
    ],
)
def test_rows_and_columns_become_tensors(request_, types, tensors):
    found = parse(read_request(json.dumps(request_).encode()), types)
    assert {name: array.tolist() for name, array in found.items()} == tensors
    assert {name: array.dtype for name, array in found.items()} == types


def test_what_is_missing_is_written_as_nan():
    [value] = parse(read_request(b'{"instances": [NaN]}'), {"fare": NUMBER})["fare"]
    assert np.isnan(value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"{", "JSON Parse error: Expecting property name .* at offset: 1"),
        (b"\xff", "JSON Parse error: "),
        (b"[" * 100_000, "JSON Parse error: "),
        (b"[]", r"JSON Value: \[\] Is not object"),
        (b'{"instances": [1], "instances": [2]}', "JSON Parse error: The key 'instances' stands twice in an object"),
        (b'{"instances": [{"fare": 1, "company": "x", "fare": 1}]}', "The key 'fare' stands twice in an object"),
        (b"{}", "Missing 'inputs' or 'instances' key"),
        (b'{"inputs": 1, "instances": 1}', "only one of 'inputs' or 'instances'"),
        (b'{"instances": 1}', "JSON Value: 1 Excepting 'instances' to be an list/array"),
        (b'{"instances": []}', "No values in 'instances' array"),
        (b'{"instances": [1, 2]}', "instances is a plain list, but expecting list of objects"),
        (b'{"instances": [{"fare": 1, "company": "x"}, 1]}', "Expecting object but got list at item 1 of input list"),
        (b'{"instances": [{"fare": 1}]}', "element: 0 of 'instances' list.* keys must be equal to: company,fare"),
        (b'{"instances": [{"fare": 1, "company": "x", "tip": 1}]}', "keys must be equal to: company,fare"),
        (
            b'{"instances": [{"fare": 1, "company": "x"}, {"fare": null, "company": "x"}]}',
            "element: 1 key: fare of 'instances' list. Error: JSON Value: null Type: Null is not of",
        ),
        (b'{"instances": [{"fare": "1", "company": "x"}]}', '"1" Type: String is not of expected type: float'),
        (b'{"instances": [{"fare": true, "company": "x"}]}', "Type: True is not of expected type: float"),
        (b'{"instances": [{"fare": 1, "company": 3}]}', "JSON Value: 3 Type: Number is not of expected type: string"),
        (b'{"instances": [{"fare": 1, "company": {"b64": "?"}}]}', "Unable to base64 decode"),
        (b'{"instances": [{"fare": 9007199254740993, "company": "x"}]}', "without loss of precision"),
        (
            b'{"instances": [{"fare": [1], "company": "x"}, {"fare": [1, 2], "company": "x"}]}',
            r"element: 1 key: fare .* Expecting shape \[1\] but got: \[2\]",
        ),
        (b'{"inputs": [1]}', "inputs is a plain value/list, but expecting an object"),
        (b'{"inputs": {"fare": [1]}}', "Missing named input: company in 'inputs' object"),
        (b'{"inputs": {"fare": [[1], 2], "company": ["x"]}}', "JSON Value: 2 found at incorrect level: 2"),
        (b'{"inputs": {"fare": [[1], [2, 3]], "company": ["x"]}}', "unexpected size: 2 at level: 1 expected size: 1"),
        (b'{"inputs": {"fare": [1, [2]], "company": ["x"]}}', "Encountered list at unexpected level"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_place(body, message):
    with pytest.raises(Refusal, match=message) as error:
        parse(read_request(body), TRIP)
    assert error.value.status == 400


@pytest.mark.parametrize("number", [-1, 256, 10**4000])
def test_a_number_that_a_type_does_not_hold_is_refused(number):
    with pytest.raises(Refusal, match="Cannot convert JSON value: .* to uint8 without loss of precision"):
        parse({"instances": [number]}, {"pixels": BYTE})


@pytest.mark.parametrize(
    ("second", "message"),
    [(np.zeros(3), "second has inconsistent batch size: 3 expecting: 2"), (np.array(1), "second has no shape")],
)
def test_outputs_that_are_no_rows_are_refused_as_rows_alone(second, message):
    outputs = {"first": np.zeros(2), "second": second}
    with pytest.raises(Refusal, match=message):
        render(outputs, in_rows=True)
    assert render(outputs, in_rows=False)["outputs"].keys() == outputs.keys()


def test_a_single_output_goes_without_its_name():
    outputs = {"prediction": np.array([[0.1], [2.0]], np.float32)}
    assert render(outputs, in_rows=True) == {"predictions": [[0.1], [2.0]]}
    assert render(outputs, in_rows=False) == {"outputs": [[0.1], [2.0]]}


def test_several_outputs_are_named_in_each_row():
    outputs = {
        "classes": np.array([[b"no", b"yes"]], object),
        "ids": np.array([3]),
        "raw_bytes": np.array([b"\0"], object),
    }
    row = {"classes": ["no", "yes"], "ids": 3, "raw_bytes": {"b64": "AA=="}}
    assert render(outputs, in_rows=True) == {"predictions": [row]}
    assert render(outputs, in_rows=False) == {"outputs": {name: [value] for name, value in row.items()}}
