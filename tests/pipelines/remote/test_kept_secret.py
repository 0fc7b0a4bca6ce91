"""A secret that a config names; test_kubeflow_client.py has what is said where there is none."""

from pathlib import Path

import pytest

from configs.errors import ConfigError
from pipelines.remote.kept_secret import read_secret


def test_it_is_read_anew_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    for secret in ("first", "second"):
        file.write_text(f"{secret}\n")
        monkeypatch.setenv("SECRET", secret)
        assert read_secret(None, str(file), "here") == read_secret("SECRET", None, "here") == secret


def test_where_it_should_be_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET", raising=False)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff")
    for env, file, said in (
        ("SECRET", None, "here.env: the environment has no variable 'SECRET'. Set SECRET."),
        (None, str(tmp_path / "none"), "none cannot be read: No such file or directory"),
        (None, str(tmp_path / "bytes"), "bytes cannot be read: it is no text"),
        (None, str(tmp_path / "empty"), "empty is empty"),
    ):
        with pytest.raises(ConfigError) as refused:
            read_secret(env, file, "here")
        assert said in str(refused.value)
