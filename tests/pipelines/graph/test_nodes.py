"""Which nodes a run needs."""

from collections.abc import Iterable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.nodes import NODES, NodeSpec
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.graph.nodes import choose_nodes

ALWAYS = [spec.id for spec in NODES.values() if spec.key is None]
TRAINING = ["ExampleGen", "StatisticsGen", "SchemaGen", "DataGate", "Transform", "Trainer"]
PUBLISHING = [*TRAINING, "Resolver", "Evaluator", "LoadCheck", "Pusher"]


def ids(specs: Iterable[NodeSpec]) -> list[str]:
    return [spec.id for spec in specs]


@pytest.mark.parametrize(
    ("last", "needed"),
    [
        ("ExampleGen", ["ExampleGen"]),
        ("SchemaGen", ["ExampleGen", "StatisticsGen", "SchemaGen"]),
        ("Trainer", TRAINING),
        ("LoadCheck", [*TRAINING, "LoadCheck"]),
        ("Pusher", PUBLISHING),
        (None, ALWAYS),
    ],
)
def test_a_run_needs_what_its_last_node_waits_for(config: Config, last: str | None, needed: list[str]) -> None:
    assert ids(choose_nodes(config, last)) == needed


def test_a_node_with_a_key_is_there_when_the_config_has_it(config: Config) -> None:
    compared = config.model_copy(update={"baselines": ("tree",)})
    assert set(ids(choose_nodes(compared))) == {*ALWAYS, "SklearnBaselines"}
    assert ids(choose_nodes(compared, "Pusher")) == PUBLISHING  # which does without


def test_a_training_waits_for_the_search_that_goes_before_it(config: Config) -> None:
    tuned = load(ROOT / "configs" / "taxi.yaml", ["tuning={trials: 2, space: {model.dropout: {min: 0, max: 0.5}}}"])
    assert ids(choose_nodes(tuned, "Trainer"))[-2:] == ["Tuner", "Trainer"]
    after = {spec.id: spec.after for spec in choose_nodes(tuned)}
    assert after["Trainer"] == ("Transform", "Tuner")
    assert {spec.id: spec.after for spec in choose_nodes(config)}["Trainer"] == ("Transform",)


def test_an_unknown_node_is_refused_with_the_known_ones(config: Config) -> None:
    with pytest.raises(ConfigError, match="There is no node 'Traner'.*Trainer, Resolver"):
        choose_nodes(config, "Traner")


def test_a_node_that_the_config_lacks_is_refused_with_its_key(config: Config) -> None:
    with pytest.raises(ConfigError, match="There is no node 'SklearnBaselines'.*baselines: adds SklearnBaselines"):
        choose_nodes(config, "SklearnBaselines")
