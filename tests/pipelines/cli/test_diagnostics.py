"""The doctor finds this machine fit, and says so when it is not."""

import os
import py_compile
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

import pytest

from pipelines.cli import diagnostics


def test_finds_this_machine_fit() -> None:
    findings = {finding.name: finding for finding in diagnostics.examine()}
    assert [name for name, finding in findings.items() if finding.required and not finding.ok] == []
    assert f"tfx {metadata.version('tfx')}" in findings["stack"].value
    assert findings["glibc"].value.startswith("2.")
    assert int(findings["cores"].value) >= 1
    assert all(finding.ok != bool(finding.remedy) for finding in findings.values())


def test_examines_without_tensorflow() -> None:
    code = "import sys; from pipelines.cli.diagnostics import examine; examine(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.parametrize(("python", "stack"), [((3, 10), "legacy"), ((3, 11), "current"), ((3, 13), "current")])
def test_names_the_stack(python: tuple[int, int], stack: str) -> None:
    assert diagnostics.name_stack(python) == stack


def test_an_old_glibc_is_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(diagnostics.GLIBC, "current", (99, 0))
    finding = diagnostics.examine_glibc("current")
    assert (finding.ok, finding.required) == (False, True)
    assert "glibc 99.0 or newer" in finding.remedy


def test_counts_what_differs_from_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "legacy.txt"
    psutil = metadata.version("psutil")
    lock.write_text(
        f"psutil=={psutil} \\\n    --hash=sha256:00\n    # via tfx\n"
        "rich==0.0.1 \\\n    --hash=sha256:00\n"
        "no-such-package==1.0 \\\n    --hash=sha256:00\n"
        "pywin32==312 ; sys_platform == 'win32' \\\n    --hash=sha256:00\n"
    )
    finding = diagnostics.examine_lock(lock)
    assert not finding.ok
    assert finding.value == (
        f"2 of 3 packages differ from legacy.txt: rich {metadata.version('rich')} for 0.0.1, "
        "no-such-package missing for 1.0"
    )
    lock.write_text(f"psutil=={psutil} \\\n    --hash=sha256:00\n")
    assert diagnostics.examine_lock(lock).value == "all 1 packages as legacy.txt has them"


def test_a_full_disk_is_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnostics, "GIGABYTE", 10**18)
    finding = diagnostics.examine_disk(tmp_path / "not/made/yet")
    assert (finding.ok, finding.required) == (False, False)
    assert finding.value.endswith(f"free at {tmp_path}")


def test_a_missing_compiler_is_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert diagnostics.examine_compiler() == diagnostics.Finding(
        "compiler", False, "none", "The next set-up needs it: `apt-get install g++`."
    )


def test_bytecode_counts_only_if_python_takes_it(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("x = 1\n")
    assert not diagnostics.is_compiled(source)
    py_compile.compile(str(source))
    assert diagnostics.is_compiled(source)
    os.utime(source, (0, 0))
    assert not diagnostics.is_compiled(source)
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert diagnostics.is_compiled(source)
    Path(util.cache_from_source(str(source))).write_bytes(b"")
    assert not diagnostics.is_compiled(source)
