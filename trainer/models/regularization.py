"""L1 and L2: what large weights cost, in every family alike."""

import keras

KERNELS = ("kernel", "embeddings")  # and `recurrent_kernel`, `depthwise_kernel`, ...: what Keras calls its weights


def penalise(model: keras.Model, l1: float, l2: float) -> None:
    """Adds the penalties to what a training of the model makes small; nothing else about the model changes.

    What shifts or scales all rows alike costs nothing: biases, normalisations, the embedding of a single id.
    """
    if not (l1 or l2):
        return
    for variable in model.trainable_variables:
        if variable.name.endswith(KERNELS) and not (variable.name == "embeddings" and variable.shape[0] == 1):
            variable.regularizer = keras.regularizers.L1L2(l1, l2)
