"""The masks of a version's config, laid over what a request holds before the model, or a log, sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from components.validation.column_types import Role
from components.validation.masking import read_key
from components.validation.typed_batch import assign_roles
from configs.schema.config import Config
from configs.schema.privacy import Code
from pipelines.serving.disclosure import describe_example
from pipelines.serving.json_tensor import Refusal, Tensors
from trainer.export.signatures import RAW
from trainer.features.input_names import name_inputs

HELD = ("bytes_list", "float_list")  # what features with masks are made of; a model refuses all else of them


class InputMasks:
    """Masks the inputs of requests as training masked the cells of data; raises ConfigError where a key is not there.

    Who asks by tf.Examples or by raw columns sends a value as the data has it.
    """

    def __init__(self, config: Config) -> None:
        roles = assign_roles(config, label=False)
        self.roles = {name: role for name, role in roles.items() if role.mask}
        self.tensors = {name: self.roles.get(feature) for feature, name in name_inputs(config.features).items()}
        for role in self.roles.values():
            if isinstance(role.mask, Code) and role.mask.hash:
                read_key(role.mask.hash)

    def lay(self, signature: str, inputs: Tensors) -> Tensors:
        """Returns the inputs of a signature under the masks; raises Refusal for a cell that no mask fits."""
        if not self.roles:
            return inputs
        try:
            if signature == RAW:
                found = {name: role for name in inputs if (role := self.tensors.get(name))}
                return {**inputs, **{name: _mask_tensor(inputs[name], role) for name, role in found.items()}}
            return {name: _mask_examples(texts, self.roles) for name, texts in inputs.items()}
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise Refusal(f"A value is none of its feature: {error}") from error


def _mask_tensor(values: np.ndarray, role: Role) -> np.ndarray:
    masked = _mask_cells(values.ravel().tolist(), role)
    blank: Any = b"" if values.dtype == object else np.nan
    found = np.empty(values.size, values.dtype)
    found[:] = [blank if cell is None else cell for cell in masked]
    return found.reshape(values.shape)


def _mask_examples(texts: np.ndarray, roles: Mapping[str, Role]) -> np.ndarray:
    found = np.empty(texts.size, object)
    found[:] = [_mask_example(text, roles) for text in texts.ravel().tolist()]
    return found.reshape(texts.shape)


def _mask_example(text: bytes, roles: Mapping[str, Role]) -> bytes:
    example = describe_example().FromString(text)
    for named in example.features.feature:
        role = roles.get(named.key.decode())
        if role is None:
            continue
        for key in filter(named.value.HasField, HELD):
            values = getattr(named.value, key).value
            values[:] = [cell for cell in _mask_cells(list(values), role) if cell is not None]
    return bytes(example.SerializeToString())


def _mask_cells(cells: Sequence[Any], role: Role) -> list[Any]:
    """Return cells, a text as bytes, under the mask of their role; None stands for what is missing."""
    plain = [cell.decode() if isinstance(cell, bytes) else cell for cell in cells]
    held = [None if cell == "" or cell != cell else cell for cell in plain]
    masked = role.convert(pa.array(held)).to_pylist() if any(cell is not None for cell in held) else held
    return [cell.encode() if isinstance(cell, str) else cell for cell in masked]
