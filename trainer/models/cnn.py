"""Convolutions and pooling over images, sequences and texts, then dense layers (LeCun et al., 1998)."""

from collections.abc import Sequence
from functools import partial

import keras

from configs.errors import ConfigError
from configs.schema.label import Label
from configs.schema.models import Cnn, Convolutions, Network
from trainer.features.transforms import Column
from trainer.models.layers import Tensor, activate, compose, embed, is_steps

Layers = tuple[type[keras.layers.Layer], ...]
# By the number of dimensions of a column's tensor: convolution, pooling, and the mean and the maximum over all places.
LAYERS: dict[int, Layers] = {
    3: (
        keras.layers.Conv1D,
        keras.layers.MaxPooling1D,
        keras.layers.GlobalAveragePooling1D,
        keras.layers.GlobalMaxPooling1D,
    ),
    4: (
        keras.layers.Conv2D,
        keras.layers.MaxPooling2D,
        keras.layers.GlobalAveragePooling2D,
        keras.layers.GlobalMaxPooling2D,
    ),
}


def build(options: Cnn, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: blocks of convolution and pooling for each image, sequence and text."""
    return compose(options, label, columns, _takes, partial(convolve, options, options))


def _takes(column: Column) -> bool:
    return is_steps(column) or len(column.shape or ()) == 3


def convolve(
    convolutions: Convolutions, options: Network, column: Column, tensor: Tensor, mask: Tensor | None
) -> Tensor:
    """Returns [batch, width] of an image or of steps; padding is zeros, so that no filter sees anything in it."""
    tensor = embed(column, tensor, mask, options.embedding)
    convolution, pooling, average, maximum = LAYERS[len(tensor.shape)]
    for number, block in enumerate(convolutions.blocks):
        smallest = min(tensor.shape[1:-1])
        left = smallest - (block.kernel - 1 if convolutions.padding == "valid" else 0)
        if left < block.pool:
            what = f"'{column.name}' is {smallest} wide here, too little for a kernel of {block.kernel} and its pooling"
            raise ConfigError(what, f"model.blocks.{number}", "Take fewer blocks, pool: 1, or padding: same.")
        sums = convolution(block.filters, block.kernel, padding=convolutions.padding, use_bias=not options.batch_norm)
        tensor = activate(sums(tensor), options)
        tensor = pooling(block.pool)(tensor) if block.pool > 1 else tensor
    collapse = {"flatten": keras.layers.Flatten, "average": average, "max": maximum}[convolutions.collapse]
    return collapse()(tensor)
