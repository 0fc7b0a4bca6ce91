"""The textbook models in configs/recipes: as many parameters as the textbook counts, and each learns its task."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.loading.loader import load
from configs.repository import ROOT
from configs.samples.catalog import resolve
from trainer.features.transforms import columns, list_vocabularies
from trainer.models.families import build
from trainer.settings import Settings
from trainer.training.fit import fit

FOLDER = ROOT / "configs/recipes"
OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
PARAMETERS = {
    "slope": 1 + 1,
    "dense_binary": (20 + 1) * 128 + (128 + 1) * 64 + (64 + 1),
    "dense_optimizers": (100 + 1) * 64 + (64 + 1) * 64 + (64 + 1) * 10,
    "dense_residual": (100 + 1) * 64 + 24 * (2 * 64 + (64 + 1) * 64) + 2 * 64 + (64 + 1) * 10,
    "dense_wide": (1000 + 1) * 128 + (128 + 1) * 64 + (64 + 1) * 10,
    "convolutions": (9 + 1) * 32 + (9 * 32 + 1) * 64 + (5 * 5 * 64 + 1) * 128 + (128 + 1) * 10,
    "recurrent": (1 + 64 + 1) * 64 + (64 + 1),
    "additive_attention": (1 + 64 + 1) * 64 + 2 * 64 * 64 + 64 + (64 + 1),
    # words of 1 + 22 + 1, positions, four projections and two dense layers, three normalisations, and the output
    "self_attention": (24 + 100) * 32 + 4 * 33 * 32 + 33 * 64 + 65 * 32 + 3 * 64 + 33,
}
LEARNT = [*((name, ()) for name in PARAMETERS if name != "dense_optimizers")] + [
    ("dense_optimizers", (f"training.optimizer.name={name}",)) for name in OPTIMIZERS
]
REACHED = {"self_attention": 0.98}


def model_of(config):
    keras.utils.set_random_seed(config.training.seed)
    settings = Settings(features=config.features, label=config.label, model=config.model, training=config.training)
    return build(settings, columns(config.features, dict.fromkeys(list_vocabularies(config.features), 22)))


def read(config):
    """The column and the labels of a recipe's rows, as Transform would make them."""
    [(name, feature)], folder = config.features.items(), resolve(config.data.path)
    if feature.kind == "image":
        files = sorted(folder.rglob("*.png"))
        images = [tf.io.decode_png(file.read_bytes()).numpy() / np.float32(255) for file in files]
        return f"{name}.image", np.stack(images), [file.parent.name for file in files]
    [file] = folder.iterdir()
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    cells, labels = [row[name].split() for row in rows], [row[config.label.name] for row in rows]
    if feature.kind == "text":
        words = {word: number for number, word in enumerate(sorted({word for cell in cells for word in cell}), 1)}
        return f"{name}.words", np.array([[words[word] for word in cell] for cell in cells]), labels
    numbers = np.array(cells, "float32")
    return (
        (f"{name}.number", numbers, labels)
        if feature.kind == "numeric"
        else (f"{name}.steps", numbers[..., None], labels)
    )


def learn(config):
    """How well the last fifth of the rows is known after a training on the others: accuracy, or R²."""
    name, cells, labels = read(config)
    values = config.label.values
    answers = np.array([values.index(label) if values else float(label) for label in labels], "float32")[:, None]
    table = (
        {name: cells, name.replace(".steps", ".mask"): np.ones(cells.shape[:2], "int64")}
        if ".steps" in name
        else {name: cells}
    )
    model = model_of(config)
    table = {column: table[column] for column in model.input}
    order = np.random.default_rng(1).permutation(len(answers))
    train, test = np.split(order, [len(order) * 4 // 5])
    rows = tf.data.Dataset.from_tensor_slices(({column: part[train] for column, part in table.items()}, answers[train]))
    fit(model, rows.batch(config.training.batch_size), rows.take(100).batch(100), config.training, config.label.kind)
    told = model.predict({column: part[test] for column, part in table.items()}, verbose=0)
    if not values:
        return 1 - np.square(told - answers[test]).mean() / answers[test].var()
    chosen = told.argmax(axis=1)[:, None] if told.shape[1] > 1 else told > 0.5
    return (chosen == answers[test]).mean()


def test_every_recipe_is_tried():
    assert PARAMETERS.keys() == {path.stem for path in FOLDER.glob("*.yaml")}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_recipe_has_the_parameters_of_the_textbook(name):
    assert model_of(load(FOLDER / f"{name}.yaml")).count_params() == PARAMETERS[name]


@pytest.mark.full
@pytest.mark.parametrize(("name", "overrides"), LEARNT)
def test_a_recipe_learns_its_task(name, overrides):
    assert learn(load(FOLDER / f"{name}.yaml", overrides)) >= REACHED.get(name, 0.95)


@pytest.mark.full
def test_a_bag_of_words_cannot_tell_which_word_comes_first():
    assert learn(load(FOLDER / "self_attention.yaml", ["model={family: linear}"])) <= 0.6
