"""A run handed in: its parameters, and how it is followed."""

from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError
from configs.loading.packed_text import pack
from pipelines.remote.service import Run
from pipelines.remote.submit import follow_run, read_compiled, read_parameters
from tests.fakes.compiled_pipeline import PIPELINE


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([], {}),
        (["cache=false"], {"cache": False}),
        (["set=[training.epochs=3, gate.drift=0.5]"], {"set": ["training.epochs=3", "gate.drift=0.5"]}),
        (["config=1"], {"config": "1"}),
        (["config=a: ${HOME} b=c"], {"config": pack("a: ${HOME} b=c")}),
        (["set=[a=$$, b=1]"], {"set": [pack("a=$$"), "b=1"]}),
        (["cache=true", "set=[]"], {"cache": True, "set": []}),
    ],
)
def test_a_parameter_is_read_by_its_type(given: list[str], values: dict[str, Any]) -> None:
    assert read_parameters(PIPELINE, given) == values


@pytest.mark.parametrize(
    ("kind", "text", "value"), [("INTEGER", "3", 3), ("DOUBLE", "1e-3", 0.001), ("DOUBLE", "2", 2)]
)
def test_a_number_is_one(kind: str, text: str, value: float) -> None:
    compiled = PIPELINE.replace(
        "cache: {parameterType: BOOLEAN, defaultValue: true", f"cache: {{parameterType: NUMBER_{kind}"
    )
    assert read_parameters(compiled, [f"cache={text}"]) == {"cache": value}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("cash=true", "--param cash=true: the pipeline has no parameter 'cash'. Did you mean 'cache'?"),
        ("epochs=3", "--param epochs=3: the pipeline has no parameter 'epochs'. Known parameters: cache, config, set."),
        ("cache=1", "--param cache=1: should be true or false"),
        ("set=training.epochs=3", "--param set=training.epochs=3: should be a list, like [training.epochs=3]"),
        ("cache", "--param cache: sets nothing. Write NAME=VALUE."),
    ],
)
def test_a_parameter_that_the_pipeline_does_not_take_is_named(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_parameters(PIPELINE, [given])
    assert str(error.value) == said


def test_a_run_is_followed_until_it_has_ended() -> None:
    states = ["PENDING", "RUNNING", "RUNNING", "FAILED", "SUCCEEDED"]
    looks = iter(states)
    seen: list[str] = []

    def enough(run: Run) -> bool:
        seen.append(run.state)
        return run.ended

    ended = follow_run(lambda: Run("r1", "trips", "", next(looks)), enough, interval=0)
    assert (ended.state, seen) == ("FAILED", states[:4])


@pytest.mark.parametrize(
    ("state", "code"),
    [("SUCCEEDED", 0), ("FAILED", 1), ("CANCELED", 1), ("SKIPPED", 1), ("RUNNING", None), ("PENDING", None)],
)
def test_only_what_succeeded_ends_with_0(state: str, code: int | None) -> None:
    assert Run("r1", "trips", "", state).exit_code == code


@pytest.mark.parametrize("content", [b"", b"[", b"\xff", b"a: 1", b"- root", b"\0", b"!!python/object:os.system {}"])
def test_a_file_that_is_no_compiled_pipeline_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "compiled.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="millrace compile") as refused:
        read_compiled(str(path))
    assert refused.value.where == str(path)
    path.write_text(PIPELINE)
    assert read_compiled(str(path)) == PIPELINE
