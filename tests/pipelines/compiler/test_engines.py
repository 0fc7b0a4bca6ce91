"""What each engine does of what a config asks for, by one table."""

import pytest

from configs.errors import ConfigError
from configs.repository import ROOT
from configs.schema.cluster import RELEASES
from configs.schema.resources import Resources
from pipelines.compiler.compile import compile_pipeline
from pipelines.compiler.engines import FEATURES, order, refuse_server, write_table
from tests.pipelines.compiler.golden import documents

TAXI = str(ROOT / "configs/taxi.yaml")


def test_the_table_has_every_key_of_a_step() -> None:
    steps = {key.partition(".")[2] for key in FEATURES if key.startswith("resources.")}
    assert steps == set(Resources.model_fields)


def test_the_documentation_shows_the_table() -> None:
    assert write_table() in (ROOT / "docs/kubeflow.md").read_text(encoding="utf-8")


def test_releases_are_ordered_by_their_numbers() -> None:
    assert sorted(["2.16.1", "2.9", "2.14"], key=order) == ["2.9", "2.14", "2.16.1"]


@pytest.mark.parametrize(
    ("version", "override", "name", "since"),
    [
        ("2.15", "resources.Trainer.user=5000", "user", "2.16"),
        ("2.14", "resources.default.group=5000", "group", "2.16"),
        ("2.16", "cluster.deadline=3600", "deadline", "2.17"),
        ("2.14", "cluster.ttl=3600", "ttl", "2.17"),
    ],
)
def test_what_a_release_does_not_know_is_refused_by_name(version: str, override: str, name: str, since: str) -> None:
    with pytest.raises(ConfigError) as refused:
        compile_pipeline(TAXI, [override, f"cluster.version={version}"])
    assert refused.value.where == f"--set {override}"
    assert refused.value.what == f"Kubeflow Pipelines {version} does not know '{name}', {since} does"
    assert refused.value.remedy == "Leave it out, or correct cluster.version."
    assert compile_pipeline(TAXI, [override, f"cluster.version={since}"])


@pytest.mark.parametrize("release", ["2.16.1", "2.17.0", "2.18.3", "v2.17.3", "unknown", None, "master"])
def test_a_server_that_reads_a_file_takes_it(release: str | None) -> None:
    refuse_server(documents(compile_pipeline(TAXI)), release, "https://here")


def test_a_server_takes_what_was_compiled_for_it() -> None:
    for version in RELEASES:
        text = compile_pipeline(TAXI, [f"cluster.version={version}", "resources.default.timeout=60"])
        refuse_server(documents(text), f"{version}.1", "https://here")


@pytest.mark.parametrize(
    ("release", "overrides", "what", "remedy"),
    [
        (
            "2.15.0",
            [],
            "Kubeflow Pipelines 2.15.0 does not know 'securityContext', which resources.user becomes",
            "Compile for it: cluster.version: '2.15'.",
        ),
        (
            "2.16.1",
            ["cluster.ttl=60"],
            "Kubeflow Pipelines 2.16.1 does not know 'pipelineConfig.resourceTtlOnCompletion', which cluster.ttl",
            "Compile for it: cluster.version: '2.16'.",
        ),
        (
            "2.5.0",
            ["cluster.version=2.14"],
            "Kubeflow Pipelines 2.5.0 is too old: 2.14 is the oldest that runs a pipeline of ours",
            "It drops labels, retries and more in silence. Upgrade it.",
        ),
    ],
)
def test_a_server_that_would_refuse_a_file_is_not_asked(
    release: str, overrides: list[str], what: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        refuse_server(documents(compile_pipeline(TAXI, overrides)), release, "https://here")
    assert refused.value.where == "https://here"
    assert refused.value.what.startswith(what)
    assert refused.value.remedy == remedy
