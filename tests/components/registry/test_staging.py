"""What lies where a version is made; test_model_registry.py has the rest."""

import pytest

from components.registry.door import Candidate
from components.registry.model_registry import require_writable
from components.registry.staging import CANDIDATE, CHANGE, held, stage
from components.registry.versions import EXTRA, OF_ROWS
from configs.errors import MillraceError, PipelineBusy
from tests.components.registry.conftest import RECORD
from tests.fakes.models import publish


@pytest.mark.parametrize("kind", ["file", "link", "link to a folder", "folder"])
@pytest.mark.parametrize("place", [CHANGE, CANDIDATE], ids=lambda place: place.lock)
def test_a_stray_thing_where_a_version_is_staged_is_removed_and_its_target_is_not(three, model, place, kind, tmp_path):
    stray, target = three.serving / f"{place.prefix}x", tmp_path / "target"
    if kind == "file":
        stray.write_text("")
    elif kind == "folder":
        (stray / "deep").mkdir(parents=True)
    else:
        (target / "kept").mkdir(parents=True)
        stray.symlink_to(target if "folder" in kind else tmp_path / "nowhere")
    require_writable(three)
    assert publish(three, model("d"), {}, RECORD).version.number == 4
    assert not list(three.serving.glob(f"{place.prefix}*"))
    assert (target / "kept").exists() == target.exists()


def test_two_places_are_held_apart_and_each_by_one(home, model, monkeypatch):
    monkeypatch.setattr("components.registry.staging.LOCK_SECONDS", 0.1)
    with held(home, CANDIDATE):
        copied = stage(home, CANDIDATE, Candidate(model("a")), "run/1")
        assert copied.name.startswith(".candidate-run_1-")
        with held(home, CHANGE):
            stage(home, CHANGE, Candidate(model("b")), "run-2")
        assert (copied / "saved_model.pb").read_text() == "a"
        with pytest.raises(PipelineBusy), held(home, CANDIDATE):
            raise AssertionError("held twice")
    assert [path.name for path in home.serving.iterdir() if path.is_dir()] == []


def test_what_a_version_carries_has_a_plain_name(home, model, tmp_path):
    extra = tmp_path / "extra"
    extra.write_text("")
    with held(home, CANDIDATE), pytest.raises(MillraceError, match="cannot name what a version carries"):
        stage(home, CANDIDATE, Candidate(model("a"), {"version.json": extra}), "run-1")


def test_rows_of_the_data_stay_behind(home, model, tmp_path):
    evaluation = tmp_path / "evaluation"
    (evaluation / OF_ROWS).mkdir(parents=True)
    for name in ("measured.json", f"{OF_ROWS}/predictions.parquet"):
        (evaluation / name).write_text("{}")
    with held(home, CANDIDATE):
        staged = stage(home, CANDIDATE, Candidate(model("a"), {"evaluation": evaluation}), "run-1")
        assert [path.name for path in (staged / EXTRA / "evaluation").rglob("*")] == ["measured.json"]
