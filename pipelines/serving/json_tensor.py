"""Tensors as TensorFlow Serving's REST API has them in JSON, both ways; and its words for what it cannot take.

Rows are `{"instances": [...]}` and `{"predictions": [...]}`, columns `{"inputs": ...}` and `{"outputs": ...}`; where
there is one tensor only, its name is left out. After json_tensor.cc of TensorFlow Serving.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any

import numpy as np

from components.readers.json_object import Doubled, Pairs, gather

Tensors = Mapping[str, np.ndarray]
Types = Mapping[str, np.dtype]  # of the inputs, by name; a text is an object
BYTES = "_bytes"  # ends the name of an output that is no text
WORDS = {"O": "string", "f": "float", "i": "int64", "u": "uint64", "b": "bool"}
ALLOWED: Mapping[str, set[type]] = {"O": {str, bytes}, "f": {int, float}, "i": {int}, "u": {int}, "b": {bool}}
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")  # half of a character, as JSON may spell it
DEEPEST = 32  # dimensions of an array
LONGEST = 1000  # characters of a refusal, which may repeat what was sent
SHOWN = 200  # characters of a value in it


class Refusal(Exception):
    """A request that cannot be answered, and the status of HTTP that says so."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(cut(message, LONGEST))
        self.status = status


def read_request(body: bytes) -> dict[str, Any]:
    """Returns the object that a request holds."""
    if not body:
        raise Refusal("JSON Parse error: The document is empty")
    try:
        request = json.loads(body.decode(), object_pairs_hook=take_once)
        if SURROGATE.search(body):
            json.dumps(request, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Refusal(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, a half of a character, too many digits or levels
        raise Refusal(f"JSON Parse error: {error}") from error
    if not isinstance(request, dict):
        raise Refusal(f"JSON Value: {_show(request)} Is not object")
    return request


def take_once(pairs: Pairs) -> dict[str, Any]:
    """Returns an object of JSON; raises Refusal where a key stands in it twice, of which one would be passed over."""
    found = gather(pairs)
    if isinstance(found, Doubled):
        raise Refusal(f"JSON Parse error: The key '{found.key}' stands twice in an object")
    return found


def parse(request: Mapping[str, Any], types: Types) -> dict[str, np.ndarray]:
    """Returns the inputs of a request, in rows or in columns; raises Refusal where they are not of the types."""
    if "instances" in request and "inputs" in request:
        raise Refusal("Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist")
    if "instances" in request:
        return _parse_rows(request["instances"], types)
    if "inputs" in request:
        return _parse_columns(request["inputs"], types)
    raise Refusal("Missing 'inputs' or 'instances' key")


def render(outputs: Tensors, in_rows: bool) -> dict[str, Any]:
    """Returns the answer to a request in rows, or in columns."""
    if in_rows:
        _check_rows(outputs)
    columns = {name: _to_json(name, outputs[name]) for name in sorted(outputs)}
    if not in_rows:
        return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    return {"predictions": [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]}


def _check_rows(outputs: Tensors) -> None:
    count = None
    for name, tensor in sorted(outputs.items()):
        if not tensor.ndim:
            raise Refusal(f"Tensor name: {name} has no shape information")
        if len(tensor) != (len(tensor) if count is None else count):
            raise Refusal(f"Tensor name: {name} has inconsistent batch size: {len(tensor)} expecting: {count}")
        count = len(tensor)


def cut(text: str, most: int) -> str:
    """Returns a text, or the beginning of a longer one."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _parse_rows(rows: Any, types: Types) -> dict[str, np.ndarray]:
    if not isinstance(rows, list):
        raise Refusal(f"JSON Value: {_show(rows)} Excepting 'instances' to be an list/array")
    if not rows:
        raise Refusal("JSON Value: [] No values in 'instances' array")
    if not _is_object(rows[0]):
        if len(types) > 1:
            raise Refusal(
                "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
                "tensorinfo_map"
            )
        [name] = types
        return {name: _stack(rows, name, types[name], "")}
    for place, row in enumerate(rows):
        if not _is_object(row):
            raise Refusal(f"Expecting object but got list at item {place} of input list")
        if row.keys() != types.keys():
            raise Refusal(
                f"Failed to process element: {place} of 'instances' list. JSON object: {_show(row)} keys must be equal "
                f"to: {','.join(sorted(types))}"
            )
    return {name: _stack([row[name] for row in rows], name, types[name], f" key: {name}") for name in types}


def _stack(cells: Sequence[Any], name: str, dtype: np.dtype, key: str) -> np.ndarray:
    """Return a tensor of one cell for each row; what is wrong with one is said of its row."""
    try:
        return _to_array(cells, dtype)
    except Refusal:
        shape = None
        for place, cell in enumerate(cells):
            try:
                found = _to_array(cell, dtype).shape
                if found != (shape or found):
                    raise Refusal(f"Expecting shape {_show_shape(shape)} but got: {_show_shape(found)}")
                shape = found
            except Refusal as error:
                what = f"Failed to process element: {place}{key} of 'instances' list. Error: {error}"
                raise Refusal(what) from error
        raise


def _parse_columns(columns: Any, types: Types) -> dict[str, np.ndarray]:
    if not _is_object(columns):
        if len(types) > 1:
            raise Refusal(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        [name] = types
        return {name: _to_array(columns, types[name])}
    absent = next((name for name in types if name not in columns), None)
    if absent:
        raise Refusal(f"Missing named input: {absent} in 'inputs' object.")
    return {name: _to_array(columns[name], dtype) for name, dtype in types.items()}


def _to_array(value: Any, dtype: np.dtype) -> np.ndarray:
    """Return lists within lists of equal lengths as a tensor."""
    shape: list[int] = []
    flat = [value]
    while flat and isinstance(flat[0], list):
        shape.append(len(flat[0]))
        for item in flat:
            if not isinstance(item, list):
                raise Refusal(f"JSON Value: {_show(item)} found at incorrect level: {len(shape)} in the JSON DOM")
            if len(item) != shape[-1]:
                raise Refusal(
                    f"Encountered list at unexpected size: {len(item)} at level: {len(shape) - 1} expected size: "
                    f"{shape[-1]}"
                )
        if len(shape) >= DEEPEST:
            raise Refusal(f"Encountered list at unexpected level: {len(shape)}")
        flat = list(chain.from_iterable(flat))
    array = np.empty(len(flat), dtype)
    array[:] = _check(flat, dtype)
    return array.reshape(shape)


def _check(values: list[Any], dtype: np.dtype) -> list[Any]:
    """Return the values; raise Refusal where one is not of the type, or cannot be without a loss."""
    if dtype.kind == "O":
        values = [_decode(value) if _is_base64(value) else value for value in values]
    allowed = ALLOWED[dtype.kind]
    if not set(map(type, values)) <= allowed:
        odd = next(value for value in values if type(value) not in allowed)
        if isinstance(odd, list):
            raise Refusal("Encountered list at unexpected level")
        raise Refusal(f"JSON Value: {_show(odd)} Type: {_name(odd)} is not of expected type: {WORDS[dtype.kind]}")
    if dtype.kind in "fiu":
        least, most = _whole_numbers(dtype)
        odd = next((value for value in values if type(value) is int and not least <= value <= most), None)
        if odd is not None:
            raise Refusal(f"Cannot convert JSON value: {_show(odd)} to {dtype.name} without loss of precision.")
    return [value.encode() if type(value) is str else value for value in values] if dtype.kind == "O" else values


@cache
def _whole_numbers(dtype: np.dtype) -> tuple[int, int]:
    """Return the least and the most of the whole numbers that a type holds without a gap."""
    if dtype.kind == "f":
        most = 2 ** (np.finfo(dtype).nmant + 1) - 1
        return -most, most
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def _decode(value: Mapping[str, str]) -> bytes:
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("Unable to base64 decode") from error


def _to_json(name: str, tensor: np.ndarray) -> Any:
    if tensor.dtype.kind == "f":  # the shortest decimals that stand for the number in its own precision
        return tensor.astype(str).astype(float).tolist()
    if tensor.dtype.kind != "O":
        return tensor.tolist()
    texts = [_spell_bytes(text, name.endswith(BYTES)) for text in tensor.reshape(-1)]
    found = np.empty(len(texts), object)
    found[:] = texts
    return found.reshape(tensor.shape).tolist()


def _spell_bytes(value: bytes, in_base64: bool) -> Any:
    return {"b64": base64.b64encode(value).decode()} if in_base64 else value.decode(errors="replace")


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not _is_base64(value)


def _show_shape(shape: Sequence[int] | None) -> str:
    return f"[{','.join(map(str, shape or ()))}]"


def _show(value: Any) -> str:
    """Return the beginning of a value in JSON, of which no more is written."""
    parts = json.JSONEncoder(ensure_ascii=False).iterencode(value[:SHOWN] if isinstance(value, str) else value)
    return cut("".join(islice(parts, SHOWN)), SHOWN)


def _name(value: Any) -> str:
    names = {type(None): "Null", bool: str(value), dict: "Object", list: "Array", str: "String"}
    return names.get(type(value), "Number")
