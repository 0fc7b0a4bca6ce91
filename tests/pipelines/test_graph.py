"""Which nodes a run needs."""

import pytest

from configs.errors import ConfigError
from pipelines import graph


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
        ("Pusher", list(graph.IDS)),
        (None, list(graph.IDS)),
    ],
)
def test_a_run_needs_what_its_last_node_waits_for(last: str | None, needed: list[str]) -> None:
    assert [node.id for node in graph.until(last)] == needed


def test_an_unknown_node_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="There is no node 'Traner'.*Trainer, Baseline"):
        graph.until("Traner")


def test_every_node_comes_after_those_it_waits_for() -> None:
    for place, node in enumerate(graph.NODES):
        assert set(node.after) <= set(graph.IDS[:place])
