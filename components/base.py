"""Making a TFX node of ours: an executor, its channels and its parameters."""

from collections.abc import Collection, Mapping
from typing import TypeAlias

from tfx import types
from tfx.dsl.components.base import base_driver, base_executor
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec, ExecutorClassSpec
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.types.value_artifact import ValueArtifact

Made: TypeAlias = Mapping[str, BaseComponent]  # the nodes before one, by id: what a config does without is not in it


def find_trained(made: Made) -> types.BaseChannel:
    """Returns the model that is judged and published: as it was trained, or as it was made small."""
    return (made.get("Compress") or made["Trainer"]).outputs["model"]


def node(
    node_id: str,
    executor: type[base_executor.BaseExecutor],
    inputs: Mapping[str, types.BaseChannel],
    outputs: Mapping[str, type[types.Artifact]],
    parameters: Mapping[str, str],
    driver: type[base_driver.BaseDriver] = base_driver.BaseDriver,
    optional: Collection[str] = (),
) -> BaseComponent:
    """Returns the component; its parameters are strings, and part of its cache key; `optional` inputs may be empty.

    Raises TypeError for an output that is one of TFX's values: the store and the cache take artifacts for folders.
    """
    values = [key for key, artifact in outputs.items() if issubclass(artifact, ValueArtifact)]
    if values:
        raise TypeError(f"{node_id}: {values[0]} is a value, which is a file; take an artifact that is a folder.")
    spec = type(
        f"{node_id}Spec",
        (ComponentSpec,),
        {
            "INPUTS": {key: ChannelParameter(channel.type, key in optional) for key, channel in inputs.items()},
            "OUTPUTS": {key: ChannelParameter(type=artifact) for key, artifact in outputs.items()},
            "PARAMETERS": {key: ExecutionParameter(type=str) for key in parameters},
        },
    )
    kind = BeamExecutorSpec if issubclass(executor, BaseBeamExecutor) else ExecutorClassSpec
    component = type(
        node_id,
        (BaseComponent,),
        {"SPEC_CLASS": spec, "EXECUTOR_SPEC": kind(executor), "DRIVER_CLASS": driver},
    )
    channels = {key: types.Channel(type=artifact) for key, artifact in outputs.items()}
    return component(spec(**inputs, **channels, **parameters)).with_id(node_id)
