import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from components.patches.ledger import UNUSED_BY_TFX, Patch
from components.patches.optional_imports import left_out
from configs.repository import ROOT


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, timeout=120)


def leaving_out(module: str, tested: Mapping[str, tuple[str, ...]] = MappingProxyType({})) -> Patch:
    return Patch("optional_imports", {module: ""}, why="", saves="", without="", tested=tested)


def test_what_is_left_out_is_missing_until_afterwards(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with left_out(leaving_out("colorsys")), pytest.raises(ImportError):
        import colorsys
    import colorsys  # noqa: F811

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_what_is_loaded_already_stays():
    with left_out(leaving_out("json")):
        import json
    assert sys.modules["json"] is json


def test_beside_a_version_that_is_not_tested_all_is_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with left_out(leaving_out("colorsys", {"pytest": ("0.1",)})):
        import colorsys
    assert sys.modules["colorsys"] is colorsys


@pytest.mark.slow
def test_tfx_loads_without_and_what_was_left_out_can_be_loaded_later():
    run(
        "import sys\n"
        "from components.patches.ledger import UNUSED_BY_TFX\n"
        "from components.patches.optional_imports import left_out\n"
        "with left_out(UNUSED_BY_TFX):\n"
        "    import pipelines.graph.tfx_pipeline, pipelines.execution.node_launcher\n"
        "assert not sys.modules.keys() & set(UNUSED_BY_TFX.replaces)\n"
        f"import {', '.join(UNUSED_BY_TFX.replaces)}"
    )


@pytest.mark.slow
def test_a_search_has_what_it_needs():
    run(
        "from components.patches.ledger import UNUSED_BY_TFX\n"
        "from components.patches.optional_imports import left_out\n"
        "with left_out(UNUSED_BY_TFX):\n"
        "    import pipelines.execution.node_launcher\n"
        "from trainer.tuner_fn import BayesianOptimizationOracle\n"
        "BayesianOptimizationOracle(objective='val_loss')"
    )
