import pytest

from configs.loading.loader import load
from configs.schema.config import Config
from pipelines.execution.provenance import describe_provenance, list_differences, list_named
from tests.sandbox import Sandbox


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("training.epochs=3", ["config"]),
        ("data.split.train=7", ["config"]),
        ("schedule={cron: 0 3 * * *}", []),
        ("notify=[{kind: command, command: [logger]}]", []),
        ("gate.accept=the strike", []),
        ("resources={default: {memory: 9Gi}}", []),
        ("storage.root=elsewhere", []),
    ],
)
def test_what_makes_another_model_is_told_from_what_does_not(fresh: Sandbox, override: str, changed: list[str]) -> None:
    before, after = (describe_provenance(load(fresh.config, given)) for given in ([], [override]))
    assert list_differences(after, [before]) == changed


def test_a_module_of_a_users_own_is_code(fresh: Sandbox) -> None:
    schema, module = fresh.folder / "schema.pbtxt", fresh.folder / "mine.py"
    schema.write_text("a schema")
    module.write_text("a model")
    config = load(fresh.config, [f"data.schema_file={schema}", f"model={{family: custom, module: {module}}}"])
    assert list_named(config) == {"data.schema_file": schema, "model.module": module}
    before = describe_provenance(config)
    module.write_text("another model")
    assert list_differences(describe_provenance(config), [before]) == ["code"]
    module.unlink()
    assert list_differences(describe_provenance(config), [before]) == ["code"]


def test_code_and_packages_are_told_apart(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    before = describe_provenance(config)
    monkeypatch.setattr("pipelines.graph.fingerprint.of_packages", lambda: "newer ones")
    assert list_differences(describe_provenance(config), [before]) == ["packages"]
    monkeypatch.setattr("pipelines.graph.fingerprint.of_repository", lambda: "newer code")
    assert list_differences(describe_provenance(config), [before]) == ["code", "packages"]


def test_the_newest_record_that_knows_is_the_measure() -> None:
    now = {"config": "c2", "code": "d1"}
    assert list_differences(now, [None, {"config": "c2", "code": "d0"}, {"config": "c0", "code": "d1"}]) == ["code"]
    assert list_differences(now, [None, {}]) == []
