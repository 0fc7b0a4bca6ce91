"""A run handed in: its parameters, and how it is followed to its end."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from configs.errors import ConfigError
from configs.loading.error_messages import suggest
from configs.loading.packed_text import protect
from configs.loading.yaml_document import parse
from pipelines.remote.service import Run

# What a parameter of a compiled pipeline may hold, by the type that it declares (pipeline_spec.proto).
TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "BOOLEAN": ("true or false", (bool,)),
    "NUMBER_INTEGER": ("a whole number", (int,)),
    "NUMBER_DOUBLE": ("a number", (int, float)),
    "LIST": ("a list, like [training.epochs=3]", (list,)),
    "STRUCT": ("a section of keys and values", (dict,)),
}


def read_compiled(path: str) -> str:
    """Returns the text of a compiled pipeline; raises ConfigError for a file that is none."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot be read: {error}", path, "Name a file that `millrace compile` wrote.") from None
    _read_specification(text, path)
    return text


def read_documents(compiled: str) -> list[dict[str, Any]]:
    """Returns both documents of a compiled pipeline: what runs, and what that needs of Kubernetes, maybe nothing."""
    specification, *rest = yaml.load_all(compiled, yaml.CSafeLoader)
    return [specification, next(iter(rest), None) or {}]


def _read_specification(compiled: str, where: str) -> dict[str, Any]:
    try:
        specification = next(yaml.load_all(compiled, yaml.CSafeLoader), None)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = f"is no compiled pipeline: {str(error).splitlines()[0]}"
        raise ConfigError(what, where, "Name a file that `millrace compile` wrote.") from None
    if not isinstance(specification, dict) or not isinstance(specification.get("root"), dict):
        raise ConfigError("is no compiled pipeline", where, "Name a file that `millrace compile` wrote.")
    return specification


def asks_schedule(compiled: str) -> bool:
    """Tells whether a run of a compiled pipeline asks its schedule first whether to train."""
    return "asked" in _declared(compiled, "--compiled")


def _declared(compiled: str, where: str) -> dict[str, Any]:
    return dict(_read_specification(compiled, where)["root"].get("inputDefinitions", {}).get("parameters", {}))


def read_parameters(compiled: str, given: Sequence[str]) -> dict[str, Any]:
    """Returns the values of `NAME=VALUE` by the types that a compiled pipeline declares for its inputs.

    Text is taken as it stands, anything else is YAML. Raises ConfigError for a name that it has not, or a value of
    another type.
    """
    if not given:
        return {}
    known = _declared(compiled, "--param")
    values = {}
    for assignment in given:
        name, equals, text = assignment.partition("=")
        where = f"--param {assignment}"
        if not equals:
            raise ConfigError("sets nothing", where, "Write NAME=VALUE.")
        if name not in known:
            listed = f"Known parameters: {', '.join(known)}."
            raise ConfigError(f"the pipeline has no parameter '{name}'", where, suggest(name, known) or listed)
        values[name] = _protect(_read_value(text, known[name]["parameterType"], where))
    return values


def _protect(value: Any) -> Any:
    """Packs a text, and each of a list, in whose place Kubeflow or Kubernetes would put something else."""
    if isinstance(value, list):
        return [_protect(each) for each in value]
    return protect(value) if isinstance(value, str) else value


def _read_value(text: str, kind: str, where: str) -> Any:
    if kind == "STRING":
        return text
    expected, types = TYPES[kind]
    value = parse(text, where).data
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ConfigError(f"should be {expected}", where)
    return value


def follow_run(get: Callable[[], Run], enough: Callable[[Run], bool], interval: float = 5.0) -> Run:
    """Looks at a run every `interval` seconds until that is enough."""
    while True:
        run = get()
        if enough(run):
            return run
        time.sleep(interval)
