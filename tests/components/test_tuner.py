"""A run that looks for better values first: what the search finds is what the Trainer trains with."""

import pytest

SPACE = (
    "{training.optimizer.learning_rate: {min: 1e-3, max: 1e-1, scale: log}, model.hidden_units: {choices: [[4], [8]]}}"
)
SEARCH = f"tuning={{search: random, trials: 3, space: {SPACE}}}"


@pytest.mark.full
def test_the_trainer_trains_with_what_the_search_found(sandbox):
    first, again = (sandbox.run("--set", SEARCH, "--until", "Trainer") for _ in range(2))
    assert first.code == 0, first.stdout + first.stderr
    details = {node["node"]: node["details"] for node in first.record["nodes"]}
    trials = details["Tuner"]["trials"]
    best = max(trials, key=lambda trial: trial["score"])
    assert len(trials) == 3
    assert (details["Tuner"]["objective"], details["Tuner"]["best"]) == ("auc", best["trial"])
    assert details["Trainer"]["tuned"] == best["values"]
    assert details["Trainer"]["history"]["val_auc"][-1] == pytest.approx(best["score"], abs=1e-5)
    assert not any(sandbox.home.checkpoints.iterdir())
    logs = sandbox.home.tensorboard(first.record["run"])
    assert {path.name for path in logs.iterdir()} >= {f"trial-{number}" for number in range(3)}
    assert (again.states["Tuner"], again.states["Trainer"]) == ("cached", "cached")
    assert {node["node"]: node["details"] for node in again.record["nodes"]}["Tuner"] == details["Tuner"]
