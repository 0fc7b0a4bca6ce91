from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.data import Split
from configs.schema.features import Boolean, Numeric, Timestamp, Words
from configs.schema.gate import Gate
from configs.schema.models import Dnn
from configs.schema.training import Optimizer, Training


def test_defaults(write: Callable[..., str]) -> None:
    config = load(write())
    assert config.data.split == Split(train=8, eval=1, test=1)
    assert config.features["miles"] == Numeric(kind="numeric", scale="z_score", buckets=None, impute="mean")
    assert config.model == Dnn(family="dnn", hidden_units=(8, 4), activation="relu", dropout=0.0, embedding=8)
    assert config.training == Training(
        batch_size=256, epochs=3, optimizer=Optimizer(name="adam", learning_rate=0.001), early_stopping=None, seed=0
    )
    assert config.gate == Gate(unseen=0.01, drift=0.3, skew=0.3)
    assert (config.schedule, config.resources) == (None, {})


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("{kind: boolean}", Boolean(kind="boolean")),
        ("{kind: text}", Words(kind="text", vocabulary=5000, length=100)),
        ("{kind: timestamp}", Timestamp(kind="timestamp", format=None, parts=("hour", "day_of_week", "month"))),
        (
            "{kind: timestamp, format: '%d.%m.%Y', parts: [year, day]}",
            Timestamp(kind="timestamp", format="%d.%m.%Y", parts=("year", "day")),
        ),
    ],
)
def test_every_kind_of_feature(write: Callable[..., str], text: str, feature: object) -> None:
    config = load(write("{kind: numeric}", text))
    assert config.features["miles"] == feature
    assert Config.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{kind: timestamp, parts: []}", "parts"),
        ("{kind: timestamp, parts: [hour, hour]}", "parts"),
        ("{kind: timestamp, parts: [minute]}", "parts"),
        ("{kind: timestamp, format: ''}", "format"),
        ("{kind: text, length: 0}", "length"),
        ("{kind: text, vocabulary: 0}", "vocabulary"),
        ("{kind: boolean, vocabulary: 2}", "vocabulary"),
    ],
)
def test_a_feature_out_of_range_is_refused_by_its_key(write: Callable[..., str], text: str, key: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("{kind: numeric}", text))
    assert told.value.where.startswith(f"file.yaml:5:features.miles.{key}")


def test_a_feature_may_be_a_pattern(write: Callable[..., str]) -> None:
    assert list(load(write("miles:", "'pixel_*':")).features) == ["pixel_*", "company"]


def test_weight_and_group_are_columns(write: Callable[..., str]) -> None:
    config = load(write("path: rows.csv", "path: rows.csv, weight: count, group: driver"))
    assert config.columns == ("miles", "company", "tipped", "count", "driver", "hour")


def test_columns_are_in_order_and_once(write: Callable[..., str]) -> None:
    assert load(write()).columns == ("miles", "company", "tipped", "hour")


def test_home_lies_below_the_storage_root(write: Callable[..., str], tmp_path: Path) -> None:
    home = load(write()).home
    assert home.root == tmp_path / "workspace" / "trips"
    assert home.serving == tmp_path / "workspace" / "trips" / "serving"


@pytest.mark.parametrize("section", ["", "training", "model"])
def test_a_configuration_is_frozen(write: Callable[..., str], section: str) -> None:
    config = load(write())
    target: Any = getattr(config, section) if section else config
    with pytest.raises(ValidationError, match="frozen"):
        setattr(target, next(iter(type(target).model_fields)), "other")


def test_lists_become_tuples(write: Callable[..., str]) -> None:
    config = load(write())
    assert config.evaluation.slices == ((), ("company", "hour"))
    assert Config.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("name", ["a", "taxi-2_b", "a" * 63])
def test_a_name_fits_a_folder(write: Callable[..., str], name: str) -> None:
    assert load(write("trips", name)).name == name


@pytest.mark.parametrize("name", ["../up", "/root", "a/b", "Taxi", "1st", "a" * 64, "a.b", "a b", '"a\\n"', ".."])
def test_a_name_cannot_leave_the_storage_root(write: Callable[..., str], name: str) -> None:
    with pytest.raises(ConfigError, match="is no pipeline name"):
        load(write("trips", name))


def test_the_label_is_no_feature(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError) as told:
        load(write("miles:", "tipped:"))
    assert told.value.where == "file.yaml:4:features"
    assert told.value.what == "'tipped' is the label and cannot be a feature as well"


@pytest.mark.parametrize(
    "override",
    [
        "features={}",
        "features.miles.buckets=1",
        "features.miles.buckets=1001",
        "features.company.vocabulary=0",
        "features.company.oov=0",
        "model.dropout=1.0",
        "model.dropout=-0.1",
        "model.activation=rleu",
        "data.split.test=0",
        "data.split.stratify=1",
        "data.format=tsv",
        "label.kind=ordinal",
        "training.batch_size=0",
        "training.seed=-1",
        "training.seed=4294967296",
        "training.optimizer.learning_rate=0",
        "training.early_stopping.patience=-1",
        "gate.unseen=1.1",
        "gate.drift=0",
        "evaluation.thresholds.auc.max_drop=-0.1",
    ],
)
def test_a_value_out_of_range_is_refused(write: Callable[..., str], override: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), [override])
    assert told.value.where == f"--set {override}"


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        (["data.split.stratify=true", "data.group=company"], "by a hash for split.stratify, and not by time, group or"),
        (["data.split.repeats=true", "data.split.by=day"], "by a hash for split.repeats, and not by time, group or"),
        (["label.separator=/"], "of kind binary has one class in a cell, and takes no separator"),
        (["label.kind=multilabel", "label.separator=/", "label.classes=[a/b, c]"], "has a class with / in its name"),
        (["data.split.stratify=true", "label.kind=regression"], "of kind regression has no classes to divide alike"),
        (["schedule={cron: 0 3 * * *, when: {new_spans: 1}}"], "waits for new_spans, but data.path has no {SPAN} or"),
    ],
)
def test_keys_that_exclude_each_other_are_refused(write: Callable[..., str], overrides: list[str], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        load(write(), overrides)


@pytest.mark.parametrize("pattern", ["miles", "mile*", "tipped"])
def test_what_is_private_is_a_feature_or_the_label(write: Callable[..., str], pattern: str) -> None:
    config = load(write(), [f"data.private=['{pattern}']"])
    hidden = [name for name in (*config.features, "hour") if config.hides(name)]
    assert (hidden, config.hides_label) == (([], True) if pattern == "tipped" else (["miles"], False))


def test_a_feature_made_of_what_is_private_is_private_and_so_is_one_of_a_pattern(write: Callable[..., str]) -> None:
    pixels = (
        "  face: {kind: image, height: 1, width: 2, channels: 1, columns: ['pixel_*']}\n  'a[b]': {kind: numeric}\n"
    )
    path = write("features:\n", f"features:\n{pixels}")
    assert load(path, ["data.private=['pixel_*', 'a[b]']"]).hides("face")
    assert load(path, ["data.private=['a[b]']"]).hides("a[b]")
    load(path, ["data.private=[pixel_7]"])  # which only the data can tell


def test_a_private_column_that_is_none_is_refused_for_it_would_not_be_kept(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="hold no 'compny', which data.private names.*did you mean 'company'?"):
        load(write(), ["data.private=[compny]"])
