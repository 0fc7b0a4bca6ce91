"""(c2) The plain script with the work of a pipeline: `python -m bench.equal TASK`.

Statistics and a schema, rows and columns as TFRecords, training from these, and a served model that takes raw rows.
"""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pyarrow as pa
import tensorflow as tf
import tensorflow_data_validation as tfdv

from bench import plain
from bench.data import LABEL
from bench.task import Answer, Stopwatch, Task
from components.examples.tf_example import encode_examples

SPLITS = ("train", "eval", "test")
SHARES = (0.8, 0.9)  # where the second and the third begin
GZIP = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)


def main() -> None:
    """Does the work of each node in turn."""
    task, watch = Task.given(), Stopwatch()
    folder = Path(task.folder)
    keras.utils.set_random_seed(task.seed)
    with watch.time("ExampleGen"):
        splits = divide(plain.read(task.train))
        for name, frame in splits.items():
            write(folder / f"rows-{name}.gz", pa.RecordBatch.from_pandas(frame, preserve_index=False))
    with watch.time("StatisticsGen"):
        describe(splits, folder)
    with watch.time("Transform"):
        missing = plain.fill(splits["train"])
        layers = plain.learn(splits["train"].fillna(missing))
        for name, frame in splits.items():
            columns = plain.prepare(frame.fillna(missing), layers) | {LABEL: frame[LABEL].to_numpy()}
            flat = {column: pa.array(np.asarray(values).ravel()) for column, values in columns.items()}
            write(folder / f"columns-{name}.gz", pa.RecordBatch.from_arrays(list(flat.values()), list(flat)))
    with watch.time("Trainer"):
        model = plain.build(layers)
        rows = load(folder / "columns-train.gz").cache().shuffle(100_000, seed=task.seed).repeat()
        plain.fit(model, parse(rows.batch(task.batch_size), layers), task.steps)
        model.evaluate(parse(load(folder / "columns-eval.gz").batch(1000), layers), verbose=0)
        export(model, layers, missing, str(folder / "model"))
    with watch.time("Evaluator"):
        serve = tf.saved_model.load(str(folder / "model")).signatures["serving_default"]
        metric = keras.metrics.AUC()
        for requests in load(folder / "rows-test.gz").batch(1000):
            labels = tf.io.parse_example(requests, {LABEL: tf.io.FixedLenFeature([1], tf.float32)})[LABEL]
            metric.update_state(labels, serve(examples=requests)["prediction"])
    Answer(watch.parts, model=str(folder / "model"), schema=str(folder / "schema.pbtxt")).write(task)


def divide(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Returns the splits, equal rows in the same one."""
    place = pd.util.hash_pandas_object(frame, index=False).to_numpy() / 2.0**64
    chosen = np.searchsorted(SHARES, place, side="right")
    return {name: frame[chosen == index] for index, name in enumerate(SPLITS)}


def write(path: Path, batch: pa.RecordBatch) -> None:
    """Writes rows as tf.Examples."""
    with tf.io.TFRecordWriter(str(path), GZIP) as writer:
        for example in encode_examples(batch):
            writer.write(example)


def load(path: Path) -> tf.data.Dataset:
    """Returns serialized tf.Examples."""
    return tf.data.TFRecordDataset(str(path), compression_type="GZIP")


def parse(batches: tf.data.Dataset, layers: plain.Layers) -> tf.data.Dataset:
    """Returns the columns and the labels of batches of serialized tf.Examples."""
    kinds = dict.fromkeys(layers, "int64") | plain.TYPES | {LABEL: "float32"}
    spec = {name: tf.io.FixedLenFeature([1], tf.as_dtype(kind)) for name, kind in kinds.items()}

    def divide_label(examples: tf.Tensor) -> tuple[plain.Columns, tf.Tensor]:
        columns = tf.io.parse_example(examples, spec)
        return columns, columns.pop(LABEL)

    return batches.map(divide_label, num_parallel_calls=tf.data.AUTOTUNE)


def describe(splits: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Writes statistics of each split, the schema of the first, and refuses a split that breaks it."""
    statistics = {name: tfdv.generate_statistics_from_dataframe(frame) for name, frame in splits.items()}
    schema = tfdv.infer_schema(statistics["train"])
    tfdv.write_schema_text(schema, str(folder / "schema.pbtxt"))
    for name, found in statistics.items():
        tfdv.write_stats_text(found, str(folder / f"statistics-{name}.pbtxt"))
        tfdv.validate_statistics(found, schema)


def export(model: keras.Model, layers: plain.Layers, missing: Mapping[str, float | str], folder: str) -> None:
    """Writes a SavedModel that takes serialized tf.Examples of raw columns, and prepares them."""
    texts = plain.VOCABULARIES
    inputs = {name: keras.Input((1,), name=name, dtype="string" if name in texts else "float32") for name in layers}
    serving = keras.Model(inputs, model({name: layer(inputs[name]) for name, layer in layers.items()}))
    spec = {
        name: tf.io.FixedLenFeature([1], tf.string if name in texts else tf.float32, default_value=missing[name])
        for name in layers
    }

    def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"prediction": serving(tf.io.parse_example(examples, spec), training=False)}

    archive = keras.export.ExportArchive()
    archive.track(serving)
    archive.add_endpoint("serving_default", serve, [tf.TensorSpec([None], tf.string, name="examples")])
    archive.write_out(folder, verbose=False)


if __name__ == "__main__":
    main()
