"""How large a workflow grows, which Argo refuses beyond a limit."""

import random
import string
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.packed_text import pack
from configs.repository import ROOT
from pipelines.compiler.compile import compile_pipeline
from pipelines.compiler.workflow_size import LARGEST, measure, refuse_large
from tests.fakes.pods import pod_of, tasks_of
from tests.pipelines.compiler.golden import documents

TAXI = ROOT / "configs/taxi.yaml"
EACH = ["cluster.steps=each"]
NOISE = random.Random(0)


def noise(count: int) -> str:
    return "".join(NOISE.choice(string.printable[:90]) for _ in range(count))


def test_a_yaml_of_300_columns_fits_many_times(tmp_path: Path) -> None:
    lines = [f"  {noise(24).encode().hex()}: {{kind: numeric}}" for _ in range(300)]
    text = TAXI.read_text(encoding="utf-8").replace("features:\n", "\n".join(["features:", *lines, ""]), 1)
    (tmp_path / "wide.yaml").write_text(text.replace("sample://taxi", "gs://bucket/rows.csv"), encoding="utf-8")
    specification, platform = documents(compile_pipeline(str(tmp_path / "wide.yaml"), EACH))
    assert len(text) > 15_000
    assert measure(specification, platform, {}) < LARGEST
    for task in tasks_of(specification):
        [main] = pod_of(specification, platform, task)["spec"]["containers"]
        assert " ".join(main["args"]).count(pack(text.replace("sample://taxi", "gs://bucket/rows.csv"))) == 1


def test_what_would_be_too_large_for_argo_is_refused_with_the_figure() -> None:
    specification, platform = documents(compile_pipeline(str(TAXI), EACH))
    with pytest.raises(ConfigError) as refused:
        refuse_large(specification, platform, {"config": noise(60_000)}, "--param config")
    assert refused.value.where == "--param config"
    assert "bytes, compressed, and Argo keeps 1,048,576" in refused.value.what


def test_the_config_as_it_was_written_would_have_been_too_large_long_before() -> None:
    specification, platform = documents(compile_pipeline(str(TAXI), EACH))
    text = "".join(f"  {noise(6).encode().hex()}: {{kind: numeric, missing: {index}}}\n" for index in range(1500))
    assert measure(specification, platform, {"config": pack(text)}) < LARGEST
    assert measure(specification, platform, {"config": text}) > LARGEST
