"""How rows reach a training and what stands between them and the weights, where that is not as usual."""

from typing import Any

import keras

from configs.schema.training import Training
from trainer.training.dataset import Feed, Rows


class Regime(keras.callbacks.Callback):
    """The usual one: batches in an order of each epoch's own, and the model itself follows its gradients.

    Others hand on other batches, let another model train that has its weights, and act between its steps.
    """

    def feed(self, rows: Rows, batch_size: int) -> Feed:
        """Returns the batches of a training."""
        return rows.feed(batch_size)

    def suit(self, training: Training, steps: int) -> Training:
        """Returns how it is trained, whose epochs have so many steps."""
        return training

    def wrap(self, model: keras.Model) -> keras.Model:
        """Returns what trains in place of a model, with its weights."""
        return model

    def tell(self) -> dict[str, Any]:
        """Returns what is to be known of a training that has ended, as plain data."""
        return {}
