"""TFX's launcher with a hook before the driver and one around the executor, of which it has neither."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import types
from tfx.orchestration.portable import data_types, launcher
from tfx.proto.orchestration import execution_result_pb2, placeholder_pb2

from components.patches.ledger import LAUNCHER, admit


class HookedLauncher(launcher.Launcher):
    """TFX's launcher; who derives from it overrides `receive` and `execute`.

    Raises MillraceError with a TFX that is not tested.
    """

    def __init__(self, **settings: Any) -> None:
        admit(LAUNCHER)
        super().__init__(**settings)

    @property
    def node_id(self) -> str:
        """The node that is launched."""
        return str(self._pipeline_node.node_info.id)

    @property
    def beam_flags(self) -> list[str]:
        """The flags for Beam; none where the node does not run on it."""
        return [flag.value.string_value for flag in getattr(self._executor_operator, "beam_pipeline_args", [])]

    def add_beam_flags(self, flags: Iterable[str]) -> None:
        """Gives Beam flags of this one launch, which are no part of what a result is cached by; for nodes on Beam."""
        for flag in flags:
            told = placeholder_pb2.PlaceholderExpression(value={"string_value": flag})
            self._executor_operator.beam_pipeline_args.append(told)

    def receive(self, inputs: Mapping[str, Sequence[types.Artifact]]) -> None:
        """Is called with the inputs before the driver, which may read them."""

    def execute(self, execution_info: data_types.ExecutionInfo) -> execution_result_pb2.ExecutorOutput:
        """Runs the executor, and returns what is to be published."""
        return super()._run_executor(execution_info)

    def _register_or_reuse_execution(self, *arguments: Any, **named: Any) -> mlmd.Execution:
        self.receive(named.get("input_artifacts") or {})
        return super()._register_or_reuse_execution(*arguments, **named)

    def _run_executor(self, execution_info: data_types.ExecutionInfo) -> execution_result_pb2.ExecutorOutput:
        return self.execute(execution_info)
