import pandas as pd
import pytest

from bench import data, equal, rounds
from bench.task import Task


def test_equal_rows_go_to_one_split():
    frame = pd.DataFrame({"x": list(range(1000)) * 2})
    splits = equal.divide(frame)
    assert sum(map(len, splits.values())) == 2000
    assert 1400 < len(splits["train"]) < 1800
    values = [set(part["x"]) for part in splits.values()]
    assert not values[0] & values[1] and not values[1] & values[2] and not values[0] & values[2]


@pytest.mark.full
@pytest.mark.parametrize("name", ["c", "c2"])
def test_the_scripts_train_a_model_that_is_better_than_chance(tmp_path, name):
    files = data.write(tmp_path, [1])
    folder = tmp_path / name
    folder.mkdir()
    task = Task(str(files.train[1]), str(files.heldout), str(folder), seed=1, steps=100)
    cost, answer = rounds.run(name, task)
    assert list(answer.parts)[-1] == "Evaluator"
    assert 0 < sum(answer.parts.values()) < cost.cpu
    assert 0.8 < rounds.score(answer, task) < 1
