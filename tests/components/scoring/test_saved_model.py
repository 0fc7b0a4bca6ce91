"""A SavedModel asked by the C API answers as TensorFlow's own Python does."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.scoring import saved_model
from components.scoring.c_library import ModelError
from components.scoring.c_tensor import STRING, TYPES
from components.scoring.saved_model import SavedModel
from configs.repository import ROOT

WITHOUT_PYTHON = """
import sys
import numpy as np
from components.scoring.saved_model import SavedModel
answers = SavedModel(sys.argv[1]).answer("greet", {"names": np.array(["Ada"], object)})
assert "tensorflow" not in sys.modules
sys.stdout.write(answers["greetings"][0].decode())
"""


class Model(tf.Module):
    """Adds a weight to numbers, and greets."""

    def __init__(self):
        super().__init__()
        self.weight = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32), tf.TensorSpec([None], tf.int64)])
    def add(self, numbers, rows):
        return {"sums": numbers + self.weight, "rows": rows + 1}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def greet(self, names):
        return {"greetings": tf.strings.join(["Hello ", names])}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path, made = str(tmp_path_factory.mktemp("model")), Model()
    tf.saved_model.save(made, path, signatures={"add": made.add, "greet": made.greet})
    return path


@pytest.fixture(scope="module")
def model(folder):
    return SavedModel(folder)


def test_numbers_go_in_and_come_out(model):
    answers = model.answer("add", {"numbers": np.array([[1, 2], [3, 4]], "float32"), "rows": np.array([5, 6])})
    assert answers["sums"].tolist() == [[3, 4], [5, 6]]
    assert (answers["rows"].tolist(), answers["rows"].dtype) == ([6, 7], np.int64)


def test_outputs_may_be_chosen(model):
    answers = model.answer("add", {"numbers": np.zeros((1, 2), "float32"), "rows": np.array([5])}, ["rows"])
    assert {name: values.tolist() for name, values in answers.items()} == {"rows": [6]}


@pytest.mark.parametrize("names", [["Ada", "", "Željka"], [], ["x" * 1000]], ids=["some", "none", "a long one"])
def test_texts_go_in_and_come_out_as_bytes(model, names):
    answers = model.answer("greet", {"names": np.array(names, object)})
    assert answers["greetings"].tolist() == [f"Hello {name}".encode() for name in names]


def test_bytes_are_taken_as_they_are(model):
    answers = model.answer("greet", {"names": np.array([b"\x00\xff"], object)})
    assert answers["greetings"].tolist() == [b"Hello \x00\xff"]


def test_a_signature_names_what_it_takes_and_answers(model):
    add = model.signatures["add"]
    assert {name: (TYPES[info.code][0], info.shape) for name, info in add.inputs.items()} == {
        "numbers": ("DT_FLOAT", (None, 2)),
        "rows": ("DT_INT64", (None,)),
    }
    assert (add.outputs.keys(), add.method_name) == ({"sums", "rows"}, "tensorflow/serving/predict")
    assert model.signatures.keys() == {"add", "greet"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [TYPES[code][1] for code in TYPES if code != STRING], ids=lambda kind: kind.__name__)
def test_every_kind_of_number_comes_back(kind, tmp_path):
    made = tf.Module()
    made.same = tf.function(lambda values: {"values": tf.identity(values)}).get_concrete_function(
        tf.TensorSpec([None, None], tf.as_dtype(kind), name="values")
    )
    tf.saved_model.save(made, str(tmp_path), signatures={"same": made.same})
    values = np.array([[0, 1], [1, 0]], kind)
    answers = SavedModel(str(tmp_path)).answer("same", {"values": values.T})
    assert answers["values"].dtype == kind
    np.testing.assert_array_equal(answers["values"], values.T)


def test_what_does_not_fit_is_refused_in_tensorflows_words(model):
    with pytest.raises(ModelError, match="Expects .* to be float but double is provided") as error:
        model.answer("add", {"numbers": np.zeros((1, 2), "float64"), "rows": np.array([1])})
    assert error.value.code == 3  # invalid argument
    with pytest.raises(KeyError, match="rows"):
        model.answer("add", {"numbers": np.zeros((1, 2), "float32")})


def test_a_folder_without_a_model_and_a_damaged_one_are_refused(folder, tmp_path):
    with pytest.raises(ModelError, match="Could not find SavedModel") as error:
        SavedModel(str(tmp_path))
    assert error.value.where == str(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"no model")
    whole = Path(folder, "saved_model.pb").read_bytes()
    (tmp_path / "saved_model.pb").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError) as error:
        SavedModel(str(tmp_path))
    assert error.value.where == str(tmp_path)


def test_a_model_is_given_back_once_nobody_holds_it(folder, monkeypatch):
    released = []
    monkeypatch.setattr(saved_model, "release", lambda _library, session, *_: released.append(session))
    held = SavedModel(folder)
    session = held.session
    del held
    assert released == [session]


def test_it_needs_no_python_of_tensorflows(folder):
    command = [sys.executable, "-c", WITHOUT_PYTHON, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "Hello Ada"
