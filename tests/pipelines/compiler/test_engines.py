"""What each engine does of what a config asks for, by one table; and each release's own protos, which are strict."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError
from configs.repository import ROOT
from configs.schema.cluster import RELEASES
from configs.schema.resources import Resources
from pipelines.compiler.compile import compile_pipeline, describe
from pipelines.compiler.container_plan import Plan, plan_containers
from pipelines.compiler.engines import FEATURES, reads, refuse_server, write_table
from tests.fakes import kubeflow_protos
from tests.pipelines.compiler.golden import ENGINES, config, documents

TAXI = str(ROOT / "configs/taxi.yaml")
SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))
# What no shipped YAML asks for, and every release knows.
EVERYTHING = [
    "resources.default={requests: {cpu: 100m, memory: 64Mi}, ephemeral_storage: 1Gi, shared_memory: 64Mi, timeout: 60}",
    "resources.Trainer={affinity: [{key: zone, values: [a]}, {key: disk, operator: Exists, weight: 5}]}",
    "resources.finish={env: {A: {config_map: a, key: b}, C: {secret: c, key: d}}, volumes: {/data: rows}}",
    "resources.Transform={tolerations: [{key: a}], node_selector: {b: c}, image_pull_secrets: [d], labels: {e: f}}",
]


def of(plan: Plan, release: str) -> list[dict[str, Any]]:
    """The documents of a plan for a release."""
    cluster = plan.config.cluster.model_copy(update={"version": release})
    return describe(replace(plan, config=plan.config.model_copy(update={"cluster": cluster})))


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """All that is shipped, and all that is asked for anywhere, planned."""
    made = {path.stem: plan_containers(str(path)) for path in SHIPPED}
    goldens = [name for name, engine in ENGINES.items() if engine == "kubeflow"]
    made |= {f"golden {name}": plan_containers(config(name)) for name in goldens}
    made |= {"scheduled": plan_containers(TAXI, ["schedule={cron: 0 3 * * *}"], scheduled=True)}
    return made | {"everything": plan_containers(TAXI, EVERYTHING)}


def test_there_are_protos_of_every_release_that_is_supported() -> None:
    assert kubeflow_protos.RELEASES == RELEASES


def test_protos_that_cannot_be_had_are_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "9.9.txt").write_text(f"kfp-kubernetes==9.9.9 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(kubeflow_protos, "FOLDER", tmp_path)
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(RuntimeError, match="^the protos of Kubeflow Pipelines 9.9 cannot be installed:"):
        kubeflow_protos.read("9.9", [])


@pytest.mark.parametrize("release", RELEASES)
def test_each_release_s_own_protos_read_what_is_shipped(plans: dict[str, Plan], release: str) -> None:
    kept = {name: plan for name, plan in plans.items() if release >= "2.16" or name != "golden cpu"}  # it names a group
    refused = kubeflow_protos.read(release, [of(plan, release) for plan in kept.values()])
    assert dict(zip(kept, refused, strict=True)) == dict.fromkeys(kept, "")
    assert len(kept) > len(SHIPPED)


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_refuses_what_the_table_says_it_does_not_know(plans: dict[str, Plan], release: str) -> None:
    newest = of(plans["taxi"], RELEASES[-1])
    cluster = plans["taxi"].config.cluster.model_copy(update={"ttl": 60})
    limited = describe(replace(plans["taxi"], config=plans["taxi"].config.model_copy(update={"cluster": cluster})))
    identity, limit = kubeflow_protos.read(release, [newest, limited])
    assert ("securityContext" in identity) == (not reads(release, "resources.user"))
    assert ("resourceTtlOnCompletion" in limit) == (not reads(release, "cluster.ttl"))


def test_the_table_has_every_key_of_a_step() -> None:
    steps = {key.partition(".")[2] for key in FEATURES if key.startswith("resources.")}
    assert steps == set(Resources.model_fields)


def test_the_documentation_shows_the_table() -> None:
    assert write_table() in (ROOT / "docs/kubeflow.md").read_text(encoding="utf-8")


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


@pytest.mark.parametrize("version", RELEASES)
def test_a_server_takes_what_was_compiled_for_it(version: str) -> None:
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
