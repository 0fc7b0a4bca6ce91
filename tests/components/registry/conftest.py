"""A pipeline's home, models to publish, and three versions that were."""

import pytest

from components.registry.model_registry import Record
from configs.home import Home
from tests.fakes.models import publish

RECORD = Record("run-1", metrics={"auc": 0.9}, by="ada@mill")


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "workspace" / "taxi")


@pytest.fixture
def model(tmp_path):
    """Makes a folder that holds what a SavedModel holds; the registry reads nothing in it."""

    def make(content, size=0):
        folder = tmp_path / f"candidate-{content}"
        (folder / "variables").mkdir(parents=True, exist_ok=True)
        (folder / "saved_model.pb").write_text(content)
        (folder / "variables" / "variables.index").write_bytes(bytes(size))
        return folder

    return make


@pytest.fixture
def three(home, model):
    for content in "abc":
        publish(home, model(content), {}, RECORD)
    return home
