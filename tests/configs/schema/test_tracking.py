"""A tracker is a server, whose login stands in no YAML."""

import pytest
from pydantic import ValidationError

from configs.schema.tracking import Tracking


def test_a_server_is_a_url():
    assert Tracking(mlflow="http://localhost:5000").mlflow == "http://localhost:5000"
    with pytest.raises(ValidationError, match="should match pattern"):
        Tracking(mlflow="sqlite:///a.db")


def test_a_login_belongs_into_the_environment():
    with pytest.raises(ValidationError, match="MLFLOW_TRACKING_USERNAME"):
        Tracking(mlflow="https://ada:secret@mlflow.example.org")
