from collections.abc import Callable
from pathlib import Path

import pytest

MINIMAL = """\
name: trips
data: {format: csv, path: rows.csv}
label: {name: tipped, kind: binary}
features:
  miles: {kind: numeric}
  company: {kind: categorical, vocabulary: 100}
model: {family: dnn, hidden_units: [8, 4]}
training:
  epochs: 3
  optimizer: {learning_rate: 1e-3}
evaluation:
  slices: [[], [company, hour]]
  thresholds: {auc: {min: 0.8}}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write file.yaml, the minimal configuration with one text replaced, into the current directory."""
    monkeypatch.chdir(tmp_path)

    def write_file(old: str = "", new: str = "") -> str:
        assert old in MINIMAL
        Path("file.yaml").write_text(MINIMAL.replace(old, new) if old else MINIMAL, encoding="utf-8")
        return "file.yaml"

    return write_file
