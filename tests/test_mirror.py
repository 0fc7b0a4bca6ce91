"""Tests mirror the packages: each module has a file of tests in the same place, and each such file a module."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from configs.repository import ROOT

MIRRORED = ("configs", "trainer", "components", "pipelines")
EXEMPT = {  # patterns of modules, and where else they are tested
    "*/__init__.py": "one sentence",
    "configs/repository.py": "one constant",
    "configs/schema/gate.py": "four keys, which test_config.py tries",
    "configs/schema/words.py": "two patterns, by which test_words.py of trainer/features splits texts",
    "pipelines/onboarding/feature_guess.py": "a record, which test_feature_inference.py reads",
    "components/schemas/places.py": "two constants",
    "components/examples/division.py": "what ExampleGen does: test_example_gen.py",
    "components/feature_statistics/basic_stats.py": "held against TFDV by test_combiner.py",
    "trainer/export/signatures.py": "names, by which test_saved_model.py asks a model",
    "components/lite_judgement.py": "the file that test_compress.py makes of a published model",
    "pipelines/monitoring/look.py": "test_inspection.py takes looks",
    "trainer/models/recurrent.py": "the layers of two families",
    "pipelines/__main__.py": "one line, by which all tests of the command line run it",
    "pipelines/cli/*.py": "verbs of a few lines: tests/integration runs them; some have a file of tests all the same",
    "pipelines/serving/promote.py": "a run to promote is needed: test_faults.py of tests/integration",
}
FAMILIES = {  # tests/trainer/models/test_families.py tries all alike
    f"trainer/models/{name}.py"
    for name in re.findall(r"trainer\.models\.(\w+):", (ROOT / "trainer" / "models" / "families.py").read_text())
}
WHOLE = {"tests/trainer/test_recipes.py"}  # which trains what is known to be learnt, by all of the trainer


def mirror_of(module: Path) -> Path:
    return Path("tests") / module.with_name(f"test_{module.name}")


def module_of(tests: Path) -> Path:
    return tests.relative_to("tests").with_name(tests.name.removeprefix("test_"))


def files(folder: str, pattern: str) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob(pattern))


@pytest.mark.parametrize("package", MIRRORED)
def test_each_module_has_its_tests(package: str) -> None:
    exempt = EXEMPT.keys() | FAMILIES
    modules = [path for path in files(package, "*.py") if not any(fnmatch(str(path), known) for known in exempt)]
    assert modules
    assert [str(path) for path in modules if not (ROOT / mirror_of(path)).exists()] == []


@pytest.mark.parametrize("package", MIRRORED)
def test_each_file_of_tests_has_its_module(package: str) -> None:
    tests = [path for path in files(f"tests/{package}", "test_*.py") if str(path) not in WHOLE]
    assert [str(path) for path in tests if not (ROOT / module_of(path)).exists()] == []


def test_what_is_exempt_is_there_and_has_no_tests() -> None:
    for pattern in EXEMPT.keys() - {"*/__init__.py", "pipelines/cli/*.py"}:
        assert (ROOT / pattern).exists()
        assert not (ROOT / mirror_of(Path(pattern))).exists()
