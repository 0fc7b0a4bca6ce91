"""Which nodes a run needs."""

from collections.abc import Iterable

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.repository import ROOT
from configs.schema.config import Config
from pipelines.graph import nodes as graph

ALWAYS = [node.id for node in graph.NODES if node.key is None]


def ids(nodes: Iterable[graph.Node]) -> list[str]:
    return [node.id for node in nodes]


@pytest.mark.parametrize(
    ("last", "needed"),
    [
        ("ExampleGen", ["ExampleGen"]),
        ("SchemaGen", ["ExampleGen", "StatisticsGen", "SchemaGen"]),
        ("Trainer", ["ExampleGen", "StatisticsGen", "SchemaGen", "DataGate", "Transform", "Trainer"]),
        (
            "LoadCheck",
            ["ExampleGen", "StatisticsGen", "SchemaGen", "DataGate", "Transform", "Trainer", "LoadCheck"],
        ),
        ("Pusher", ALWAYS),
        (None, ALWAYS),
    ],
)
def test_a_run_needs_what_its_last_node_waits_for(config: Config, last: str | None, needed: list[str]) -> None:
    assert ids(graph.nodes(config, last)) == needed


def test_a_node_with_a_key_is_there_when_the_config_has_it(config: Config) -> None:
    compared = config.model_copy(update={"baselines": ("tree",)})
    assert set(ids(graph.nodes(compared))) == {*ALWAYS, "SklearnBaselines"}
    assert ids(graph.nodes(compared, "Pusher")) == ALWAYS  # which does without


def test_a_training_waits_for_the_search_that_goes_before_it(config: Config) -> None:
    tuned = load(ROOT / "configs" / "taxi.yaml", ["tuning={trials: 2, space: {model.dropout: {min: 0, max: 0.5}}}"])
    assert ids(graph.nodes(tuned, "Trainer"))[-2:] == ["Tuner", "Trainer"]
    after = {node.id: node.after for node in graph.nodes(tuned)}
    assert after["Trainer"] == ("Transform", "Tuner")
    assert {node.id: node.after for node in graph.nodes(config)}["Trainer"] == ("Transform",)


def test_an_unknown_node_is_refused_with_the_known_ones(config: Config) -> None:
    with pytest.raises(ConfigError, match="There is no node 'Traner'.*Trainer, Resolver"):
        graph.nodes(config, "Traner")


def test_a_node_that_the_config_lacks_is_refused_with_its_key(config: Config) -> None:
    with pytest.raises(ConfigError, match="There is no node 'SklearnBaselines'.*baselines: adds SklearnBaselines"):
        graph.nodes(config, "SklearnBaselines")


def test_every_node_comes_after_those_it_waits_for() -> None:
    for place, node in enumerate(graph.NODES):
        assert set(node.after) <= set(graph.IDS[:place])
