import json

import pytest
from pydantic import ValidationError

from configs.schema.features import Numeric
from configs.schema.label import Label
from configs.schema.models import Dnn
from configs.schema.training import Training
from trainer.settings import Settings, read_values

SETTINGS = Settings(
    features={"fare": Numeric(kind="numeric")},
    label=Label(name="tip", kind="binary"),
    model=Dnn(family="dnn", hidden_units=(8,)),
    training=Training(),
)


def test_settings_travel_as_json():
    assert Settings.model_validate_json(SETTINGS.model_dump_json()) == SETTINGS


def test_values_are_replaced_by_their_keys():
    found = SETTINGS.replace({"model.hidden_units": [4, 2], "training.optimizer.learning_rate": 0.5})
    assert (found.model.hidden_units, found.training.optimizer.learning_rate) == ((4, 2), 0.5)
    assert (found.features, SETTINGS.model.hidden_units) == (SETTINGS.features, (8,))
    with pytest.raises(ValidationError, match="greater than 0"):
        SETTINGS.replace({"training.batch_size": 0})


def test_what_a_search_found_is_read_without_what_it_keeps_for_itself():
    values = {"model.hidden_units": json.dumps([4]), "training.batch_size": 32, "tuner/epochs": 2}
    assert read_values({"values": values}) == {"model.hidden_units": [4], "training.batch_size": 32}
    assert read_values(None) == {}


def test_a_budget_is_held_against_the_values_of_a_trial():
    counted = SETTINGS.replace({"budget": {"epsilon": 2.0, "delta": "auto", "clip": 1.0}})
    assert counted.replace({"training.optimizer.learning_rate": 0.5}).budget == counted.budget
    with pytest.raises(ValidationError, match="privacy.epsilon does not go with model.batch_norm"):
        counted.replace({"model.batch_norm": True})
    with pytest.raises(ValidationError, match="privacy.epsilon does not go with model.family boosted_trees"):
        counted.replace({"model": {"family": "boosted_trees"}})
