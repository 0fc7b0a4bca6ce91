import ast
import json

from bench.contestants import CONTESTANTS, SAME_FOLDER
from bench.task import Answer, Task
from configs.loading.loader import load

TASK = Task("/data/rows.csv", "/data/heldout.csv", "/folder", seed=2)


def test_millrace_runs_the_shipped_config_as_the_task_says():
    _, _, package, verb, config_path, *options = CONTESTANTS["b"].starts(TASK)
    assert (package, verb) == ("pipelines", "run")
    config = load(
        config_path, [value for option, value in zip(options, options[1:], strict=False) if option == "--set"]
    )
    assert config.data.path == "/data/rows.csv"
    assert str(config.home.root) == "/folder/workspace/taxi"
    training = config.training
    assert (training.steps, training.batch_size, training.seed, training.early_stopping) == (1000, 40, 2, None)


def test_what_millrace_records_is_its_answer():
    record = {"nodes": [{"node": "Trainer", "cpu": 2.5}], "published": 4, "serving": "/serving"}
    model = "/serving/4"
    expected = Answer({"Trainer": 2.5}, model=model, schema=f"{model}/assets.extra/schema/schema.pbtxt")
    assert CONTESTANTS["b"].reads(TASK, json.dumps(record)) == expected
    assert CONTESTANTS["b2"].reads(TASK, json.dumps(record | {"published": None})) == Answer({"Trainer": 2.5})


def test_a_second_run_comes_after_the_first():
    names = list(CONTESTANTS)
    assert all(names.index(first) < names.index(second) for second, first in SAME_FOLDER.items())


def test_what_is_imported_alone_is_python():
    for contestant in CONTESTANTS.values():
        assert isinstance(ast.parse(contestant.imports or "import os").body[0], ast.Import | ast.ImportFrom)
