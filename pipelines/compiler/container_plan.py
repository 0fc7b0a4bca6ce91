"""What a cluster runs of a config: containers of its nodes, and one for the end of a run, however it went.

Nodes that follow each other on the default machine share a container, which loads TFX once; one that has resources of
its own stays alone, and all do with `cluster.steps: each`. Each of the workers that share a training has a container:
the first that of the Trainer, and the others one beside it.

Nothing of an engine is in here: `compile.py` and `vertex.py` write it down for theirs.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

from configs.copies import is_url
from configs.errors import ConfigError
from configs.loading.loader import read_document, text_of, validate
from configs.loading.packed_text import pack
from configs.loading.yaml_document import Document, Keys, absence
from configs.nodes import DECIDE, FINISH, NODES, WORKER, NodeSpec, name_step, name_worker
from configs.repository import ROOT
from configs.schema.config import Config
from configs.schema.kubernetes import check_told
from configs.schema.resources import Resources
from pipelines.compiler import node_pools
from pipelines.compiler.own_files import OwnFiles, Place, list_files, refuse_more
from pipelines.graph import fingerprint
from pipelines.graph.nodes import choose_nodes

NEEDED = ("name", "cluster", "image", "resources")  # what is written down, so that its variables must be set
LARGEST = 100_000  # bytes of a config as it is handed on: Linux hands a program no argument of more than 128 KiB
# A name of an image, as https://github.com/distribution/reference has it.
IMAGE = r"([\w-]+(\.[\w-]+)*(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?"


@dataclass(frozen=True)
class Container:
    """One step: the nodes that it launches, the steps that it waits for, what it runs and where."""

    id: str
    nodes: tuple[str, ...]
    after: tuple[str, ...]
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    resources: Resources

    @property
    def owner(self) -> str:
        """Whose resources it has, by the key of `resources`."""
        return self.nodes[0] if self.nodes else self.id.partition(WORKER)[0]


@dataclass(frozen=True)
class Plan:
    """The containers of the nodes, in an order that can be run, that of the end, and what they are made of.

    `decide` is the first one of a run of a schedule, None where a run trains in any case. `own` are the files of its
    user's that the config names, which the images bring along.
    """

    config: Config
    document: Document
    text: str
    overrides: tuple[str, ...]
    nodes: tuple[Container, ...]
    finish: Container
    own: OwnFiles
    decide: Container | None = None

    @property
    def containers(self) -> tuple[Container, ...]:
        """All of them, the end last."""
        return (*([self.decide] if self.decide else []), *self.nodes, self.finish)


def plan_containers(
    path: str, overrides: Sequence[str] = (), image: str | None = None, scheduled: bool = False
) -> Plan:
    """Returns the containers of a config; `image` stands for the config's own template.

    With `scheduled` the first one asks the config's schedule whether to train. A variable of the environment must be
    set where its value is written down, which is in NEEDED, or where it is no text; the config's text is handed on as
    it stands. A ConfigError names what a container could not do, and where.
    """
    text = text_of(Path(path))
    document = read_document(path, overrides, text, lenient=True)
    _check_size(text, path)
    _check_variables(document)
    _check_password(document)
    written = {keys: _look_up(document, keys) for spec in NODES.values() for keys in spec.paths}
    config = validate(document, Path(path).absolute().parent, ROOT)
    if scheduled and config.schedule is None:
        remedy = "Add one, like schedule: {cron: '0 3 * * 1'}."
        raise ConfigError("The config has no schedule", document.where(("schedule",)), remedy)
    specs = choose_nodes(config)
    known = node_pools.read_pools()
    resources = {id: node_pools.settle(id, config, known, document) for id in (*(spec.id for spec in specs), FINISH)}
    place = Place.of(path)
    inside = _tell(place.rename(Path(path).resolve() if place.folder == ROOT else os.path.abspath(path)), path)
    own = _gather_own(_check_paths(specs, written, config, document, resources, place), config, document, place)
    refuse_more(own, path)
    _check_device(specs, config, document, resources)
    _check_notifiers(config, document, resources[FINISH])
    template = _check_image(image, "--image") if image else _check_image(config.image, document.where(("image",)))
    code = fingerprint.of_image(own.digest)
    resources[DECIDE] = _settle_decision(resources)
    steps = _group_nodes(specs, config, resources)
    decide, *containers = (
        _contain(nodes, after, inside, code, template, config, machine)
        for nodes, after, machine in (((DECIDE,), (), resources[DECIDE]), *steps, ((FINISH,), (), resources[FINISH]))
    )
    parts = (tuple(containers[:-1]), containers[-1], own, decide if scheduled else None)
    return Plan(config, document, text, tuple(overrides), *parts)


def _group_nodes(
    specs: Sequence[NodeSpec], config: Config, resources: Mapping[str, Resources]
) -> list[tuple[tuple[str, ...], tuple[str, ...], Resources]]:
    """Returns the nodes of each step, the steps that it waits for, and its machine, which gives each node its time."""
    each, workers = config.cluster.steps == "each", range(2, config.training.workers + 1)
    alone = {*config.resources, *(["Trainer"] if workers else [])}
    groups = [list(group) for _, group in groupby(specs, lambda spec: spec.id if each or spec.id in alone else "")]
    step_of = {spec.id: name_step([each.id for each in group]) for group in groups for spec in group}
    found = []
    for group in groups:
        nodes = tuple(spec.id for spec in group)
        after = dict.fromkeys(step_of[id] for spec in group for id in spec.after if id not in nodes)
        machine = resources[nodes[0]]
        timeout = machine.timeout and machine.timeout * len(nodes)
        steps = [nodes, *((name_worker(number),) for number in workers if "Trainer" in nodes)]
        found += [(step, tuple(after), machine.model_copy(update={"timeout": timeout})) for step in steps]
    return found


def name_image(template: str, flavour: str, code: str, boot: bool = False) -> str:
    """Returns the name of an image of code with this digest; with `boot` of one that a Beam engine can start."""
    return template.replace("{flavour}", f"{flavour}-beam" if boot else flavour).replace("{digest}", code)


def _settle_decision(resources: Mapping[str, Resources]) -> Resources:
    """Returns what the first step of a schedule's run is given: the machine of the end, and what reads the data."""
    reader = resources["ExampleGen"]
    return resources[FINISH].model_copy(
        update={key: getattr(reader, key) for key in ("volumes", "env", "user", "group")}
    )


def _contain(
    nodes: tuple[str, ...],
    after: tuple[str, ...],
    path: str,
    code: str,
    template: str,
    config: Config,
    resources: Resources,
) -> Container:
    """Returns a step. What differs from run to run comes by the executor's input, in which each parameter stands once:
    a placeholder of its own would repeat the config's text in all that Argo keeps of a step.
    """
    id = name_step(nodes)
    _, _, number = id.partition(WORKER)
    verb = id if id in (DECIDE, FINISH) else "train-along" if number else "step"
    launched = nodes if verb == "step" else ()
    works = [("worker", number)] if number else [("node", node) for node in launched]
    options = [*works, ("image", code), ("root", config.cluster.root)]
    args = [part for name, value in [*options, ("executor-input", "{{$}}")] for part in (f"--{name}", value)]
    image = name_image(template, resources.flavour, code, config.beam.starts_images)
    return Container(id, launched, after, image, ("millrace", verb), (path, *args), resources)


def _tell(path: str, where: str) -> str:
    try:
        return check_told(path)
    except ValueError as error:
        raise ConfigError(str(error), where, "Give the file or its folder another name.") from None


def _look_up(document: Document, keys: Keys) -> str:
    section = document.data.get(keys[0])
    return str(section.get(keys[1]) or "") if isinstance(section, dict) else ""


def _check_size(text: str, path: str) -> None:
    size = len(pack(text))
    if size > LARGEST:
        what = f"has {size:,} bytes when packed, and a container can be handed {LARGEST:,}"
        raise ConfigError(what, path, "Name columns that are alike by one pattern, like pixel_*.")


def _check_image(template: str, where: str) -> str:
    unknown = set(re.findall(r"{[^}]*}?|}", template)) - {"{flavour}", "{digest}"}
    if unknown:
        what = f"'{template}' holds {min(unknown)}, which stands for nothing"
        raise ConfigError(what, where, "Known are {flavour}, which is cpu, gpu or tpu, and {digest}.")
    name = name_image(template, "cpu", "0" * 12)
    if not re.fullmatch(IMAGE, name, re.ASCII) or len(name) > 255:
        what = f"'{template}' is no name of an image: a-z, 0-9, ., _, - and / make its name, and a tag follows on :"
        raise ConfigError(what, where, "Write one like registry.example.org/millrace:{flavour}-{digest}.")
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
    place: Place,
) -> list[Keys]:
    """Returns the keys that name files of the user's own, which the image is to bring.

    Raises ConfigError for a path that is neither a URL, nor beside the config, nor on a volume of its step.
    """
    own: list[Keys] = []
    for step, section, key in ((spec.id, *keys) for spec in specs for keys in spec.paths):
        path = written[section, key]
        if not path or is_url(path) or (section, key) in document.variables:
            continue
        folders = [*resources[step].volumes, *([] if is_url(config.cluster.root) else [config.cluster.root])]
        if path.startswith(("/", "~")):
            seen = any(PurePosixPath(path).is_relative_to(folder) for folder in folders)
        else:
            seen = _home_of((section, key), document, place).holds(getattr(getattr(config, section), key))
            own.append((section, key))
        if not seen:
            volume = " or ".join(folders) or f"a volume of resources.{step}"
            beside = "a path within the repository" if place.folder == ROOT else f"a path below {place.folder}"
            remedy = f"Put it below {volume}, name a URL like gs://, or {beside}, from the config."
            raise ConfigError(f"no container sees '{path}' of this machine", document.where((section, key)), remedy)
    return own


def _home_of(keys: Keys, document: Document, place: Place) -> Place:
    """Returns where the path at a key starts: an override's in the repository, which is a container's folder."""
    return place if document.place(keys)[1] else Place(ROOT)


def _gather_own(keys: Iterable[Keys], config: Config, document: Document, place: Place) -> OwnFiles:
    """Returns the files that the keys name; raises ConfigError where one names none."""
    files: dict[str, Path] = {}
    for section, key in keys:
        found = list_files(str(section), str(key), config)
        if not found:
            remedy = "The image is to bring it along: put it there, or correct the path."
            raise ConfigError("there is no such file", document.where((section, key)), remedy)
        home = _home_of((section, key), document, place)
        files |= {home.rename(path): path for path in found}
    return OwnFiles(files)


def _check_notifiers(config: Config, document: Document, end: Resources) -> None:
    """Raises ConfigError for a notifier's secret that the end of a run, which tells, is not given."""
    for index, notifier in enumerate(config.notify):
        for key in ("url_env", "password_env"):
            name = getattr(notifier, key, None)
            if name and name not in end.env:
                remedy = f"Name its secret: resources.finish.env: {{{name}: {{secret: NAME, key: KEY}}}}."
                where = document.where(("notify", index, key))
                raise ConfigError(f"no container has the variable '{name}'", where, remedy)


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
