"""Recurrent layers, for those families that read step by step."""

import keras

from configs.schema.models import Recurrent
from trainer.models.layers import Tensor

CELLS: dict[str, type[keras.layers.RNN]] = {
    "simple": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}


def read_steps(steps: Tensor, mask: Tensor | None, options: Recurrent, dropout: float) -> tuple[Tensor, Tensor]:
    """Returns what the last layer said at each step, [batch, steps, width], and its last state, [batch, width].

    The mask, [batch, steps], tells steps from padding, which is passed over.
    """
    ways = 2 if options.bidirectional else 1
    state = steps
    for units in options.units:
        layer = CELLS[options.cell](units, return_sequences=True, return_state=True)
        if options.bidirectional:
            layer = keras.layers.Bidirectional(layer)
        steps, *states = layer(steps, mask=mask)
        last = states[:: len(states) // ways]  # an LSTM's other states are its cells
        state = keras.layers.Concatenate()(last) if options.bidirectional else last[0]
        if dropout:
            steps, state = (keras.layers.Dropout(dropout)(tensor) for tensor in (steps, state))
    return steps, state
