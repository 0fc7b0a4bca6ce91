"""The user's own model: a Python file with the same contract as the families here."""

import inspect
import linecache
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from configs.errors import ConfigError, MillraceError
from configs.schema.label import Label
from configs.schema.models import Custom, Model
from trainer.features.transforms import Column
from trainer.labels import OUTPUT, count_units
from trainer.models.boosted_trees import Trees

SOURCE = "assets.extra/model.py"
LAYERS = {"millrace>Trees": Trees}  # that Keras does not know
CONTRACT = "build(options, label, columns) returns an uncompiled keras.Model: docs/your-own-model.md."


def build(options: Custom, label: Label, columns: Sequence[Column]) -> keras.Model:
    """Returns what the module's own `build` does, held to the contract; errors name the module's file and line."""
    module = run(options.source or "", options.module)
    theirs = getattr(module, "build", None)
    if not callable(theirs):
        raise MillraceError("The module defines no function `build`.", options.module, CONTRACT)
    model = _call(lambda: theirs(dict(options.options), label, list(columns)), options.module)
    where = f"{options.module}:{inspect.getsourcelines(theirs)[1]}" if inspect.isfunction(theirs) else options.module
    if reason := _object(model, label, columns):
        raise MillraceError(f"`build` returned {reason}.", where, CONTRACT)
    return model


def embed(model: Model) -> Model:
    """Returns the model with the text of its module, if it has one; so it travels, and its content is what counts."""
    if not isinstance(model, Custom):
        return model
    try:
        return model.model_copy(update={"source": Path(model.module).read_text(encoding="utf-8")})
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file {model.module} cannot be read: {error}", "model.module") from None


def keep(model: Model, folder: str) -> None:
    """Lays the module beside an exported model, whose layers may be of the module's own."""
    if isinstance(model, Custom):
        Path(folder, SOURCE).write_text(model.source or "", encoding="utf-8")


def load(folder: Path, file: str) -> keras.Model:
    """Returns the Keras model in a file of an exported model's folder; layers of a module of the user's are known."""
    own = folder / SOURCE
    if own.exists():
        run(own.read_text(encoding="utf-8"), str(own))
    return keras.models.load_model(folder / file, LAYERS, compile=False, safe_mode=not own.exists())


def run(source: str, file: str) -> ModuleType:
    """Returns the module that the source makes; raises MillraceError with the line at which it fails."""
    module = ModuleType(Path(file).stem)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    _call(lambda: exec(compile(source, file, "exec"), module.__dict__), file)
    return module


def _call(function: Callable[[], Any], file: str) -> Any:
    try:
        return function()
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        line = error.lineno if isinstance(error, SyntaxError) else next(reversed(lines), None)
        where = f"{file}:{line}" if line else file
        raise MillraceError(f"{type(error).__name__}: {error}", where, "Correct the model's module.") from error


def _object(model: Any, label: Label, columns: Sequence[Column]) -> str | None:
    """Returns what there is to object to, if anything."""
    if not isinstance(model, keras.Model):
        return f"{type(model).__name__}, which is no keras.Model"
    if not isinstance(getattr(model, "input", None), dict):
        return "a model whose inputs are no dict by column: keras.Model({column.name: column.input(), ...}, output)"
    unknown = sorted(set(model.input) - {column.name for column in columns})
    if unknown:
        return f"a model with the input '{unknown[0]}', which is none of {', '.join(column.name for column in columns)}"
    if OUTPUT not in {layer.name for layer in model.layers}:
        return "a model that does not end with trainer.labels.predict(logits, label)"
    if model.output_shape != (None, count_units(label)):
        return f"a model with outputs {model.output_shape}, where (None, {count_units(label)}) is needed"
    return None
