"""Transfer: a network that was trained on other rows reads a feature, and what it sees is learnt from."""

import hashlib
from pathlib import Path

import keras

from configs.errors import ConfigError
from configs.schema.models import Fused, Model, Network, Pretrained
from trainer.features.transforms import Column
from trainer.models.layers import Tensor


def transfer(encoder: Pretrained, options: Network, column: Column, tensor: Tensor, mask: Tensor | None) -> Tensor:
    """Returns [batch, width], what a layer of the network says of a column.

    Raises ConfigError for a file that is none of Keras's or not the one that was meant, for another input than the
    column, and for a layer that it has not.
    """
    network = open_network(encoder)
    shapes = [tuple(each.shape[1:]) for each in network.inputs]
    if shapes != [tuple(tensor.shape[1:])]:
        what = f"its input is {' and '.join(map(str, shapes))}, and '{column.name}' is {tuple(tensor.shape[1:])}"
        raise ConfigError(what, encoder.path, "Give the feature that size, or name another network.")
    reader = keras.Model(network.inputs, _find_output(network, encoder), name=f"pretrained_{column.name}")
    reader.trainable = encoder.trainable
    for layer in reader.layers if encoder.lora else ():
        if hasattr(layer, "enable_lora"):
            layer.trainable = True  # else Keras lets the two thin matrices learn no more than the rest
            layer.enable_lora(encoder.lora)
    return keras.layers.Flatten()(reader(tensor))


def open_network(encoder: Pretrained) -> keras.Model:
    """Returns the network of a file, which may hold no code; raises ConfigError where it cannot be read."""
    found = digest(encoder)
    if encoder.digest not in (None, found):
        raise ConfigError("the file is not what it was when the run began", encoder.path, "Run again.")
    try:
        network: keras.Model = keras.models.load_model(encoder.path, compile=False, safe_mode=True)
    except (ValueError, TypeError, OSError) as error:
        what = f"this is no network that Keras reads: {str(error).splitlines()[0]}"
        raise ConfigError(what, encoder.path, "Save one by model.save('net.keras').") from error
    return network


def digest(encoder: Pretrained) -> str:
    """Returns the digest of a file; raises ConfigError where it cannot be read."""
    try:
        return hashlib.sha256(Path(encoder.path).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", encoder.path, "Correct the path.") from error


def seal(model: Model) -> Model:
    """Returns the model with the digests of the files that its encoders are: by them the cache knows it."""
    if not isinstance(model, Fused):
        return model
    encoders = {
        name: each.model_copy(update={"digest": digest(each)}) if isinstance(each, Pretrained) else each
        for name, each in model.encoders.items()
    }
    return model.model_copy(update={"encoders": encoders})


def _find_output(network: keras.Model, encoder: Pretrained) -> Tensor:
    if encoder.layer is None:
        return next(layer for layer in reversed(network.layers) if layer.weights).input
    try:
        return network.get_layer(encoder.layer).output
    except ValueError:
        known = ", ".join(layer.name for layer in network.layers)
        raise ConfigError(f"it has no layer '{encoder.layer}'", encoder.path, f"It has: {known}.") from None
