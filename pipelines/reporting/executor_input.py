"""What Kubeflow's launcher tells a step in place of {{$}}: the values of its parameters, and where its artifacts go."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.errors import ConfigError
from configs.loading.packed_text import unpack

OPTION = "--executor-input"


@dataclass(frozen=True)
class ExecutorInput:
    """The run, the config's text and what overrides it; the artifacts by name, and the file that tells of them.

    `parameters` are the files of what a step puts out beside artifacts; `asked` is who wants the run whatever its
    schedule waits for, and why.
    """

    run_id: str
    document: str
    overrides: tuple[str, ...]
    cache: bool
    artifacts: Mapping[str, Mapping[str, Any]]
    file: Path
    parameters: Mapping[str, Path]
    asked: str


def read_executor_input(text: str) -> ExecutorInput:
    """Returns what is told in JSON (ExecutorInput of pipeline_spec.proto); raises ConfigError where it is none."""
    try:
        told = json.loads(text)
        values, outputs = told["inputs"]["parameterValues"], told["outputs"]
        return ExecutorInput(
            run_id=_typed(values["run_id"], str),
            document=unpack(_typed(values["config"], str), f"{OPTION} config"),
            overrides=tuple(unpack(_typed(each, str), f"{OPTION} set") for each in _typed(values["set"], list)),
            cache=_typed(values.get("cache", True), bool),
            artifacts={name: found["artifacts"][0] for name, found in outputs.get("artifacts", {}).items()},
            file=Path(outputs["outputFile"]),
            parameters={name: Path(each["outputFile"]) for name, each in outputs.get("parameters", {}).items()},
            asked=unpack(_typed(values.get("asked", ""), str), f"{OPTION} asked").strip(),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ConfigError(f"this is no executor input of Kubeflow's: {error!r}", OPTION) from None


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
