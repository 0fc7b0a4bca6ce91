"""An encoder for each feature that has an order, joined with all other columns: images and texts in one model."""

from collections.abc import Callable, Mapping, Sequence

import keras

from configs.errors import ConfigError
from configs.schema.label import Label
from configs.schema.models import Fused
from trainer.features.transforms import Column, escape
from trainer.models.attention import weigh
from trainer.models.cnn import convolve
from trainer.models.layers import Tensor, compose
from trainer.models.pretrained import transfer
from trainer.models.rnn import recur

ENCODERS: Mapping[str, Callable[..., Tensor]] = {
    "cnn": convolve,
    "rnn": recur,
    "additive": weigh,
    "self": weigh,
    "keras": transfer,
}


def build(options: Fused, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: each feature by its own encoder, those without one as numbers and embeddings.

    Raises ConfigError for an encoder of a column that is not there.
    """
    seen = {column.name.rpartition(".")[0] or column.name: column for column in columns if not column.mask_of}
    found = {}
    for name, encoder in options.encoders.items():
        if escape(name) not in seen:
            raise ConfigError("there is no such feature", f"model.encoders.{name}", "Correct the name.")
        found[seen[escape(name)].name] = encoder

    def encode(column: Column, tensor: Tensor, mask: Tensor | None) -> Tensor:
        encoder = found[column.name]
        return ENCODERS[encoder.kind](encoder, options, column, tensor, mask)

    return compose(options, label, columns, lambda column: column.name in found, encode)
