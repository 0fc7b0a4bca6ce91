import gzip
import os
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta, timezone
from glob import glob
from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow as tf
from pyarrow import csv, parquet
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.metadata import Metadata, sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from components import example_gen
from components.examples.splits import assign_splits
from components.readers import ranges
from components.summaries import summarise
from configs.errors import DataRejected
from configs.loading import loader
from configs.repository import ROOT
from configs.samples.datasets import encode_png
from configs.schema.features import Words
from configs.schema.privacy import Privacy
from tests.components.validation.test_masking import DIGEST, KEY
from tests.fakes.job_server import job_server

CONFIG = """
name: trips
data: {format: csv, path: %s, split: {train: 2, eval: 1, test: 1}}
label: {name: tipped, kind: binary}
features:
  fare: {kind: numeric}
  company: {kind: categorical, vocabulary: 10}
model: {family: linear}
training: {}
evaluation: {slices: [[], [hour]], thresholds: {auc: {min: 0.5}}}
"""
MASKS = {
    "fare": {"bin": 1000},
    "company": {"hash": {"key_env": "PII_KEY", "key_digest": DIGEST}},
    "hour": {"hash": {"key_env": "PII_KEY", "key_digest": DIGEST}},
    "note": "redact",
}
TAXI = ROOT / "configs" / "taxi.yaml"


def row(number):
    return f"{number / 2},{'Blue' if number % 3 else ''},{number % 2},{number % 24},unread\n"


@pytest.fixture
def trips(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for shard in range(2):
        rows = "".join(map(row, range(shard * 100, shard * 100 + 100)))
        (folder / f"{shard}.csv").write_text("fare,company,tipped,hour,note\n" + rows)
    return folder


@pytest.fixture
def config(trips, tmp_path):
    (tmp_path / "trips.yaml").write_text(CONFIG % trips)
    return loader.load(tmp_path / "trips.yaml")


@pytest.fixture
def examples(tmp_path):
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path / "examples")
    return artifact


COLUMNS = ["Columns-eval", "Columns-test", "Columns-train"]


def execute(config, examples):
    example_gen.Executor().Do({}, {"examples": [examples]}, resolve(config))
    return {split: read(examples, split) for split in ("train", "eval", "test")}


def resolve(config):
    properties = dict(example_gen.build(config, {}).exec_properties)
    return example_gen.Driver(None).resolve_exec_properties(properties, None, None)


def read(examples, split):
    records = tf.data.TFRecordDataset(sorted(glob(f"{examples.uri}/Split-{split}/*")), "GZIP")
    return [decode(record) for record in records.as_numpy_iterator()]


def decode(record):
    features = tf.train.Example.FromString(record).features.feature
    kinds = {name: feature.WhichOneof("kind") for name, feature in sorted(features.items())}
    return {name: (kind, *getattr(features[name], kind).value) for name, kind in kinds.items() if kind}


def test_the_examples_hold_the_cells_with_the_types_of_their_roles(config, examples):
    rows = [row for split in execute(config, examples).values() for row in split]
    company = {} if not 42 % 3 else {"company": ("bytes_list", b"Blue")}
    expected = {"fare": ("float_list", 21.0), "tipped": ("int64_list", 0), "hour": ("bytes_list", b"18"), **company}
    assert [row for row in rows if row["fare"] == ("float_list", 21.0)] == [expected]
    assert sorted(row["fare"][1] for row in rows) == [number / 2 for number in range(200)]


def spell(splits):
    return {split: sorted(map(repr, rows)) for split, rows in splits.items()}


@pytest.mark.slow
def test_parquet_of_the_same_rows_gives_the_same_examples(config, examples, trips, tmp_path):
    expected = spell(execute(config, examples))
    options = csv.ConvertOptions(strings_can_be_null=True)
    for path in list(trips.iterdir()):
        parquet.write_table(csv.read_csv(path, convert_options=options), path.with_suffix(".parquet"), row_group_size=7)
        path.unlink()
    assert spell(execute(loader.load(tmp_path / "trips.yaml", ["data.format=parquet"]), examples)) == expected


ALL_KINDS = [
    "features={shared: {kind: boolean}, day: {kind: timestamp}, note: {kind: text}}",
    "label={name: price, kind: regression}",
    "data.weight=paid",
    "data.group=driver",
    "evaluation={thresholds: {rmse: {max: 1}}}",
]


def test_every_role_is_a_column_of_the_examples_and_a_group_is_in_one_split(trips, tmp_path, config, examples):
    for path in trips.iterdir():
        path.unlink()
    lines = (f"{n % 2},1970-01-02,so it is,{n}.5,2,{n % 20}\n" for n in range(300))
    (trips / "0.csv").write_text("shared,day,note,price,paid,driver\n" + "".join(lines) + ",,,-1,1,0\n")
    splits = execute(loader.load(tmp_path / "trips.yaml", ALL_KINDS), examples)
    rows = {row["price"][1]: row for split in splits.values() for row in split}
    assert rows[41.5] == {
        "shared": ("int64_list", 1),
        "day": ("int64_list", 86_400),
        "note": ("bytes_list", b"so it is"),
        "price": ("float_list", 41.5),
        "paid": ("float_list", 2.0),
        "driver": ("bytes_list", b"1"),
    }
    assert rows[-1.0].keys() == {"price", "paid", "driver"}
    homes = defaultdict(set)
    for split, found in splits.items():
        for row in found:
            homes[row["driver"][1]].add(split)
    assert len(homes) == 20
    assert {len(where) for where in homes.values()} == {1}


def test_the_artifact_says_what_it_holds(config, examples):
    splits = execute(config, examples)
    assert examples.split_names == '["train", "eval", "test"]'
    assert examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert examples.get_string_custom_property("file_format") == "tfrecords_gzip"
    for split, rows in splits.items():
        assert examples.get_int_custom_property(f"rows_{split}") == len(rows) > 0


@pytest.mark.slow
def test_a_second_attempt_leaves_nothing_of_the_first(config, examples, trips, monkeypatch):
    monkeypatch.setattr(ranges, "SHARD", min(path.stat().st_size for path in trips.iterdir()))
    before = execute(config, examples)
    Path(examples.uri, "Split-train", "data_tfrecord-00002-of-00003.gz").write_bytes(b"half")
    (trips / "0.csv").rename(trips / "2.csv")
    after = execute(config, examples)
    shards = ["data_tfrecord-00000-of-00002.gz", "data_tfrecord-00001-of-00002.gz"]
    assert sorted(os.listdir(examples.uri)) == [*COLUMNS, "Split-eval", "Split-test", "Split-train"]
    columns = ["data_tfrecord-00000-of-00002.parquet", "data_tfrecord-00001-of-00002.parquet"]
    assert sorted(os.listdir(f"{examples.uri}/Columns-train")) == columns
    assert sorted(os.listdir(f"{examples.uri}/Split-train")) == shards
    for split in before:
        assert sorted(map(repr, before[split])) == sorted(map(repr, after[split]))


@pytest.mark.slow
@pytest.mark.parametrize("format", ["csv", pytest.param("parquet", marks=pytest.mark.full)])
def test_a_large_file_is_several_shards_and_small_ones_are_one(config, examples, trips, tmp_path, monkeypatch, format):
    if format == "parquet":
        for path in list(trips.iterdir()):
            table = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
            parquet.write_table(table, path.with_suffix(".parquet"), row_group_size=10)
            path.unlink()
        config = loader.load(tmp_path / "trips.yaml", ["data.format=parquet"])
    whole = execute(config, examples)
    assert os.listdir(f"{examples.uri}/Split-train") == ["data_tfrecord-00000-of-00001.gz"]
    sizes = [path.stat().st_size for path in trips.iterdir()]
    monkeypatch.setattr(ranges, "SHARD", min(sizes) // 4)
    assert execute(config, examples) == whole  # in the same order
    assert len(os.listdir(f"{examples.uri}/Split-train")) > 5


@pytest.mark.full
def test_an_engine_checks_and_divides_large_files_as_this_machine_does(config, examples, trips, tmp_path, monkeypatch):
    ways = {"by hash": [], "by class": ["data.split.stratify=true"], "by time": ["data.split.by=hour"]}
    whole = {way: execute(loader.load(tmp_path / "trips.yaml", told), examples) for way, told in ways.items()}
    portions = examples.get_string_custom_property("portions")
    monkeypatch.setattr(ranges, "SHARD", trips.joinpath("0.csv").stat().st_size // 4)
    monkeypatch.setattr(example_gen, "divide", None)  # which is not asked
    with job_server() as (server, endpoint):
        flags = ["--runner=PortableRunner", f"--job_endpoint={endpoint}", "--environment_type=LOOPBACK"]
        context = example_gen.Executor.Context(beam_pipeline_args=flags)
        for way, told in ways.items():
            own = resolve(loader.load(tmp_path / "trips.yaml", told))
            example_gen.Executor(context).Do({}, {"examples": [examples]}, own)
            assert {split: read(examples, split) for split in whole[way]} == whole[way], way
        assert [verb for verb, _ in server.asked] == ["Prepare", "Run"] * 2 * len(ways)
    assert examples.get_string_custom_property("portions") == portions
    assert sorted(os.listdir(examples.uri)) == [*COLUMNS, "Split-eval", "Split-test", "Split-train"]


@pytest.mark.full
def test_what_an_engine_finds_wrong_is_told_as_ever(config, examples, trips, monkeypatch):
    with (trips / "1.csv").open("a") as file:
        file.write("1.5,Blue,0\n")
    monkeypatch.setattr(ranges, "SHARD", trips.joinpath("0.csv").stat().st_size // 4)
    with job_server() as (_, endpoint), pytest.raises(DataRejected) as caught:
        flags = ["--runner=PortableRunner", f"--job_endpoint={endpoint}", "--environment_type=LOOPBACK"]
        context = example_gen.Executor.Context(beam_pipeline_args=flags)
        example_gen.Executor(context).Do({}, {"examples": [examples]}, resolve(config))
    assert caught.value.where == f"{trips / '1.csv'}:102"


def test_a_faulty_row_is_refused_before_anything_is_written(config, examples, trips):
    with (trips / "1.csv").open("a") as file:
        file.write("1.5,Blue,0\n")
    with pytest.raises(DataRejected) as caught:
        execute(config, examples)
    assert caught.value.where == f"{trips / '1.csv'}:102"
    assert not os.path.exists(examples.uri)


def test_rows_without_a_label_are_refused_or_left_out_and_counted(config, examples, trips, tmp_path):
    with (trips / "0.csv").open("a") as file:
        file.write("1,Red,,7,\n2,Red,NA,7,\n")
    with pytest.raises(DataRejected, match="The cell is blank; every row needs a label"):
        execute(config, examples)
    told = loader.load(tmp_path / "trips.yaml", ["data.missing=[NA]", "label.missing=drop"])
    rows = [row for split in execute(told, examples).values() for row in split]
    assert len(rows) == 200
    assert ("bytes_list", b"Red") not in [row.get("company") for row in rows]
    summary = summarise("ExampleGen", {"examples": [examples]})
    assert summary.text.endswith("; 2 without a label left out")
    assert summary.details["unlabelled"] == 2


def test_an_empty_split_is_refused_with_the_counts(config, examples, trips):
    (trips / "1.csv").unlink()
    (trips / "0.csv").write_text("fare,company,tipped,hour\n" + "1,Blue,0,7\n" * 5 + "1,Blue,1,7\n" * 5)
    with pytest.raises(DataRejected, match=r"The split `\w+` comes out empty; rows: train \d+, eval \d+, test \d+\."):
        execute(config, examples)


BATCH = pa.RecordBatch.from_arrays(
    [pa.array([1.5, None, -0.25], pa.float32()), pa.array(["Blue", None, "Zürich"]), pa.array([0, 1, 1], pa.int64())],
    ["fare", "company", "tipped"],
)


def test_a_rare_class_and_rows_that_are_equal_are_in_every_split(trips, examples, tmp_path):
    for shard in range(2):
        rows = "".join(f"1.5,Blue,{int(number < 4)},3,unread\n" for number in range(100))
        (trips / f"{shard}.csv").write_text("fare,company,tipped,hour,note\n" + rows)
    (tmp_path / "trips.yaml").write_text(CONFIG % trips)
    options = ["data.split.stratify=true", "data.split.repeats=true"]
    splits = execute(loader.load(tmp_path / "trips.yaml", options), examples)
    tipped = {name: Counter(row["tipped"][1] for row in rows) for name, rows in splits.items()}
    assert tipped == {"train": {0: 96, 1: 4}, "eval": {0: 48, 1: 2}, "test": {0: 48, 1: 2}}
    assert set(splits["test"][0]) == {"fare", "company", "tipped", "hour"}


def test_the_split_of_a_row_is_the_same_on_every_machine():
    assert assign_splits(BATCH, [1] * 1000).tolist() == [498, 234, 869]


def test_the_split_of_a_row_depends_on_that_row_alone():
    parts = [1] * 1000
    alone = [assign_splits(BATCH.slice(i, 1), parts).item() for i in range(3)]
    assert assign_splits(BATCH, parts).tolist() == alone
    assert len(set(alone)) == 3


def test_the_split_of_a_row_of_lists_depends_on_that_row_alone():
    rows = [[1.0, 2.0], None, [1.0], [1.0, 2.0], [2.0, 1.0]]
    batch = pa.RecordBatch.from_arrays([pa.array(rows, pa.list_(pa.float32()))], ["past"])
    parts = [1] * 1000
    splits = assign_splits(batch, parts).tolist()
    assert splits == [assign_splits(batch.slice(i, 1), parts).item() for i in range(5)]
    assert splits[0] == splits[3]
    assert len(set(splits)) == 4


IMAGES = """
name: pets
data: {format: images, path: %s, split: {train: 2, eval: 1, test: 1}}
label: {name: label, kind: binary, classes: [cats, dogs]}
features: {image: {kind: image, height: 1, width: 1, channels: 1}}
model: {family: linear}
training: {}
evaluation: {thresholds: {auc: {min: 0.5}}}
"""


@pytest.mark.parametrize("table", [False, True])
def test_images_are_examples_and_a_change_of_one_is_seen(tmp_path, examples, table):
    data = tmp_path / "pets"
    for number in range(40):
        path = data / ("cats" if number < 20 else "dogs") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png([bytes([number])]))
    if table:
        names = sorted(data.rglob("*.png"))
        lines = (f"{name.relative_to(data)},{name.parent.name}\n" for name in names)
        (data / "labels.csv").write_text("image,label\n" + "".join(lines))
    (tmp_path / "pets.yaml").write_text(IMAGES % data)
    config = loader.load(tmp_path / "pets.yaml")
    splits = execute(config, examples)
    found = {row["image"][1]: row["label"][1] for rows in splits.values() for row in rows}
    assert found == {encode_png([bytes([number])]): int(number >= 20) for number in range(40)}
    before = fingerprint(config)
    (data / "cats" / "7.png").write_bytes(encode_png([b"\xff"]))
    assert fingerprint(config) != before


SERIES = """
name: shops
data: {format: csv, path: %s, window: {order: day}, split: {train: 2, eval: 1, test: 1, by: day}, group: shop}
label: {name: sales, kind: regression}
features:
  past: {kind: sequence, columns: [sales, rain], length: 3, width: 2}
  day: {kind: timestamp, parts: [day_of_week]}
model: {family: linear}
training: {}
evaluation: {thresholds: {rmse: {max: 1}}}
"""


def test_rows_of_a_series_become_windows_split_by_time(tmp_path, examples):
    folder = tmp_path / "shops"
    folder.mkdir()
    for file in range(2):  # the second goes on where the first ends
        days = range(20 * file, 20 * file + 20)
        lines = [
            f"{date(2024, 1, 1) + timedelta(day)},{shop},{day + 100 * shop},{-day}\n" for day in days for shop in (1, 2)
        ]
        (folder / f"{file}.csv").write_text("day,shop,sales,rain\n" + "".join(reversed(lines)))
    (tmp_path / "shops.yaml").write_text(SERIES % folder)
    splits = execute(loader.load(tmp_path / "shops.yaml"), examples)
    assert {split: len(rows) for split, rows in splits.items()} == {"train": 38, "eval": 18, "test": 18}
    assert sorted(row["sales"][1] for row in splits["test"]) == [*range(131, 140), *range(231, 240)]
    row = next(row for row in splits["test"] if row["sales"][1] == 131.0)
    assert row == {
        "past": ("float_list", 128.0, -28.0, 129.0, -29.0, 130.0, -30.0),
        "day": ("int64_list", int(datetime(2024, 2, 1, tzinfo=timezone.utc).timestamp())),
        "sales": ("float_list", 131.0),
        "shop": ("bytes_list", b"1"),
    }
    assert os.listdir(f"{examples.uri}/Split-test") == ["data_tfrecord-00000-of-00001.gz"]


def test_the_test_split_is_divided_by_time_into_what_is_judged_from_each_origin(tmp_path, examples):
    lines = [f"2024-01-{day + 1:02d},1,{day},0\n" for day in range(31)]
    (tmp_path / "shops.csv").write_text("day,shop,sales,rain\n" + "".join(lines))
    (tmp_path / "shops.yaml").write_text(SERIES.replace("evaluation: {", "evaluation: {backtest: 2, ") % "shops.csv")
    splits = execute(loader.load(tmp_path / "shops.yaml"), examples)
    found = [(row["sales"][1], split, row["origin"][1]) for split, rows in splits.items() for row in rows]
    told = [(split, origin) for _, split, origin in sorted(found)]
    assert told == [("train", -1)] * 14 + [("eval", 0)] * 7 + [("test", 1)] * 3 + [("test", 2)] * 4
    few = loader.load(tmp_path / "shops.yaml", ["evaluation.backtest=8"])
    with pytest.raises(DataRejected, match="After origin . of 8 there is no row"):
        execute(few, examples)


def test_each_row_of_a_series_is_an_example_of_each_horizon_and_a_blank_label_a_gap(tmp_path, examples):
    lines = [f"{day + 1:02d}/01/2024,1,{'' if day == 10 else day},{-day}\n" for day in range(30)]
    (tmp_path / "shops.csv").write_text("day,shop,sales,rain\n" + "".join(lines))
    text = SERIES.replace("window: {order: day}", "window: {order: day, horizon: 1..2}")
    text = text.replace("length: 3, width: 2}", "length: 3, width: 2}\n  horizon: {kind: categorical, ids: 3}")
    text = text.replace("kind: timestamp,", 'kind: timestamp, format: "%%d/%%m/%%Y",')
    text = text.replace("[sales, rain]", "sales").replace("width: 2", "width: 1")
    (tmp_path / "shops.yaml").write_text(
        text.replace("kind: regression", "kind: regression, missing: drop") % "shops.csv"
    )
    splits = execute(loader.load(tmp_path / "shops.yaml"), examples)
    rows = [row for split in splits.values() for row in split]
    assert len(rows) == (27 - 1) + (26 - 1)
    found = {(row["sales"][1], row["horizon"][1]): row["past"][1:] for row in rows}
    assert found[29.0, 1] == (26.0, 27.0, 28.0)
    assert found[29.0, 2] == (25.0, 26.0, 27.0)
    assert found[12.0, 1] == (9.0, 9.0, 11.0)
    assert 10.0 not in {label for label, _ in found}


def fingerprint(config):
    return resolve(config)["input_fingerprint"]


@pytest.mark.slow
def test_the_newest_span_becomes_the_examples_and_is_told(trips, config, examples, tmp_path):
    for span in (8, 9):
        (tmp_path / f"span-{span}").mkdir()
        (trips / f"{span - 8}.csv").rename(tmp_path / f"span-{span}" / "rows.csv")
    options = [f"data.path={tmp_path}/span-{{SPAN}}/*.csv"]
    nine = loader.load(tmp_path / "trips.yaml", options)
    assert resolve(nine)["span"] == 9
    fares = {row["fare"][1] for rows in execute(nine, examples).values() for row in rows}
    assert (min(fares), max(fares)) == (50.0, 99.5)
    assert summarise("ExampleGen", {"examples": [examples]}).text.startswith("span 9: 100 rows: ")
    eight = loader.load(tmp_path / "trips.yaml", [*options, "data.span=8"])
    assert fingerprint(eight) != fingerprint(nine)
    both = loader.load(tmp_path / "trips.yaml", [*options, "data.spans=2"])
    execute(both, examples)
    summary = summarise("ExampleGen", {"examples": [examples]})
    assert summary.text.startswith("spans 8, 9: 200 rows: ")
    assert summary.details["spans"] == [8, 9]


@pytest.mark.slow
def test_days_and_what_is_missing_between_them_are_told(trips, config, examples, tmp_path):
    for day, file in ((27, "0.csv"), (30, "1.csv")):
        (tmp_path / f"2026-11-{day}" / "v1").mkdir(parents=True)
        (trips / file).rename(tmp_path / f"2026-11-{day}" / "v1" / "rows.csv")
    path = f"data.path={tmp_path}/{{YYYY}}-{{MM}}-{{DD}}/v{{VERSION}}/*.csv"
    week = loader.load(tmp_path / "trips.yaml", [path, "data.spans={last: 7d}"])
    assert (resolve(week)["span"], resolve(week)["version"]) == (20_787, 1)
    execute(week, examples)
    summary = summarise("ExampleGen", {"examples": [examples]})
    missing = "2026-11-28..2026-11-29 are missing"
    assert summary.text.startswith(f"spans 2026-11-27, 2026-11-30 ({missing}): 200 rows: ")
    assert (summary.details["spans"], summary.details["missing"]) == (["2026-11-27", "2026-11-30"], missing)
    assert list(summary.details["portions"]) == ["2026-11-27", "2026-11-30"]


def test_the_split_of_a_row_does_not_depend_on_a_gap_beside_it():
    column = pa.array([*range(1000), None], pa.int64())
    parts = [1] * 1000
    with_gap = assign_splits(pa.RecordBatch.from_arrays([column], ["day"]), parts)
    without = assign_splits(pa.RecordBatch.from_arrays([column.slice(0, 1000)], ["day"]), parts)
    assert with_gap[:1000].tolist() == without.tolist()


def test_the_split_of_a_group_depends_on_its_value_alone():
    batch = pa.RecordBatch.from_arrays([pa.array(["a", "b", "a", None, None]), pa.array(range(5))], ["driver", "fare"])
    alone = pa.RecordBatch.from_arrays([pa.array(["a", "b"])], ["driver"])
    first, second, again, *blank = assign_splits(batch, [1] * 1000, ["driver"]).tolist()
    assert first == again != second
    assert blank[0] == blank[1]
    assert [first, second] == assign_splits(alone, [1] * 1000).tolist()


def test_splits_follow_their_parts():
    batch = pa.RecordBatch.from_arrays([pa.array(range(20_000), pa.float32())], ["fare"])
    counts = Counter(assign_splits(batch, [8, 1, 1]).tolist())
    assert [counts[split] / 20_000 for split in range(3)] == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_the_cache_key_does_not_hold_what_the_node_does_not_read(config, tmp_path):
    changed = loader.load(tmp_path / "trips.yaml", ["training.epochs=9", "features.fare.scale=none"])
    assert example_gen.build(changed, {}).exec_properties == example_gen.build(config, {}).exec_properties
    grouped = loader.load(tmp_path / "trips.yaml", ["data.group=company"])
    assert example_gen.build(grouped, {}).exec_properties != example_gen.build(config, {}).exec_properties


def launch(config, root):
    connection = sqlite_metadata_connection_config(str(root / "metadata.db"))
    node = example_gen.build(config, {})
    LocalDagRunner().run(Pipeline("trips", str(root), connection, [node], enable_cache=True))
    with Metadata(connection) as metadata:
        return [(artifact.id, artifact.uri) for artifact in metadata.store.get_artifacts_by_type("Examples")]


@pytest.mark.slow
def test_the_launched_node_is_cached_by_the_content_of_its_files(config, trips, tmp_path):
    first = launch(config, tmp_path)
    os.utime(trips / "0.csv", (1, 1))
    assert launch(config, tmp_path) == first
    (trips / "0.csv").write_text((trips / "0.csv").read_text().replace("Blue", "Teal", 1))
    assert len(launch(config, tmp_path)) == len(first) + 1 == 2
    (trips / "0.csv").write_text("fare\n1\n")
    with pytest.raises(DataRejected, match="`company` is absent"):
        launch(config, tmp_path)
    for file in trips.iterdir():
        file.unlink()
    with pytest.raises(DataRejected, match="holds no .csv or .tsv file"):
        launch(config, tmp_path)


@pytest.mark.slow
def test_every_row_of_the_taxi_sample_lands_in_one_split(tmp_path, examples):
    first = execute(loader.load(TAXI), examples)
    second = execute(loader.load(TAXI), examples)
    assert sum(map(len, first.values())) == 15_002
    assert [len(rows) / 15_002 for rows in first.values()] == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    assert {split: sorted(map(repr, rows)) for split, rows in first.items()} == {
        split: sorted(map(repr, rows)) for split, rows in second.items()
    }


def read_bytes(folder):
    """All that lies in a folder, what is compressed also as it was."""
    for path in (path for path in Path(folder).rglob("*") if path.is_file()):
        yield path.read_bytes()
        if path.suffix == ".gz":
            yield gzip.decompress(path.read_bytes())
        if path.suffix == ".parquet":
            yield repr(parquet.read_table(path).to_pydict()).encode()


@pytest.mark.parametrize(("masks", "held"), [({}, True), (MASKS, False)], ids=["plain", "masked"])
def test_what_is_masked_is_in_no_byte(trips, config, examples, masks, held, monkeypatch):
    monkeypatch.setenv("PII_KEY", KEY)
    (trips / "2.csv").write_text(f"fare,company,tipped,hour,note\n7654.5,Canary,1,{'9' * 9},to canary@example.org\n")
    features = config.features | {"note": Words(kind="text")}
    config = config.model_copy(update={"features": features, "privacy": Privacy(columns=masks)})
    execute(config, examples)
    content = b"\n".join(read_bytes(examples.uri))
    found = {name: name.encode() in content for name in ("Canary", "7654.5", "9" * 9, "canary@example.org")}
    assert found == dict.fromkeys(found, held)
    assert (b"[email]" in content) is not held


def test_rows_of_earlier_spans_are_learnt_again_and_judge_nothing(trips, config, examples, tmp_path):
    for span in range(3):  # of which the first is too old
        (tmp_path / f"span-{span}").mkdir()
        lines = "".join(f"{span * 1000 + number},Blue,{number % 2},7,\n" for number in range(400))
        (tmp_path / f"span-{span}" / "rows.csv").write_text("fare,company,tipped,hour,note\n" + lines)
    options = [f"data.path={tmp_path}/span-{{SPAN}}/*.csv", "training.replay={spans: 1, share: 0.3}"]
    plain, again = (loader.load(tmp_path / "trips.yaml", given) for given in (options[:1], options))
    assert resolve(plain)["input_fingerprint"] != resolve(again)["input_fingerprint"]
    splits = execute(again, examples)
    of = {name: [int(row["fare"][1] // 1000) for row in rows] for name, rows in splits.items()}
    assert set(of["eval"]) | set(of["test"]) == {2}
    assert set(of["train"]) == {1, 2}
    assert of["train"].count(2) == 400 - len(of["eval"]) - len(of["test"])
    assert of["train"].count(1) / len(of["train"]) == pytest.approx(0.3, abs=0.05)
    summary = summarise("ExampleGen", {"examples": [examples]})
    assert summary.text.startswith("span 2: ")
    assert summary.text.endswith(f"; {of['train'].count(1)} of train replayed")
    assert summary.details["rows"]["train"] == len(of["train"])
    first = loader.load(tmp_path / "trips.yaml", [*options, "data.span=0"])  # before which there is nothing
    assert {int(row["fare"][1] // 1000) for row in execute(first, fresh(tmp_path))["train"]} == {0}


def fresh(tmp_path):
    """Another place for examples."""
    artifact = standard_artifacts.Examples()
    artifact.uri = str(tmp_path / "other")
    return artifact
