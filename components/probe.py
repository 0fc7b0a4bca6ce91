"""Answers requests with an exported model in a process of its own: `python -m components.probe MODEL REQUESTS ANSWERS`.

REQUESTS is a TFRecord file of serialized tf.Examples; ANSWERS becomes an .npz with `tf2` and `tf1`, the predictions
[rows, units] by either loader.
"""

import sys

import numpy as np
import tensorflow as tf

SIGNATURE, OUTPUT = "serving_default", "prediction"


def answer_tf2(model: str, requests: list[bytes]) -> np.ndarray:
    """Returns the predictions of the model as TF2 loads it."""
    return tf.saved_model.load(model).signatures[SIGNATURE](examples=tf.constant(requests))[OUTPUT].numpy()


def answer_tf1(model: str, requests: list[bytes]) -> np.ndarray:
    """Returns the predictions of the model as TensorFlow Serving and other graph loaders load it."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        signature = tf.compat.v1.saved_model.load(session, ["serve"], model).signature_def[SIGNATURE]
        return session.run(signature.outputs[OUTPUT].name, {signature.inputs["examples"].name: requests})


def main() -> None:
    """Answers the requests by both loaders."""
    model, requests_file, answers_file = sys.argv[1:]
    requests = list(tf.data.TFRecordDataset(requests_file).as_numpy_iterator())
    np.savez(answers_file, tf2=answer_tf2(model, requests), tf1=answer_tf1(model, requests))


if __name__ == "__main__":
    main()
