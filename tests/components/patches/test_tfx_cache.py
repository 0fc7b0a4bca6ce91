"""TFX's cache asks whom it was told to ask."""

import inspect

import pytest
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import standard_artifacts

from components.patches.ledger import CACHE
from components.patches.tfx_cache import cached, keyed_by, only

OUTPUTS = {"model": [standard_artifacts.Model()]}


@pytest.fixture
def handle(tmp_path):
    """An open metadata store."""
    with metadata.Metadata(metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.db"))) as opened:
        yield opened


def test_executions_of_one_key_share_a_context(handle):
    usual = cache_utils.get_cache_context
    node, pipeline = pipeline_pb2.PipelineNode(), pipeline_pb2.PipelineInfo(id="taxi")
    asked = []
    with cached(lambda *given: asked.append(given) or "key", lambda outputs: True):
        contexts = [
            cache_utils.get_cache_context(handle, node, pipeline, parameters={"epochs": epochs}) for epochs in (1, 2)
        ]
    assert contexts[0].id == contexts[1].id
    assert contexts[0].name == "key"
    assert asked == [(node, pipeline, None, {}, {}, {"epochs": epochs}) for epochs in (1, 2)]
    assert cache_utils.get_cache_context is usual


@pytest.mark.parametrize(
    ("found", "accepted", "answer"), [(OUTPUTS, True, OUTPUTS), (OUTPUTS, False, None), (None, True, None)]
)
def test_what_is_not_accepted_is_no_answer(found, accepted, answer):
    look_up = only(lambda metadata_handle, cache_context: found, lambda outputs: accepted)
    assert look_up(metadata_handle=None, cache_context=None) == answer


def test_what_stands_in_is_called_as_what_it_stands_in_for():
    replacements = keyed_by(str), only(lambda: None, bool)
    expected = [parameters.split(", ") for parameters in CACHE.replaces.values()]
    assert [list(inspect.signature(replacement).parameters) for replacement in replacements] == expected
