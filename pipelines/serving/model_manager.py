"""The versions of a model in memory: the one in service is loaded, and each new one takes its place."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from components.registry.versions import CODE, Version, in_service, list_folders
from components.scoring.c_library import ModelError, trim_memory
from components.scoring.c_tensor import TYPES
from components.scoring.saved_model import SavedModel
from components.scoring.signatures import TensorInfo
from configs.errors import MillraceError
from configs.home import Home
from pipelines.serving.batch_predict import read_config
from pipelines.serving.input_masks import InputMasks
from pipelines.serving.json_tensor import Refusal, Tensors
from pipelines.storage import sync
from trainer.export.signatures import SERVING

POLL = 1.0  # seconds between looks at the registry
POLL_STORE = 30.0  # where it lies in a store, which counts the requests
STATUS = {8: 429, 12: 501, 13: 500}  # of HTTP: resource exhausted, unimplemented, internal; of all else 400
LOADING, AVAILABLE, END = "LOADING", "AVAILABLE", "END"


class Signature:
    """One way to ask a model."""

    def __init__(self, model: SavedModel, name: str, masks: InputMasks | None = None) -> None:
        self.model, self.name, self.definition, self.masks = model, name, model.signatures[name], masks
        self.types = {name: info.type for name, info in self.definition.inputs.items()}

    def ask(self, inputs: Tensors) -> Tensors:
        """Returns the outputs by name; raises Refusal where the model cannot take the inputs."""
        for name, values in inputs.items():
            info = self.definition.inputs[name]
            if not info.takes(values.shape):
                raise Refusal(f"Input {name} has shape {list(values.shape)}, the signature {info.shape}")
        try:
            return self.model.answer(self.name, inputs)
        except ModelError as error:
            raise Refusal(error.what, STATUS.get(error.code, 400)) from error

    def mask(self, inputs: Tensors) -> Tensors:
        """Returns the inputs without what the version's config keeps from the model; raises Refusal."""
        return self.masks.lay(self.name, inputs) if self.masks else inputs

    def describe(self) -> dict[str, Any]:
        """Returns what the signature takes and gives, as JSON has its protocol buffer."""
        definition = self.definition
        return {
            "inputs": {name: _describe(info) for name, info in sorted(definition.inputs.items())},
            "outputs": {name: _describe(info) for name, info in sorted(definition.outputs.items())},
            "method_name": definition.method_name,
        }


class Loaded:
    """A version in memory, which has answered once by the signature that is served by default.

    Raises ConfigError where the key of a mask is not there.
    """

    def __init__(self, version: Version) -> None:
        masks = read_masks(version)
        self.number, model = version.number, SavedModel(str(version.path))
        self.signatures = {name: Signature(model, name, masks) for name in model.signatures}
        self.signatures[SERVING].ask(model.signatures[SERVING].make_blanks())

    def warm_up(self) -> None:
        """Asks by the other signatures, too: the first answer of each takes a thousand times longer than the next."""
        for _, signature in sorted(self.signatures.items()):
            with suppress(Refusal):  # not all can do with blanks
                signature.ask(signature.definition.make_blanks())


class Models:
    """The version in service, loaded, and the states of all that were.

    A request holds the version that it began with, which is dropped once the last of them has been answered. `admit`
    raises MillraceError for a version that is not to be loaded.
    """

    def __init__(
        self, name: str, home: Home, say: Callable[[str], None], admit: Callable[[Version], None] = lambda version: None
    ) -> None:
        self.name, self.home, self.say, self.admit = name, home, say, admit
        self.states: Mapping[int, tuple[str, str]] = {}  # with an error, if any
        self.ready = False
        sync.fetch_service(home)
        version = in_service(home)
        if version is None:
            remedy = f"Publish a model: millrace run CONFIG. {home.mention_another(Path.cwd())}".rstrip()
            raise MillraceError("nothing is in service yet", str(home.serving), remedy)
        admit(version)
        self.current = Loaded(version)
        self.states = {version.number: (AVAILABLE, "")}

    def make_ready(self) -> None:
        """Readies the version that is there for all that it may be asked."""
        self.current.warm_up()
        trim_memory()
        self.ready = True

    def watch(self, stop: threading.Event) -> None:
        """Takes up new versions until it is stopped."""
        self.make_ready()
        while not stop.wait(POLL if self.home.store is None else POLL_STORE):
            self.refresh()

    def refresh(self) -> None:
        """Takes up the newest version; where it cannot be, says why, once, and stays with the one that is loaded."""
        with suppress(MillraceError):  # a store that cannot be reached has no news
            sync.fetch_service(self.home)
        newest = max(list_folders(self.home), default=0)
        if newest <= self.current.number:
            return
        self.states = {newest: (LOADING, ""), **self.states}
        try:
            version = in_service(self.home)
            if version is not None:
                self.admit(version)
                loaded = Loaded(version)
                loaded.warm_up()
                self.current = loaded
                trim_memory()  # of the one before, too
                self.states = {**dict.fromkeys(self.states, (END, "")), version.number: (AVAILABLE, "")}
                self.say(f"Version {version.number} is served.")
        except Exception as error:  # whatever it is, the version that is loaded goes on
            if self.states[newest] != (LOADING, str(error)):
                self.say(f"Version {newest} cannot be served, and version {self.current.number} stays: {error}")
            self.states = {**self.states, newest: (LOADING, str(error))}


def read_masks(version: Version) -> InputMasks | None:
    """Returns what is laid over requests to a version; None for one without a config, which came of no run.

    Raises MillraceError where its config cannot be read.
    """
    return InputMasks(read_config(version)) if (version.extras / "config.json").exists() else None


def refuse_code(version: Version) -> None:
    """Raises MillraceError for a version that came of its user's own code."""
    if version.brings_code:
        what = f"version {version.number} brings code of its user's own, which --no-code refuses"
        raise MillraceError(what, str(version.path / CODE), "Serve without it, or publish a model of a family.")


def _describe(info: TensorInfo) -> dict[str, Any]:
    dimensions = [{"size": str(-1 if size is None else size), "name": ""} for size in info.shape or ()]
    return {
        "dtype": TYPES[info.code][0],
        "tensor_shape": {"dim": dimensions, "unknown_rank": info.shape is None},
        "name": info.name,
    }
