"""(a) TFX's native-Keras taxi example, its pipeline and its module file as shipped: `python -m bench.example TASK`."""

from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.examples.chicago_taxi_pipeline import taxi_pipeline_native_keras as example
from tfx.examples.chicago_taxi_pipeline import taxi_utils_native_keras as module
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.portable.launcher import Launcher

from bench.task import Answer, Stopwatch, Task


def main() -> None:
    """Runs the example as its own end-to-end test does, but with LocalDagRunner and Beam in one process."""
    task, watch = Task.given(), Stopwatch()
    folder = Path(task.folder)
    tf.keras.utils.set_random_seed(task.seed)
    time_launches(watch)
    LocalDagRunner().run(
        example._create_pipeline(
            pipeline_name="taxi",
            pipeline_root=str(folder / "root"),
            data_root=str(Path(task.train).parent),
            module_file=module.__file__,
            serving_model_dir=str(folder / "serving"),
            metadata_path=str(folder / "metadata.db"),
            beam_pipeline_args=["--direct_running_mode=in_memory"],
        )
    )
    (model,) = (folder / "serving").iterdir()
    (schema,) = (folder / "root/SchemaGen/schema").glob("*/schema.pbtxt")
    Answer(watch.parts, model=str(model), schema=str(schema)).write(task)


def time_launches(watch: Stopwatch) -> None:
    """Has TFX's launcher note what each node uses."""
    launch = Launcher.launch

    def timed(launcher: Launcher) -> Any:
        with watch.time(launcher._pipeline_node.node_info.id):
            return launch(launcher)

    Launcher.launch = timed


if __name__ == "__main__":
    main()
