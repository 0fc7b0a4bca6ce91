import pytest
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec, ExecutorClassSpec
from tfx.types import channel_utils, standard_artifacts

from components.base import node


class Plain(BaseExecutor):
    """Does nothing."""


class OnBeam(BaseBeamExecutor):
    """Does nothing on Beam."""


@pytest.mark.parametrize(("executor", "kind"), [(Plain, ExecutorClassSpec), (OnBeam, BeamExecutorSpec)])
def test_a_node_has_what_it_is_made_of(executor, kind):
    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    made = node("Counter", executor, {"rows": examples}, {"model": standard_artifacts.Model}, {"home": "/trips"})
    assert (made.id, type(made.executor_spec), made.executor_spec.executor_class) == ("Counter", kind, executor)
    assert made.inputs == {"rows": examples}
    assert made.outputs["model"].type is standard_artifacts.Model
    assert made.exec_properties == {"home": "/trips"}


def test_an_output_that_would_be_a_file_is_refused():
    with pytest.raises(TypeError, match="Counter: rows is a value, which is a file"):
        node("Counter", Plain, {}, {"rows": standard_artifacts.JsonValue}, {})
