"""What a cluster runs of a config: a container for each node, and one for the end of a run, however it went.

Nothing of an engine is in here: `compile.py` and `vertex.py` write it down for theirs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from configs.errors import ConfigError
from configs.home import is_url
from configs.loading.loader import read_document, text_of, validate
from configs.loading.yaml_document import Document, Keys, absence
from configs.nodes import NODES, NodeSpec
from configs.repository import ROOT
from configs.schema.config import Config
from configs.schema.resources import Resources
from pipelines.compiler import node_pools
from pipelines.graph import fingerprint
from pipelines.graph.nodes import choose_nodes

FINISH = "finish"
NEEDED = ("name", "cluster", "image", "resources")  # what is written down, so that its variables must be set
LARGEST = 100_000  # bytes of a config: Linux hands a program no argument of more than 128 KiB


@dataclass(frozen=True)
class Container:
    """One step: the node it is for, the nodes it waits for, what it runs and where."""

    id: str
    after: tuple[str, ...]
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    resources: Resources


@dataclass(frozen=True)
class Plan:
    """The containers of the nodes, in an order that can be run, that of the end, and what they are made of."""

    config: Config
    document: Document
    text: str
    overrides: tuple[str, ...]
    nodes: tuple[Container, ...]
    finish: Container

    @property
    def containers(self) -> tuple[Container, ...]:
        """All of them, the end last."""
        return (*self.nodes, self.finish)


def plan_containers(path: str, overrides: Sequence[str] = (), image: str | None = None) -> Plan:
    """Returns the containers of a config; `image` stands for the config's own template.

    A variable of the environment must be set where its value is written down, which is in NEEDED, or where it is no
    text; the config's text is handed on as it stands. A ConfigError names what a container could not do, and where.
    """
    text = text_of(Path(path))
    _check_text(text, path, overrides)
    document = read_document(path, overrides, text, lenient=True)
    _check_variables(document)
    _check_password(document)
    written = {keys: _look_up(document, keys) for spec in NODES.values() for keys in spec.paths}
    config = validate(document, Path(path).absolute().parent, ROOT)
    specs = choose_nodes(config)
    nodes = {spec.id: spec.after for spec in specs}
    known = node_pools.read_pools()
    resources = {id: node_pools.settle(id, config, known, document) for id in (*nodes, FINISH)}
    _check_paths(specs, written, config, document, resources)
    _check_device(specs, config, document, resources)
    template = _check_image(image, "--image") if image else _check_image(config.image, document.where(("image",)))
    inside = _locate(path)
    containers = [
        _contain(id, after, inside, template, config.cluster.root, resources[id])
        for id, after in (nodes | {FINISH: ()}).items()
    ]
    return Plan(config, document, text, tuple(overrides), tuple(containers[:-1]), containers[-1])


def name_image(template: str, flavour: str) -> str:
    """Returns the name of an image of the code as it is here."""
    return template.replace("{flavour}", flavour).replace("{digest}", fingerprint.of_image())


def _contain(id: str, after: tuple[str, ...], path: str, image: str, root: str, resources: Resources) -> Container:
    code = fingerprint.of_image()
    run = {"run-id": _value("run_id"), "document": _value("config"), "overrides": _value("set")}
    built = {"image": code, "root": root}
    if id == FINISH:
        options = run | built | {"executor-input": "{{$}}"}
    else:
        options = {"node": id} | run | {"cache": _value("cache")} | built
    args = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Container(
        id,
        after,
        name_image(image, resources.flavour),
        ("millrace", "finish" if id == FINISH else "step"),
        (path, *args),
        resources,
    )


def _value(parameter: str) -> str:
    """Returns what Kubeflow replaces by the value of a step's parameter."""
    return f"{{{{$.inputs.parameters['{parameter}']}}}}"


def _locate(path: str) -> str:
    try:
        return Path(path).resolve().relative_to(ROOT).as_posix()
    except ValueError:
        what = f"lies outside of the repository {ROOT}, which is all that a container has of this machine"
        raise ConfigError(what, path, "Move it there, for example into configs/.") from None


def _look_up(document: Document, keys: Keys) -> str:
    section = document.data.get(keys[0])
    return str(section.get(keys[1]) or "") if isinstance(section, dict) else ""


def _check_text(text: str, path: str, overrides: Sequence[str]) -> None:
    lines = [(f"{path}:{number}", line) for number, line in enumerate(text.splitlines(), start=1)]
    for where, line in [*lines, *((f"--set {override}", override) for override in overrides)]:
        if "{{" in line:
            what = "two opening braces begin a placeholder of Kubeflow's, which would put something else there"
            raise ConfigError(what, where, "Write a space between them.")
    size = len(text.encode())
    if size > LARGEST:
        what = f"has {size:,} bytes, and a container can be handed {LARGEST:,}"
        raise ConfigError(what, path, "Name columns that are alike by one pattern, like pixel_*.")


def _check_image(template: str, where: str) -> str:
    unknown = set(re.findall(r"{[^}]*}?|}", template)) - {"{flavour}", "{digest}"}
    if unknown:
        what = f"'{template}' holds {min(unknown)}, which stands for nothing"
        raise ConfigError(what, where, "Known are {flavour}, which is cpu, gpu or tpu, and {digest}.")
    return template


def _check_variables(document: Document) -> None:
    for keys, unset in document.variables.items():
        if unset and keys[0] in NEEDED:
            raise absence(unset, document.where(keys))


def _check_password(document: Document) -> None:
    keys = ("storage", "metadata")
    if keys not in document.variables and re.search(r"://[^/]*:[^/]*@", _look_up(document, keys)):
        what = "holds a password, which would be written into the compiled file"
        raise ConfigError(what, "storage.metadata", "Leave it out, as cluster.metadata stands for it; or write ${VAR}.")


def _check_paths(
    specs: Sequence[NodeSpec],
    written: Mapping[tuple[str, str], str],
    config: Config,
    document: Document,
    resources: Mapping[str, Resources],
) -> None:
    """Raises ConfigError for a path that is neither a URL, nor in the repository, nor on a volume of its step."""
    for step, section, key in ((spec.id, *keys) for spec in specs for keys in spec.paths):
        path = written[section, key]
        if not path or is_url(path) or (section, key) in document.variables:
            continue
        folders = [*resources[step].volumes, *([] if is_url(config.cluster.root) else [config.cluster.root])]
        if path.startswith(("/", "~")):
            seen = any(PurePosixPath(path).is_relative_to(folder) for folder in folders)
        else:
            seen = Path(getattr(getattr(config, section), key)).is_relative_to(ROOT)
        if not seen:
            volume = " or ".join(folders) or f"a volume of resources.{step}"
            remedy = f"Put it below {volume}, name a URL like gs://, or a path within the repository, from the config."
            raise ConfigError(f"no container sees '{path}' of this machine", document.where((section, key)), remedy)


def _check_device(
    specs: Sequence[NodeSpec], config: Config, document: Document, resources: Mapping[str, Resources]
) -> None:
    """Raises ConfigError where a training asks for another device than its machine has."""
    device = config.training.device
    for step in (spec.id for spec in specs if spec.trains):
        accelerator = resources[step].accelerator
        kind = accelerator.kind if accelerator else "cpu"
        if device == kind or (device == "auto" and kind != "tpu"):
            continue
        has = f"'{accelerator.type}'" if accelerator else "no accelerator"
        what = f"training.device is '{device}', and the machine of {step} has {has}"
        remedy = f"Set training.device to {kind}, or resources.{step}.node_pool to another."
        raise ConfigError(what, document.where(("training", "device")), remedy)
