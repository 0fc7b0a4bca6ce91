"""A model of the user's own: run from its text, held to the contract, its mistakes named by file and line."""

import re
from importlib import import_module

import keras
import numpy as np
import pytest

from configs.errors import ConfigError, MillraceError
from configs.repository import ROOT
from configs.schema.models import Custom, Linear
from tests.trainer.conftest import LABELS
from trainer.features.transforms import Column
from trainer.models.custom import build, embed, keep, load, run

COLUMNS = [Column("amount"), Column("weight")]
IMPORTS = "import keras\nfrom trainer.labels import count_units, predict\n"
MODEL = (
    IMPORTS
    + """
@keras.saving.register_keras_serializable("own")
class Double(keras.layers.Layer):
    def call(self, tensor):
        return 2 * tensor

def build(options, label, columns):
    inputs = {column.name: column.input() for column in columns}
    deep = keras.layers.Dense(options["width"], activation="tanh")(keras.layers.Concatenate()(list(inputs.values())))
    return keras.Model(inputs, predict(keras.layers.Dense(count_units(label))(Double()(deep)), label))
"""
)
BUILD = IMPORTS + "def build(options, label, columns):\n    tensor = columns[0].input()\n    return "


def custom(source, **options):
    return Custom(family="custom", module="own/model.py", source=source, options=options)


@pytest.mark.parametrize("kind", LABELS)
def test_it_is_built_from_its_options_and_answers_alike_once_loaded(kind, tmp_path):
    model = build(custom(MODEL, width=3), LABELS[kind], COLUMNS)
    units = 3 if kind in ("multiclass", "multilabel") else 1
    assert model.count_params() == (2 + 1) * 3 + (3 + 1) * units
    rows = {"amount": np.ones((2, 1), "float32"), "weight": np.zeros((2, 1), "float32")}
    (tmp_path / "assets.extra").mkdir()
    keep(custom(MODEL), str(tmp_path))
    model.save(tmp_path / "model.keras")
    keras.saving.get_custom_objects().clear()
    loaded = load(tmp_path, "model.keras")
    assert (loaded(rows).numpy() == model(rows).numpy()).all()


def test_the_text_of_the_module_travels_with_the_model(tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    named = Custom(family="custom", module=str(tmp_path / "model.py"))
    assert embed(named).source == MODEL
    assert embed(Linear(family="linear")) == Linear(family="linear")
    with pytest.raises(ConfigError, match="absent.py cannot be read: .*No such file") as error:
        embed(Custom(family="custom", module="absent.py"))
    assert error.value.where == "model.module"


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("import keras\n\ndef build(:\n", 3, "SyntaxError"),
        ("import keras\nimport absent_module\n", 2, "ModuleNotFoundError: No module named 'absent_module'"),
        (BUILD + "1 / 0", 5, "ZeroDivisionError: division by zero"),
        (BUILD + "keras.layers.Flatten()(tensor.absent)", 5, "AttributeError: 'KerasTensor' object has no attribute"),
        ("def make(options, label, columns): ...", None, "The module defines no function `build`."),
        ("def build(options): ...", None, "TypeError: build() takes 1 positional argument but 3 were given"),
        (BUILD + "tensor", 3, "`build` returned KerasTensor, which is no keras.Model."),
        (BUILD + "keras.Model(tensor, predict(tensor, label))", 3, "`build` returned a model whose inputs are no dict"),
        (
            BUILD + "keras.Model({'size': tensor}, predict(tensor, label))",
            3,
            "`build` returned a model with the input 'size', which is none of amount, weight.",
        ),
        (
            BUILD + "keras.Model({'amount': tensor}, keras.layers.Dense(1)(tensor))",
            3,
            "`build` returned a model that does not end with trainer.labels.predict(logits, label).",
        ),
        (
            BUILD + "keras.Model({'amount': tensor}, predict(keras.layers.Dense(2)(tensor), label))",
            3,
            "`build` returned a model with outputs (None, 2), where (None, 1) is needed.",
        ),
    ],
)
def test_a_mistake_is_named_by_file_and_line(source, line, what):
    with pytest.raises(MillraceError) as error:
        build(custom(source), LABELS["binary"], COLUMNS)
    assert error.value.what.startswith(what)
    assert error.value.where == (f"own/model.py:{line}" if line else "own/model.py")


def test_a_line_of_the_module_stands_in_the_traceback():
    with pytest.raises(MillraceError) as error:
        run("\nvalue = 1 / 0\n", "own/model.py")
    assert error.value.where == "own/model.py:2"


PAGE = (ROOT / "docs" / "your-own-model.md").read_text(encoding="utf-8")
PUBLIC = [
    (module, name)
    for module, names in re.findall(r"^\| `(trainer\.[\w.]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    for name in re.findall(r"`(\w+)`", names)
]


def test_the_page_names_what_a_model_of_ones_own_imports():
    assert {module for module, _ in PUBLIC} == {"trainer.labels", "trainer.models.layers"}


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_a_public_name_stays_where_it_is(module, name):
    assert getattr(import_module(module), name).__module__ == module
