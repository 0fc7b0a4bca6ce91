"""Recurrent layers over sequences and texts, whose last state goes through dense layers."""

from collections.abc import Sequence
from functools import partial

import keras

from configs.schema.label import Label
from configs.schema.models import Network, Recurrent, Rnn
from trainer.features.transforms import Column
from trainer.models.layers import Tensor, compose, embed, is_steps
from trainer.models.recurrent import read_steps


def build(options: Rnn, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns the uncompiled model: recurrent layers for each sequence and each text."""
    return compose(options, label, columns, is_steps, partial(recur, options, options))


def recur(recurrent: Recurrent, options: Network, column: Column, tensor: Tensor, mask: Tensor | None) -> Tensor:
    """Returns [batch, width], the last state of the layers that read the steps."""
    return read_steps(embed(column, tensor, mask, options.embedding), mask, recurrent, options.dropout)[1]
