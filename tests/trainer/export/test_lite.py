"""LiteRT files: how large they are, and how well they answer, beside the network that they were made of."""

import gzip
import json

import keras
import numpy as np
import pytest

from configs.schema.models import Cnn, Convolution, Dnn
from configs.schema.training import Training
from tests.trainer import digits
from tests.trainer.conftest import LABELS
from trainer.export.lite import INPUTS, LEARNT, Lite, convert, write_lite
from trainer.export.pruning import prune
from trainer.features.learnt import Learnt
from trainer.features.transforms import Column
from trainer.models import cnn
from trainer.models.dnn import build
from trainer.training.fit import fit

COLUMNS = [Column("all.numbers", shape=(3,)), Column("the_2f_colour.id", size=4), Column("shop.id", size=2)]


@pytest.mark.slow
def test_a_file_answers_as_the_network_does_and_says_what_it_takes(tmp_path):
    keras.utils.set_random_seed(0)
    model = build(Dnn(family="dnn", hidden_units=(4,)), LABELS["binary"], COLUMNS)
    Learnt({}, {}, {"the_2f_colour": [b"red", b"blue"]}).write(str(tmp_path / "graph"))
    write_lite(tmp_path / "lite", convert(model, None, {}), model, str(tmp_path / "graph"))
    rows = {"all.numbers": np.eye(3, dtype="float32"), "the_2f_colour.id": np.array([[0], [1], [3]])}
    rows |= {"shop.id": np.array([[0], [1], [1]]), "other": None}
    lite = Lite(tmp_path / "lite")
    assert lite.columns == ["all.numbers", "the_2f_colour.id", "shop.id"]
    taken = {name: rows[name] for name in lite.columns}
    assert lite.ask(rows) == pytest.approx(model.predict(taken, verbose=0), abs=1e-6)
    assert lite.ask({name: cells[:1] for name, cells in taken.items()}) == pytest.approx(lite.ask(rows)[:1])
    told = json.loads((tmp_path / "lite" / INPUTS).read_text())
    assert told["all_numbers"] == {"column": "all.numbers", "shape": [3], "dtype": "float32"}
    assert (tmp_path / "lite" / LEARNT / "vocabularies" / "the_2f_colour").read_text() == "red\nblue\n"


def train(seed):
    """The network of configs/digits_cnn.yaml, pictures that it has seen, and the rows that it is asked for."""
    seen, asked = digits.draw()
    keras.utils.set_random_seed(seed)
    blocks = (Convolution(filters=32), Convolution(filters=64))
    model = cnn.build(Cnn(family="cnn", blocks=blocks, hidden_units=(128,)), digits.LABEL, digits.COLUMNS)
    rows = digits.batch(seen, 32)
    fit(model, rows, rows.take(1), Training(epochs=20), "multiclass")
    return model, seen[0][:200], asked


@pytest.fixture(scope="module")
def trained():
    return train(0)


def measure(folder, model, kind, usual, asked):
    """The bytes of a file, and the share of the rows that it names right."""
    Learnt({}, {}, {}).write(str(folder / "graph"))
    content = convert(model, kind, {"image": usual})
    write_lite(folder / f"{kind}", content, model, str(folder / "graph"))
    answers = Lite(folder / f"{kind}").ask({"image": asked[0]})
    return content, float((answers.argmax(1)[:, None] == asked[1]).mean())


@pytest.mark.full
@pytest.mark.parametrize(("kind", "most"), [("float16", 0.52), ("dynamic", 0.29), ("int8", 0.3)])
def test_a_file_of_few_bits_names_as_many_digits(trained, tmp_path, kind, most):
    model, usual, asked = trained
    plain, accuracy = measure(tmp_path, model, None, usual, asked)
    small, other = measure(tmp_path, model, kind, usual, asked)
    print(f"\n{kind}: {len(plain):,} -> {len(small):,} bytes, accuracy {accuracy:.4f} -> {other:.4f}")  # noqa: T201
    assert accuracy > 0.97
    assert len(small) <= most * len(plain)
    assert abs(other - accuracy) <= 0.003


@pytest.mark.full
def test_half_of_the_weights_can_go_for_half_a_point(tmp_path):
    """The mean over four seeds."""
    lost, packed = [], []
    for seed in range(4):
        model, usual, asked = train(seed)
        plain, accuracy = measure(tmp_path, model, None, usual, asked)
        prune(model, 0.5)
        thin, other = measure(tmp_path, model, None, usual, asked)
        lost.append(accuracy - other)
        packed.append(len(gzip.compress(thin)) / len(gzip.compress(plain)))
    print(f"\npruned: loses {np.mean(lost):.4f} of accuracy, packs to {np.mean(packed):.2f}")  # noqa: T201
    assert np.mean(lost) <= 0.005
    assert max(packed) <= 0.6
