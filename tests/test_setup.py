"""The set-up chooses the right stack, says what is missing, and its locks are exact."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
COMPILERS = ("cc", "c++")
# Each lock, and what was asked for.
LOCKS = {"current": "current", "legacy": "legacy", "gpu": "gpu", "current-dev": "dev", "legacy-dev": "dev"}


def load_installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / "requirements/install.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_pins(lock: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.M))


installer: Any = load_installer()


def python(*version: int, lacks: tuple[str, ...] = ()) -> Any:
    return installer.Interpreter(f"/usr/bin/python{version[0]}.{version[1]}", version, lacks)


@pytest.mark.parametrize(
    ("glibc", "pythons", "stack", "version", "reason"),
    [
        (
            (2, 36),
            [python(3, 11, 7), python(3, 10, 13)],
            "legacy",
            (3, 10, 13),
            "glibc 2.36 is older than the 2.39 of the current stack",
        ),
        ((2, 41), [python(3, 13, 5)], "current", (3, 13, 5), "the newest stack there is"),
        ((2, 39), [python(3, 11, 2), python(3, 12, 1), python(3, 10, 1)], "current", (3, 12, 1), "the newest stack"),
        ((2, 41), [python(3, 14, 0), python(3, 10, 13)], "legacy", (3, 10, 13), "current stack needs Python 3.11 to"),
        (
            (2, 41),
            [python(3, 13, 5, lacks=("dev",)), python(3, 10, 13)],
            "legacy",
            (3, 10, 13),
            "the current stack needs the C headers of Python 3.13.5 at /usr/bin/python3.13",
        ),
        ((2, 41), [python(3, 13, 5, lacks=("dev",)), python(3, 11, 2)], "current", (3, 11, 2), "the newest stack"),
    ],
)
def test_chooses_the_newest_stack_that_loads(
    glibc: tuple[int, int], pythons: list[Any], stack: str, version: tuple[int, ...], reason: str
) -> None:
    choice = installer.choose(glibc, pythons, COMPILERS)
    assert (choice.stack.name, choice.interpreter.version) == (stack, version)
    assert reason in choice.reason


@pytest.mark.parametrize(
    ("glibc", "pythons", "compilers", "said"),
    [
        (
            (2, 36),
            [python(3, 11, 7)],
            COMPILERS,
            "the long-lived stack needs Python 3.10. Run `apt-get install python3.10-venv python3.10-dev` "
            "(or `pyenv install 3.10` where there is no such package), then `make setup`.",
        ),
        (
            (2, 41),
            [],
            None,
            "Run `apt-get install python3-venv python3-dev` (or `pyenv install 3.13` where there is no such package) "
            "and `apt-get install g++`, then `make setup`.",
        ),
        (
            (2, 41),
            [python(3, 13, 5, lacks=("venv", "dev"))],
            COMPILERS,
            "Run `apt-get install python3.13-venv python3.13-dev`, then",
        ),
        ((2, 41), [python(3, 13, 5)], None, "no C++ compiler. Run `apt-get install g++`, then `make setup`."),
        ((2, 12), [python(3, 10, 13)], COMPILERS, "on Linux x86_64 with glibc 2.17 or newer only"),
    ],
)
def test_names_the_remedy_when_nothing_fits(
    glibc: tuple[int, int], pythons: list[Any], compilers: tuple[str, str] | None, said: str
) -> None:
    with pytest.raises(installer.Unfit) as unfit:
        installer.choose(glibc, pythons, compilers)
    assert said in str(unfit.value)
    assert "\n" not in str(unfit.value)


def test_a_candidate_counts_only_if_it_runs(tmp_path: Path) -> None:
    shim = tmp_path / "python3.10"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    link = tmp_path / "python3"
    link.symlink_to(sys.executable)
    found = installer.interpreters([str(shim), str(link), sys.executable, str(tmp_path / "absent")])
    assert [interpreter.version for interpreter in found] == [sys.version_info[:3]]


def test_looks_on_the_path_first_and_in_pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / "bin/python3", tmp_path / "pyenv/versions/3.10.13/bin/python3.10"]
    for file in files:
        file.parent.mkdir(parents=True)
        file.touch()
    monkeypatch.setenv("PATH", str(files[0].parent))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    found = installer.candidates()
    assert found[:2] == [sys.executable, str(files[0])]
    assert str(files[1]) in found


def test_a_stamp_holds_until_what_it_stands_for_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHON", "MILLRACE", "STAMP"):
        monkeypatch.setattr(installer, name, tmp_path / name)
    assert not installer.ready()
    for file in (installer.PYTHON, installer.MILLRACE):
        file.touch()
    installer.STAMP.write_text("\n".join(("legacy", sys.executable, installer.fingerprint("legacy", sys.executable))))
    assert installer.ready()
    monkeypatch.setattr(installer, "ROOT", tmp_path)
    assert not installer.ready()


def test_a_failed_step_shows_the_end_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer, "LOG", tmp_path / "setup.log")
    installer.demand("try twice", ["false"], ["true"])
    with pytest.raises(
        installer.Unfit, match=r"Could not build it; the last lines of .*setup.log:(\n.*)*no such wheel"
    ):
        installer.demand("build it", ["sh", "-c", "echo no such wheel; exit 1"])


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_exact_and_hashed(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / f"requirements/{name}.txt").read_text())[1:]
    assert len(entries) > (30 if "dev" in name else 150)
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==[^ ]+( ; [^\\]+)? \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_all_that_was_asked_for(name: str) -> None:
    asked = [
        Requirement(line)
        for line in re.findall(r"^[a-z].*", (ROOT / f"requirements/{LOCKS[name]}.in").read_text(), re.M)
    ]
    pins = read_pins(name)
    assert asked
    for requirement in asked:
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize(("name", "base"), [("gpu", "current"), ("current-dev", "current"), ("legacy-dev", "legacy")])
def test_locks_of_one_stack_agree(name: str, base: str) -> None:
    pins, known = read_pins(name), read_pins(base)
    shared = pins.keys() & known.keys()
    assert {package: pins[package] for package in shared} == {package: known[package] for package in shared}
    assert len(shared) > 10


def test_the_gpu_lock_adds_cuda_to_the_whole_stack() -> None:
    added = read_pins("gpu").keys() - read_pins("current").keys()
    assert read_pins("current").keys() <= read_pins("gpu").keys()
    assert {"nvidia-cudnn-cu12", "nvidia-cuda-runtime-cu12"} <= added
    assert all(package.startswith("nvidia-") for package in added)


@pytest.mark.parametrize("name", LOCKS)
def test_what_nothing_reaches_is_in_no_lock(name: str) -> None:
    excluded = re.findall(r"^[a-z].*", (ROOT / "requirements/excludes.txt").read_text(), re.M)
    assert len(excluded) > 5
    assert not set(excluded) & read_pins(name).keys()


def test_the_long_lived_lock_has_what_overrides_a_requirement() -> None:
    for line in re.findall(r"^[a-z].*", (ROOT / "requirements/legacy-overrides.txt").read_text(), re.M):
        requirement = Requirement(line)
        assert requirement.specifier.contains(read_pins("legacy")[requirement.name]), line


def test_what_checks_the_code_is_in_no_lock_that_runs_it() -> None:
    for name in ("current", "legacy", "gpu"):
        assert not {"pytest", "mypy", "ruff", "uv", "moto"} & read_pins(name).keys()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_machine(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    assert not re.findall(r"://|--(?:extra-)?index|--find-links|(?<![\w.-])/\w+", text)


def test_cuts_one_package_out_of_a_lock() -> None:
    text = installer.pin(ROOT / "requirements/legacy-dev.txt", "uv")
    assert re.fullmatch(r"uv==[\d.]+ \\\n(    (--hash=sha256:[0-9a-f]{64}( \\)?|#.*)\n)+", text)


def test_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)", text, re.M)[1].split())  # type: ignore[index]
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"^  make (\S+) +\S", shown, re.M)) == targets
    assert set(re.findall(r"^([a-z-]+):", text, re.M)) == targets


def build(tmp_path: Path, hook: str) -> "subprocess.CompletedProcess[str]":
    """Has setuptools build a copy of the project, as pip asks it to."""
    for name in ("setup.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/__init__.py").touch()
    code = f"import setuptools.build_meta as build; build.{hook}('.')"
    return subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)


@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist"])
def test_an_installation_away_from_the_checkout_is_refused_in_a_sentence(tmp_path: Path, hook: str) -> None:
    refused = build(tmp_path, hook)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Millrace runs from its checkout, with exactly the packages of a lock")
    assert "`make setup`" in refused.stderr
    assert not list(tmp_path.glob("*.whl")) + list(tmp_path.glob("*.tar.gz"))


def test_an_editable_installation_is_made(tmp_path: Path) -> None:
    made = build(tmp_path, "build_editable")
    assert made.returncode == 0, made.stderr
    assert [path.name.split("-")[0] for path in tmp_path.glob("*.whl")] == ["millrace"]
