"""The usual regime changes nothing."""

import numpy as np

from configs.schema.models import Linear
from tests.trainer.conftest import LABELS
from tests.trainer.test_run_fn import Held
from trainer.features.transforms import Column
from trainer.models.linear import build
from trainer.training.regime import Regime


def test_batches_and_model_are_as_they_are():
    rows = Held({"amount": np.arange(9.0)[:, None]}, np.arange(9)[:, None] % 2)
    ours, theirs = (list(feed.once().as_numpy_iterator()) for feed in (Regime().feed(rows, 4), rows.feed(4)))
    assert [batch[0]["amount"].tolist() for batch in ours] == [batch[0]["amount"].tolist() for batch in theirs]
    model = build(Linear(family="linear"), LABELS["binary"], [Column("amount")])
    assert Regime().wrap(model) is model
    assert Regime().tell() == {}
