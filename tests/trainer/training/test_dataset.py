"""The rows of a split: which come, in which order, from memory or from the disk, and how much each counts."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from components.examples.shards import Shard
from configs.repository import ROOT
from configs.schema.training import Training
from tests.fakes import memory_group
from tests.trainer.training import memory_probe
from trainer.training.dataset import Rows, choose_batch, pick, read, set_seed

COUNT = 1000
SPEC = {
    "number": tf.io.FixedLenFeature([1], tf.float32),
    "label": tf.io.FixedLenFeature([1], tf.int64),
    "weight": tf.io.FixedLenFeature([1], tf.float32),
}
CLASSES = ("none", "some")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files of rows: the number counts them, a tenth are of class 1, and these weigh 2."""
    folder = tmp_path_factory.mktemp("rows")
    for shard in range(2):
        with tf.io.TFRecordWriter(str(folder / f"{shard}.gz"), "GZIP") as writer:
            for number in range(shard, COUNT, 2):
                label = int(number % 10 == 0)
                features = {
                    "number": tf.train.Feature(float_list=tf.train.FloatList(value=[number])),
                    "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
                    "weight": tf.train.Feature(float_list=tf.train.FloatList(value=[1 + label])),
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    return folder


def rows_of(folder, weight=None, **training):
    spec = SPEC if weight else {name: SPEC[name] for name in ("number", "label")}
    return Rows([f"{folder}/*.gz"], spec, "label", weight, Training(**training))


def numbers(batches):
    return [int(number) for columns, *_ in batches for number in columns["number"].numpy()[:, 0]]


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["memory", "none"])
def test_every_epoch_has_all_rows_in_an_order_of_its_own(folder, cache):
    rows = rows_of(folder, cache=cache, seed=3)
    assert (rows.held is None, rows.count) == (cache == "none", COUNT)
    feed = rows.feed(128)
    epochs = numbers(feed.stream().take(3 * feed.steps))
    assert (feed.steps, len(epochs)) == (8, 3 * COUNT)
    parts = [epochs[start : start + COUNT] for start in range(0, 3 * COUNT, COUNT)]
    assert all(sorted(part) == list(range(COUNT)) for part in parts)
    assert len({tuple(part) for part in parts}) == 3
    assert numbers(feed.stream().take(24)) == epochs
    assert numbers(rows_of(folder, cache=cache, seed=4).feed(128).stream().take(24)) != epochs


def test_rows_are_drawn_each_by_a_chance_of_its_own(folder):
    """Poisson sampling: batches differ in size as coins fall, and a row may come twice in an epoch."""
    rows = rows_of(folder, weight="weight", cache="memory")
    feed = rows.sample(0.1, 10, key=5)
    batches = list(feed.stream().take(40))
    sizes, drawn = [len(label) for _, label, _ in batches], numbers(batches)
    assert feed.steps == 10
    assert np.mean(sizes) == pytest.approx(100, abs=6) and np.std(sizes) == pytest.approx(np.sqrt(90), rel=0.5)
    assert max(np.bincount(drawn[: sum(sizes[:10])])) > 1
    counts = np.bincount(drawn, minlength=COUNT)
    assert counts.var() == pytest.approx(40 * 0.1 * 0.9, rel=0.25)
    assert all((weight.numpy() == 1 + label.numpy()).all() for _, label, weight in batches)
    assert numbers(rows.sample(0.1, 10, key=5).stream(7).take(3)) == numbers(batches[7:10])
    assert numbers(rows.sample(0.1, 10, key=6).stream().take(10)) != drawn[: sum(sizes[:10])]


def test_some_rows_are_a_split_of_their_own(folder):
    rows = rows_of(folder, weight="weight", cache="memory")
    some = rows.take(np.arange(COUNT) % 4 == 1)
    assert (some.count, rows.count) == (250, COUNT)
    found, whole = read(some), read(rows)
    assert (found.columns["number"] == whole.columns["number"][1::4]).all()
    assert (found.label == whole.label[1::4]).all()
    assert (found.weight == whole.weight[1::4]).all()
    assert sorted(numbers(some.feed(64).stream().take(4))) == sorted(found.columns["number"][:, 0].astype(int))
    mine = whole.take(np.arange(COUNT) % 4 == 1)
    assert (mine.columns["number"] == found.columns["number"]).all()
    assert (mine.weight == found.weight).all()
    assert read(rows_of(folder)).take(np.arange(COUNT) < 3).weight is None


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_a_seed_of_0_is_one_as_any_other(folder, cache):
    set_seed(0)
    assert sorted(numbers(rows_of(folder, cache=cache, seed=0).feed(128).stream().take(8))) == list(range(COUNT))


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["memory", "none"])
@pytest.mark.parametrize("start", [1, 7, 8, 19])
def test_a_training_goes_on_from_any_step_as_if_it_had_never_stopped(folder, cache, start):
    feed = rows_of(folder, cache=cache).feed(128)
    whole = [columns["number"].numpy().tolist() for columns, _ in feed.stream().take(24)]
    rest = [columns["number"].numpy().tolist() for columns, _ in feed.stream(start).take(24 - start)]
    assert rest == whole[start:]


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_what_judges_lies_still(folder, cache):
    rows = rows_of(folder, weight="weight", cache=cache)
    found = numbers(rows.batches(300))
    assert sorted(found) == list(range(COUNT))
    assert numbers(rows.batches(300)) == found
    assert [part.shape for part in next(iter(rows.batches(300)))[1:]] == [(300, 1), (300, 1)]


def test_rows_stay_in_memory_as_long_as_there_is_room(folder, monkeypatch):
    for free, held in ((4 * COUNT * 12 + 1000, True), (4 * COUNT * 12 - 1000, False)):  # a quarter; 12 bytes a row
        monkeypatch.setattr("trainer.training.dataset.measure_free", lambda free=free: free)
        rows = rows_of(folder)
        assert (rows.held is not None, rows.count) == (held, COUNT)


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["memory", "none"])
@pytest.mark.parametrize(
    ("weight", "weights", "shares"),
    [
        (None, "balanced", (0.5, 0.5)),
        (None, {"some": 3.0}, (900 / 1200, 300 / 1200)),
        ("weight", "balanced", (0.5, 0.5)),
        ("weight", {"none": 2.0}, (1800 / 2000, 200 / 2000)),
    ],
)
def test_classes_count_as_they_are_told_and_all_rows_together_as_before(folder, cache, weight, weights, shares):
    rows = rows_of(folder, weight=weight, cache=cache)
    rows.weigh(weights, CLASSES)
    _, label, mass = (np.concatenate(parts) for parts in zip(*_flat(rows.feed(128).once()), strict=True))
    total = 1100 if weight else 1000
    assert mass.sum() == pytest.approx(total, rel=1e-5)
    assert [mass[label == id_].sum() / total for id_ in (0, 1)] == pytest.approx(shares, rel=1e-5)


def _flat(batches):
    return [(columns["number"].numpy(), label.numpy(), weight.numpy()) for columns, label, weight in batches]


@pytest.mark.parametrize(
    ("rows", "size"), [(0, 32), (100, 32), (5000, 64), (10_000, 128), (100_000, 1024), (10**8, 1024)]
)
def test_a_batch_grows_with_the_rows(rows, size):
    assert choose_batch(Training(batch_size="auto"), rows) == size
    assert choose_batch(Training(batch_size=7), rows) == 7


def test_batches_are_changed_by_a_seed_of_each_step_of_each_epoch(folder):
    feed = rows_of(folder, seed=3).feed(128)
    changed = feed.change(lambda rows, seed: ({"number": rows[0]["number"] * 0, "seed": seed}, *rows[1:]), seed=5)
    seeds = [batch[0]["seed"].numpy().tolist() for batch in changed.stream(6).take(4)]
    assert seeds == [[5, 6], [5, 7], [5, 8], [5, 9]]
    plain, other = next(iter(feed.once())), next(iter(changed.once()))
    assert (plain[1].numpy() == other[1].numpy()).all()
    assert not other[0]["number"].numpy().any()


def test_columns_that_a_model_has_no_use_for_are_left_out(folder):
    [first, *_] = pick(rows_of(folder, "weight").batches(128), ["number"])
    assert [*first[0]] == ["number"]
    assert len(first) == 3


def test_what_is_drawn_from_is_bounded_by_bytes(folder, monkeypatch):
    monkeypatch.setattr("trainer.training.dataset.SHUFFLED", 12 * 40)  # bytes of 40 rows
    found = numbers(rows_of(folder, cache="none", seed=3).feed(8).once())
    lying = numbers(rows_of(folder, cache="none").batches(COUNT))
    places = {number: place for place, number in enumerate(lying)}
    assert sorted(found) == sorted(lying)
    assert found != lying
    ahead = [places[number] - place for place, number in enumerate(found)]
    assert max(ahead) < 40
    whole = numbers(rows_of(folder, cache="none", seed=3, shuffle=10).feed(8).once())
    assert max(places[number] - place for place, number in enumerate(whole)) < 10


def test_of_many_shards_some_are_open_at_a_time_in_an_order_of_each_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr("trainer.training.dataset.OPEN", 2)
    for shard in range(5):
        with tf.io.TFRecordWriter(str(tmp_path / f"{shard}.gz"), "GZIP") as writer:
            for number in range(20):
                cells = {
                    "number": tf.train.Feature(float_list=tf.train.FloatList(value=[20 * shard + number])),
                    "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[0])),
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=cells)).SerializeToString())
    rows = rows_of(tmp_path, cache="none", seed=3, shuffle=1)
    epochs = [numbers(rows.feed(1).make(tf.constant(epoch, tf.int64))) for epoch in (0, 1, 0)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(100))] * 3
    assert epochs[0] == epochs[2] != epochs[1]
    for epoch in epochs:
        begun = list(dict.fromkeys(number // 20 for number in epoch))
        assert {number // 20 for number in epoch[:40]} == set(begun[:2])
        assert {number // 20 for number in epoch[-20:]} == {begun[-1]}
    lying = numbers(rows.batches(100))
    assert lying[:4] == [0, 20, 1, 21] and lying == numbers(rows.batches(7))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Two million rows of 168 MB, as Transform writes them: 20 copies of one shard."""
    folder, random, rows = tmp_path_factory.mktemp("many"), np.random.default_rng(0), 100_000
    for name in ("Split-train", "Columns-train"):
        (folder / name).mkdir()
    shard = Shard(str(folder / "Split-train" / "0.gz"), str(folder))
    cells = [
        pa.ListArray.from_arrays(
            np.arange(0, rows * width + 1, width, np.int32), random.random(rows * width, np.float32)
        )
        for width in (memory_probe.WIDTH, 1)
    ]
    shard.write(pa.RecordBatch.from_arrays(cells, ["numbers", "label"]))
    shard.close()
    for copy in range(1, 20):
        shutil.copy(folder / "Split-train" / "0.gz", folder / "Split-train" / f"{copy}.gz")
        shutil.copy(folder / "Columns-train" / "0.parquet", folder / "Columns-train" / f"{copy}.parquet")
    return folder / "Split-train"


def probe(folder, cache, *group):
    command = [sys.executable, "-m", memory_probe.__name__, str(folder), cache, *map(str, group)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.full
def test_two_million_rows_are_never_held_twice_and_are_read_in_a_group_of_little_memory(many):
    held = probe(many, "memory")
    assert (held["count"], held["held"], held["seen"]) == (2_000_000, True, 2_000_000)
    assert held["peak"] <= 1.5
    with memory_group.bounded(int(0.8 * 2**30)) as group:
        bounded = probe(many, "auto", group / "cgroup.procs")
    assert (bounded["count"], bounded["seen"]) == (2_000_000, 2_000_000)
