"""What of a request and its answer may be written down: the features that a config knows, and none that is private.

All else stays out, whatever a client sends along: columns that no feature is, bytes that no field is, and by other
signatures what a model made of its features.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from components.scoring.protocol_buffers import Table, describe
from configs.schema.config import Config
from pipelines.serving.prediction_log import Exchange
from trainer.export.signatures import RAW, SERVING
from trainer.features.input_names import name_inputs

EXAMPLE: Table = {  # tensorflow/core/example/example.proto, feature.proto
    "Example": {"features": (1, "Features")},
    "Features": {"feature": (1, ["NamedFeature"])},
    "NamedFeature": {"key": (1, "bytes"), "value": (2, "Feature")},
    "Feature": {"bytes_list": (1, "Texts"), "float_list": (2, "Floats"), "int64_list": (3, "Integers")},
    "Texts": {"value": (1, ["bytes"])},
    "Floats": {"value": (1, ["float"])},
    "Integers": {"value": (1, ["int64"])},
}
LISTS = ("bytes_list", "float_list", "int64_list")


@dataclass(frozen=True)
class Disclosure:
    """The features that may be written down, by the names of their tensors, and whether the answers may."""

    features: Mapping[str, str]
    answers: bool

    @classmethod
    def of(cls, config: Config, private: Iterable[str] = ()) -> "Disclosure":
        """What the config of a version allows where these columns are private, too."""
        data = config.data.model_copy(update={"private": (*config.data.private, *private)})
        config = config.model_copy(update={"data": data})
        names = {tensor: feature for feature, tensor in name_inputs(config.features).items()}
        return cls({tensor: name for tensor, name in names.items() if not config.hides(name)}, not config.hides_label)

    def reduce(self, exchange: Exchange) -> Exchange | None:
        """Returns what may be written down of an exchange; None where nothing may."""
        if exchange.signature == SERVING:
            public = {name.encode() for name in self.features.values()}
            inputs = {name: _reduce_examples(texts, public) for name, texts in exchange.inputs.items()}
        elif exchange.signature == RAW:
            inputs = {name: values for name, values in exchange.inputs.items() if name in self.features}
        else:
            return None
        return replace(exchange, inputs=inputs, outputs=exchange.outputs if self.answers else {})


def list_rows(exchange: Exchange, disclosure: Disclosure) -> list[dict[str, list[Any]]]:
    """Returns the rows of a request, each with the cells of its features by name: none where a value is missing."""
    if exchange.signature == SERVING:
        [examples] = exchange.inputs.values()
        return [_read_example(text) for text in examples.ravel().tolist()]
    names = [(disclosure.features[name], values) for name, values in exchange.inputs.items()]
    count = len(names[0][1]) if names else 0
    return [{name: _list_cells(values[row]) for name, values in names} for row in range(count)]


def _reduce_examples(texts: np.ndarray, public: Collection[bytes]) -> np.ndarray:
    reduced = np.empty(texts.size, object)
    reduced[:] = [_reduce_example(text, public) for text in texts.ravel().tolist()]
    return reduced.reshape(texts.shape)


def _reduce_example(text: bytes, public: Collection[bytes]) -> bytes:
    example = describe_example().FromString(text)
    example.DiscardUnknownFields()
    kept = [named for named in example.features.feature if named.key in public]
    made = describe_example()()
    made.features.feature.extend(kept)
    return bytes(made.SerializeToString())


def _read_example(text: bytes) -> dict[str, list[Any]]:
    named = describe_example().FromString(text).features.feature
    return {each.key.decode(): [cell for key in LISTS for cell in getattr(each.value, key).value] for each in named}


def _list_cells(values: Any) -> list[Any]:
    """Return the cells of a row's feature: what stands for a missing value in a tensor is left out."""
    cells = np.atleast_1d(np.array(values, values.dtype if isinstance(values, np.ndarray) else None)).tolist()
    return [cell for cell in cells if cell not in (b"", "") and cell == cell]


@cache
def describe_example() -> Any:
    """Returns the message of EXAMPLE."""
    return describe(EXAMPLE)
