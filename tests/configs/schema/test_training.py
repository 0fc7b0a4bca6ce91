from collections.abc import Callable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.training import Distillation, Teacher


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("{loss: {name: mse}}", "the loss mse does not fit a binary label; what does: cross_entropy, hinge"),
        ("{metrics: [rmse]}", "'rmse' tells nothing of a binary label; what does: auc, auc_pr, accuracy, precision"),
        ("{class_weights: {maybe: 2.0}}", "class_weights names 'maybe', which is no class; the classes are 0, 1"),
    ],
)
def test_what_does_not_fit_the_label_is_refused_by_name(write: Callable[..., str], training: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), [f"training={training}"])
    assert said in told.value.what


def test_a_number_has_no_class_weights(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="which a regression label does not have"):
        load(write(), ["label.kind=regression", "training={class_weights: balanced}"])


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ("{batch_size: 64, epochs: 7}", "boosted_trees does not heed batch_size, epochs: leave out; it heeds cache, "),
        ("{optimizer: {name: sgd}}", "boosted_trees does not heed optimizer"),
        ("{warm_start: true}", "boosted_trees does not heed warm_start"),
        ("{device: gpu}", "boosted_trees is trained by the CPU: leave device out"),
        ("{loss: {name: hinge}}", "boosted_trees has no such loss; what it has: cross_entropy, mse, mae"),
        ("{loss: {name: cross_entropy, label_smoothing: 0.1}}", "boosted_trees has no such loss"),
    ],
)
def test_what_trees_do_not_heed_is_refused_by_name(write: Callable[..., str], training: str, said: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), ["model={family: boosted_trees}", f"training={training}"])
    assert said in told.value.what


def test_trees_heed_what_says_which_rows_count_and_when_to_stop(write: Callable[..., str]) -> None:
    heeded = "{class_weights: balanced, early_stopping: {patience: 9}, metrics: [auc], seed: 4, batch_size: 256}"
    config = load(write(), ["model={family: boosted_trees}", f"training={heeded}"])
    assert config.training.early_stopping is not None
    assert config.training.early_stopping.patience == 9
    assert config.training.device == "cpu"  # whatever else the machine has
    assert Config.model_validate(config.model_dump(mode="json")) == config


TAUGHT = "training.teacher={pipeline: large}"


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.teacher={}"], "needs a pipeline, a version, or both"),
        (
            [TAUGHT, "label={name: tipped, kind: regression}", "evaluation.thresholds={rmse: {max: 9}}"],
            "a number has none",
        ),
        ([TAUGHT, "training.loss={name: hinge}"], "does not learn how likely a class is"),
        ([TAUGHT, "tuning={space: {model.dropout: {min: 0, max: 0.5}}}"], "trains models without a teacher"),
        ([TAUGHT, "evaluation.folds=5"], "folds, which do not go with training.teacher"),
        ([TAUGHT, "storage.root=s3://bucket/models"], "nothing is fetched from s3://bucket/models"),
        ([TAUGHT, "training.distillation.weight=1.1"], "less than or equal to 1"),
    ],
)
def test_a_teacher_that_cannot_teach_is_refused(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), overrides)
    assert said in told.value.what


def test_a_version_of_ones_own_may_teach_from_a_store(write: Callable[..., str]) -> None:
    config = load(write(), ["training.teacher={version: 3}", "storage.root=s3://bucket/models"])
    assert config.training.teacher == Teacher(version=3)
    assert config.training.distillation == Distillation(temperature=4.0, weight=0.9)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["data.path=rows.csv"], "training.replay takes rows of earlier spans, and data.path names none"),
        (["data.split.by=at"], "training.replay does not go with data.split.by"),
        (["evaluation.folds=5"], "training.replay does not go with evaluation.folds"),
    ],
)
def test_replay_needs_spans_and_rows_that_may_train(write: Callable[..., str], overrides: list[str], said: str) -> None:
    replay = ["data.path=days/{SPAN}.csv", "training.replay={spans: 5, share: 0.3}"]
    with pytest.raises(ConfigError, match=said):
        load(write(), [*replay, *overrides])


ROUNDS = "training.federated={clients: hospital, rounds: 3}"


def test_the_clients_column_is_read_and_is_no_feature(write: Callable[..., str]) -> None:
    config = load(write(), [ROUNDS])
    assert config.clients == "hospital" and "hospital" in config.columns
    assert load(write(), []).clients is None
    assert load(write(), [ROUNDS, "privacy={columns: {hospital: {hash: {key_env: KEY}}}}"]).find_mask("hospital")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.federated={clients: company, rounds: 3}"], "'company' is learnt from, and only tells rows apart"),
        (["training.federated={clients: tipped, rounds: 3}"], "'tipped' is learnt from"),
        ([ROUNDS, "training.steps=9"], "training.steps: it has rounds"),
        ([ROUNDS, "training.cache=none"], "training.cache: rows are told apart in memory"),
        ([ROUNDS, "training.refit=true"], "training.refit: all rows would come together"),
        (
            [ROUNDS, "training.steps_per_execution=4"],
            "training.steps_per_execution: weights are averaged",
        ),
        ([ROUNDS, "training.optimizer.schedule={kind: cosine}"], "each client begins anew, and cosine does not"),
        ([ROUNDS, "evaluation.folds=5"], "training.federated does not go with evaluation.folds"),
        ([ROUNDS, "privacy.epsilon=2"], "training.federated: each client has rows of another count"),
        (
            [ROUNDS, "tuning={search: hyperband, space: {model.l2: {min: 0.1, max: 0.2}}}"],
            "training.federated does not go with tuning.search hyperband",
        ),
    ],
)
def test_what_knows_of_no_clients_is_refused(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(), overrides)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["training.batch_size=255"], "training.batch_size: each takes an equal part"),
        (["training.teacher={version: 1}"], "training.teacher: nobody has tried it"),
        (["training.precision=mixed_float16"], "training.precision: they are CPUs"),
        (["training.jit_compile=true"], "training.jit_compile: XLA does not compile what they do together"),
        (["training.steps_per_execution=5"], "training.steps_per_execution: they meet at each step"),
        (["training.device=gpu"], "training.device: they are CPUs; replicas shares a batch among GPUs"),
        (["training.replicas=2"], "training.replicas: each has one device"),
        ([ROUNDS], "training.federated: each client trains alone"),
        (["evaluation.folds=5"], "training.workers does not go with evaluation.folds, which trains several models"),
        (["privacy.epsilon=2"], "on one device: leave cache, replicas and workers out"),
        (["model={family: boosted_trees}"], "boosted_trees does not heed epochs, workers"),
        (["tuning={space: {training.workers: {choices: [1, 2]}}}"], "'training.workers' does not change what is"),
    ],
)
def test_what_workers_cannot_share_is_refused(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(write(), ["training.workers=2", *overrides])
    assert said in str(error.value)


def test_workers_share_a_batch_of_any_usual_size(write: Callable[..., str]) -> None:
    for size, workers in ((256, 4), (255, 5), ("auto", 3)):
        config = load(write(), [f"training.workers={workers}", f"training.batch_size={size}"])
        assert config.training.workers == workers
