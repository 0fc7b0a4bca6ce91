"""Compress: makes a trained model small, before it is judged, checked and published."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components.base import Made, node
from components.load_check import first_rows
from components.summaries import Outputs, Summary
from configs.errors import MillraceError
from configs.schema.compress import Compress
from configs.schema.config import Config
from trainer.export.lite import LITE, convert, write_lite
from trainer.export.pruning import prune
from trainer.export.saved_model import KERAS_MODEL, export
from trainer.features.graph import read_spec
from trainer.models.custom import load
from trainer.settings import Columns

ROWS = 200  # of the train split, by which int8 learns how large sums are
ZEROS, BYTES, PLAIN = "zeros", "bytes", "plain_bytes"  # properties of the output


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node whose output `model` takes the place of the Trainer's."""
    columns = Columns(
        features=config.features, label=config.label, weight=config.data.weight, folds=config.evaluation.folds
    )
    return node(
        "Compress",
        Executor,
        inputs={
            "trained_model": made["Trainer"].outputs["model"],  # no two of a node's channels may have one name
            "transform_graph": made["Transform"].outputs["transform_graph"],
            "transformed_examples": made["Transform"].outputs["transformed_examples"],
        },
        outputs={"model": standard_artifacts.Model},
        parameters={
            "columns": columns.model_dump_json(),
            "compress": config.compress.model_dump_json() if config.compress else "",
        },
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns how many weights are 0, and how large the LiteRT file is beside one of float32."""
    [model] = outputs["model"]
    found = {key: model.get_int_custom_property(key) for key in (ZEROS, BYTES, PLAIN)}
    told = [f"{found[ZEROS]:,} weights are 0"] if found[ZEROS] else []
    told += [f"LiteRT {found[BYTES]:,} bytes, of {found[PLAIN]:,} as float32"] if found[BYTES] else []
    return Summary("; ".join(told), {key: value for key, value in found.items() if value})


class Executor(BaseExecutor):
    """Copies the model, prunes it, and writes its LiteRT file beside it; raises MillraceError where it has none."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        compressed = artifact_utils.get_single_instance(output_dict["model"])
        source = Path(path_utils.serving_model_path(artifact_utils.get_single_uri(input_dict["trained_model"])))
        target = Path(path_utils.serving_model_dir(compressed.uri))
        graph = artifact_utils.get_single_uri(input_dict["transform_graph"])
        settings = Compress.model_validate_json(exec_properties["compress"])
        shutil.copytree(source, target, dirs_exist_ok=True)
        model = load(source, KERAS_MODEL)
        if settings.prune:
            compressed.set_int_custom_property(ZEROS, prune(model, settings.prune))
            export(model, graph, Columns.model_validate_json(exec_properties["columns"]), str(target))
        if settings.lite:
            made = first_rows(artifact_utils.get_split_uri(input_dict["transformed_examples"], "train"), ROWS)
            parsed = tf.io.parse_example(made, read_spec(graph))
            rows = {name: parsed[name].numpy() for name in model.input}
            try:
                content, plain = (convert(model, kind, rows) for kind in (settings.lite, None))
            except (RuntimeError, ValueError, tf.errors.OpError) as error:
                what = f"The model does not become a LiteRT file: {str(error).splitlines()[0]}."
                raise MillraceError(what, "compress.lite", "Leave lite out, or choose another family.") from error
            write_lite(target / LITE, content, model, graph)
            # A version is known by its SavedModel: one that differs in the file alone is another as well.
            (target / "assets").mkdir(exist_ok=True)
            (target / "assets" / "lite.sha256").write_text(hashlib.sha256(content).hexdigest())
            compressed.set_int_custom_property(BYTES, len(content))
            compressed.set_int_custom_property(PLAIN, len(plain))
