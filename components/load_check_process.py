"""Asks an exported model in a process of its own: `python -m components.load_check_process MODEL REQUESTS ANSWERS`.

REQUESTS is a pickle of the inputs by signature and name, ANSWERS becomes one of the outputs by loader (`tf2`, `tf1`),
signature and name; all are arrays whose first dimension is the row. As in a model server there is no Keras, which would
take as long to load as TensorFlow itself.
"""

import pickle
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components.patches.ledger import UNUSED_BY_TENSORFLOW
from components.patches.optional_imports import left_out

Tensors = Mapping[str, np.ndarray]
BySignature = Mapping[str, Tensors]


def answer_tf2(model: str, requests: BySignature) -> BySignature:
    """Returns the answers of the model as TF2 loads it."""
    import tensorflow as tf

    loaded = tf.saved_model.load(model)  # owns the variables that its signatures refer to
    answers = {}
    for name, inputs in requests.items():
        outputs = loaded.signatures[name](**{key: tf.constant(values) for key, values in inputs.items()})
        answers[name] = {key: tensor.numpy() for key, tensor in outputs.items()}
    return answers


def answer_tf1(model: str, requests: BySignature) -> BySignature:
    """Returns the answers of the model as TensorFlow Serving and other graph loaders load it."""
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        signatures = tf.compat.v1.saved_model.load(session, ["serve"], model).signature_def
        answers = {}
        for name, inputs in requests.items():
            fed = {signatures[name].inputs[key].name: values for key, values in inputs.items()}
            answers[name] = session.run({key: info.name for key, info in signatures[name].outputs.items()}, fed)
        return answers


def main() -> None:
    """Answers the requests by both loaders."""
    with left_out(UNUSED_BY_TENSORFLOW):
        import tensorflow  # noqa: F401
    model, requests_file, answers_file = sys.argv[1:]
    requests = pickle.loads(Path(requests_file).read_bytes())
    answers = {"tf2": answer_tf2(model, requests), "tf1": answer_tf1(model, requests)}
    Path(answers_file).write_bytes(pickle.dumps(answers))


if __name__ == "__main__":
    main()
