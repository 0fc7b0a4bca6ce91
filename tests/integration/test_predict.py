"""New rows scored by the version in service: by the command line, and by what it calls."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from pyarrow import parquet
from sklearn.metrics import roc_auc_score

from components.load_check import answer_as_loaded
from components.registry.versions import in_service
from configs.errors import ConfigError, DataRejected, MillraceError
from configs.home import Home
from pipelines.execution.worker_pool import WorkerPool, start
from pipelines.serving.batch_predict import Order, place_order, predict, predict_row
from pipelines.serving.sharded_predict import predict_shards, score_part
from tests.fakes.job_server import job_server

pytestmark = pytest.mark.slow
ADDED = ["prediction", "score_0", "score_1"]
NUMERIC = ("fare", "trip_miles", "trip_seconds")


@pytest.fixture(scope="module")
def rows(published):
    """The rows that the pipeline was trained on, as text."""
    with published.data.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def scored(published, tmp_path_factory):
    """The same rows, scored by the command line, and what it said."""
    output = tmp_path_factory.mktemp("scored") / "scored.csv"
    answer = published.millrace("predict", "--input", str(published.data), "--output", str(output))
    assert answer.code == 0, answer.stderr
    with output.open(newline="") as file:
        return answer, output, list(csv.DictReader(file))


@pytest.fixture(scope="module")
def parted(rows, tmp_path_factory):
    """The same rows in three files, of which one has a row that cannot be scored, and what a plain command writes."""
    folder = tmp_path_factory.mktemp("parted")
    for place, part in enumerate((rows[:700], rows[700:701], rows[701:])):
        write(folder / f"{place}.csv", part)
    with (folder / "2.csv").open("a") as file:
        file.write(file_line(rows[0] | {"fare": "much"}))
    return folder


def file_line(row):
    return ",".join(row.values()) + "\n"


def check_shards(published, parted, output):
    """Whether the shards are what a plain command writes, to the last digit, with its rejects, and are told as such."""
    plain = output.parent / "plain.csv"
    predict(published.home, place_order(str(parted), str(plain), True, None, False))
    shards = sorted(output.glob("part-*"))
    assert [shard.name for shard in shards] == [f"part-0000{place}-of-00003.csv" for place in range(3)]
    header, *lines = plain.read_text().splitlines()
    assert [line for shard in shards for line in shard.read_text().splitlines()[1:]] == lines
    assert {shard.read_text().splitlines()[0] for shard in shards} == {header}
    rejects = Path(f"{output}.rejects.jsonl").read_text()
    assert rejects == Path(f"{plain}.rejects.jsonl").read_text()
    assert json.loads(rejects)["column"] == "fare"
    manifest = json.loads((output / "_manifest.json").read_text())
    assert (manifest["version"], manifest["rows"], manifest["rejected"]) == (1, 2000, 1)
    assert [Path(shard["input"]).name for shard in manifest["shards"]] == ["0.csv", "1.csv", "2.csv"]
    assert [shard["rows"] for shard in manifest["shards"]] == [700, 1, 1299]
    assert len(list(output.iterdir())) == 4


def score_all(parts, _run):
    for part in reversed(parts):
        score_part(part)
    score_part(parts[0])  # an engine may do one again


def test_files_that_are_scored_apart_are_scored_alike(published, parted, tmp_path):
    output = tmp_path / "scored.csv"
    order = place_order(str(parted), str(output), True, None, False)
    predict_shards(published.home, order, None, score_all)
    check_shards(published, parted, output)
    with pytest.raises(ConfigError, match="is there already"):
        predict_shards(published.home, order, None, score_all)
    with pytest.raises(DataRejected) as refused:
        predict_shards(published.home, Order(str(parted), str(tmp_path / "b.csv")), None, score_all)
    assert refused.value.where == f"{parted / '2.csv'}:1301:fare"
    with pytest.raises(MillraceError, match="a worker left no shard"):
        predict_shards(published.home, Order(str(parted), str(tmp_path / "b.csv")), None, lambda parts, _: None)
    with pytest.raises(ConfigError, match="a folder of shards"):
        predict_shards(published.home, Order(str(parted), "-"), None, score_all)
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {"plain", "scored"}


@pytest.mark.full
def test_several_processes_write_what_one_does(published, parted, tmp_path):
    output = tmp_path / "scored.csv"
    options = ("--input", str(parted), "--output", str(output), "--on-error", "skip", "--workers", "2")
    answer = published.millrace("predict", *options)
    assert answer.stdout.splitlines()[0] == f"2,000 rows scored by version 1 into 3 shards: {output}", answer.stderr
    check_shards(published, parted, output)


@pytest.mark.full
def test_a_beam_engine_writes_what_one_process_does(published, parted, tmp_path):
    output, workers = tmp_path / "scored.csv", WorkerPool()
    pool, port = start(workers, 0)
    with job_server() as (jobs, endpoint):
        args = {"job_endpoint": endpoint, "environment_type": "EXTERNAL", "environment_config": f"localhost:{port}"}
        engine = json.dumps({"runner": "portable", "args": args})
        options = ("--input", str(parted), "--output", str(output), "--on-error", "skip", "--set", f"beam={engine}")
        answer = published.millrace("predict", *options, "--runner", "portable")
    pool.stop(0)
    workers.end()
    assert answer.code == 0, answer.stderr
    check_shards(published, parted, output)
    assert [verb for verb, _ in jobs.asked] == ["Prepare", "Run"]
    assert jobs.asked[0][1].startswith("millrace-trips-predict-")


def write(path, rows):
    """Writes rows of text as the file's name says."""
    if path.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return str(path)


def read(path):
    """The rows of a file that was written, as plain values."""
    if path.suffix == ".parquet":
        return parquet.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def agree(found, expected):
    """Whether rows are answered alike; in batches of other sizes a model may differ in the last bit."""
    scores = [[[float(row[name]) for name in ADDED[1:]] for row in rows] for rows in (found, expected)]
    return [row["prediction"] for row in found] == [row["prediction"] for row in expected] and np.allclose(
        *scores, rtol=0, atol=1e-6
    )


def as_example(row):
    """A tf.Example of the features of a row, made by hand."""
    example = tf.train.Example()
    for name in NUMERIC:
        if row[name]:
            example.features.feature[name].float_list.value.append(float(row[name]))
    for name in ("payment_type", "company"):
        if row[name]:
            example.features.feature[name].bytes_list.value.append(row[name].encode())
    return example.SerializeToString()


def ask(sandbox, examples):
    """What the version in service predicts of tf.Examples, asked as a server would."""
    requests = {"serving_default": {"examples": np.array(examples, object)}}
    answers, _ = answer_as_loaded(str(in_service(sandbox.home).path), requests)
    return answers["serving_default"]["prediction"]


def test_input_columns_come_back_as_they_came_and_in_order(published, scored):
    answer, output, _ = scored
    lines = output.read_text().splitlines()
    assert [line.rsplit(",", 3)[0] for line in lines] == published.data.read_text().splitlines()
    assert lines[0].split(",")[-3:] == ADDED
    assert (answer.stdout.partition(" in ")[0], answer.stderr) == ("2,000 rows scored by version 1", "")
    assert answer.stdout.endswith(f" s: {output}\n")
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_scores_are_those_of_the_model_in_service(published, rows, scored):
    _, _, found = scored
    expected = ask(published, [as_example(row) for row in rows])[:, 0]
    scores = np.array([float(row["score_1"]) for row in found])
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    np.testing.assert_allclose([float(row["score_0"]) for row in found], 1 - scores, atol=1e-6)
    assert [row["prediction"] for row in found] == [str(int(score > 0.5)) for score in scores]
    assert roc_auc_score([int(row["big_tipper"]) for row in rows], scores) > 0.7


@pytest.mark.parametrize("source", ["rows.csv", "rows.jsonl", "rows.parquet"])
@pytest.mark.parametrize("target", ["scored.csv", "scored.jsonl", "scored.parquet"])
def test_every_format_gives_the_same_scores(published, rows, scored, tmp_path, source, target):
    typed = [{**row, **{name: float(row[name]) for name in NUMERIC if row[name]}} for row in rows[:300]]
    blanks = [{name: None if value == "" else value for name, value in row.items()} for row in typed]
    given = rows[:300] if source == "rows.csv" else blanks
    output = tmp_path / target
    done = predict(published.home, Order(write(tmp_path / source, given), str(output)))
    found = read(output)
    assert (done.version, done.rows, done.rejected) == (1, 300, 0)
    assert agree(found, scored[2][:300])
    assert list(found[0]) == [*given[0], *ADDED]
    if source.split(".")[1] == target.split(".")[1]:
        assert [{name: row[name] for name in row if name not in ADDED} for row in found] == given


def test_a_blank_a_null_and_an_absent_key_are_the_same_missing_value(published, rows, tmp_path):
    blank = {**rows[0], "fare": "", "company": ""}
    null = {**rows[0], "fare": None, "company": None}
    absent = {name: value for name, value in rows[0].items() if name not in ("fare", "company")}
    output = tmp_path / "scored.jsonl"
    predict(published.home, Order(write(tmp_path / "rows.jsonl", [blank, null, absent]), str(output)))
    found = read(output)
    assert [set(row) for row in found] == [{*row, *ADDED} for row in (blank, null, absent)]
    assert agree(found, found[:1] * 3)
    expected = ask(published, [as_example(blank)])
    assert found[0]["score_1"] == pytest.approx(expected.item(), abs=1e-6)


def test_neither_the_label_nor_other_columns_are_needed_and_files_go_in_order(published, rows, scored, tmp_path):
    features = [*NUMERIC, "payment_type", "company"]
    few = [{name: row[name] for name in features} for row in rows[:40]]
    (tmp_path / "new").mkdir()
    write(tmp_path / "new" / "2.csv", few[30:])
    write(tmp_path / "new" / "1.csv", few[:30])
    for source in ("new", "new/*.csv"):
        output = tmp_path / "scored.csv"
        predict(published.home, Order(str(tmp_path / source), str(output), force=True))
        assert agree(read(output), scored[2][:40])


def test_the_versions_own_config_counts_and_not_the_yaml_of_today(fresh, published, scored, tmp_path):
    text = fresh.config.read_text().replace("company: {kind: categorical", "tips: {kind: numeric")
    fresh.config.write_text(
        text.replace(", vocabulary: 50, oov: 2}", "}").replace("root: workspace", f"root: {published.home.root.parent}")
    )
    output = tmp_path / "scored.csv"
    answer = fresh.millrace("predict", "--input", str(published.data), "--output", str(output))
    assert answer.code == 0, answer.stderr
    assert output.read_text() == scored[1].read_text()


@pytest.fixture
def faulty(rows, tmp_path):
    """Ten rows, of which the fourth and the sixth line cannot be scored."""
    path = tmp_path / "faulty.csv"
    write(path, [dict(row, fare="much" if index == 2 else row["fare"]) for index, row in enumerate(rows[:10])])
    lines = path.read_text().splitlines()
    lines[5] += ",more"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_first_faulty_row_is_named_and_nothing_is_left(published, faulty, tmp_path):
    output = tmp_path / "out" / "scored.csv"
    output.parent.mkdir()
    answer = published.millrace("predict", "--input", str(faulty), "--output", str(output))
    assert (answer.code, answer.stdout) == (3, "")
    assert answer.stderr == (
        f"{faulty}:4:fare: `much` is not a finite number, as a numeric column needs.\n"
        "Correct it, or leave such rows out by --on-error skip.\n"
    )
    assert list(output.parent.iterdir()) == []


def test_a_fault_far_down_leaves_nothing_either(published, rows, tmp_path, monkeypatch):
    monkeypatch.setattr("components.readers.row_batch.ROWS", 5)
    source = write(
        tmp_path / "rows.csv",
        [dict(row, fare="much" if index == 13 else row["fare"]) for index, row in enumerate(rows[:20])],
    )
    with pytest.raises(DataRejected) as error:
        predict(published.home, Order(source, str(tmp_path / "scored.csv")))
    assert error.value.where == f"{source}:15:fare"
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_faulty_rows_can_be_left_out_and_are_kept_with_their_reasons(published, rows, scored, faulty, tmp_path):
    output = tmp_path / "scored.csv"
    options = ("--input", str(faulty), "--output", str(output), "--on-error", "skip")
    answer = published.millrace("predict", *options)
    assert answer.code == 0, answer.stderr
    assert answer.stdout.startswith("8 rows scored by version 1 in ")
    assert answer.stdout.endswith(f"\n2 rows left out: {output}.rejects.jsonl\n")
    kept = [index for index in range(10) if index not in (2, 4)]
    assert agree(read(output), [scored[2][index] for index in kept])
    rejects = read(tmp_path / "scored.csv.rejects.jsonl")
    assert [(line["file"], line["row"], line["column"]) for line in rejects] == [
        (str(faulty), 4, "fare"),
        (str(faulty), 6, None),
    ]
    assert rejects[0]["reason"] == "`much` is not a finite number, as a numeric column needs."
    assert rejects[0]["values"] == {**rows[2], "fare": "much"}
    assert rejects[1]["reason"] == "The row has 20 fields; the header has 19."
    assert rejects[1]["values"] == [*rows[4].values(), "more"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_the_row_is_named_in_every_format(published, rows, tmp_path, name):
    number = {"rows.csv": 4, "rows.jsonl": 3, "rows.parquet": 3}[name]
    source = write(tmp_path / name, [{**rows[0], "fare": cell} for cell in ("1", "2", "nan")])
    with pytest.raises(DataRejected) as error:
        predict(published.home, Order(source, str(tmp_path / "scored.csv")))
    assert error.value.where == f"{source}:{number}:fare"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fares": "fare"}, "The column `fare` is absent. The nearest is `fares`. The columns are: {names}."),
        ({"score_1": "tips"}, "The column `score_1` is there already, and the answers have one of this name."),
    ],
)
def test_columns_that_do_not_fit_are_named(published, rows, tmp_path, change, said):
    [(new, old)] = change.items()
    source = write(
        tmp_path / "rows.csv", [{new if name == old else name: row[name] for name in row} for row in rows[:3]]
    )
    with pytest.raises(DataRejected) as error:
        predict(published.home, Order(source, str(tmp_path / "scored.csv")))
    names = ", ".join(new if name == old else name for name in rows[0])
    assert (error.value.what, error.value.where) == (said.format(names=names), source)


def test_a_column_that_comes_late_is_refused_by_a_table_and_kept_by_json_lines(published, rows, tmp_path):
    write(tmp_path / "1.jsonl", rows[:2])
    write(tmp_path / "2.jsonl", [{**rows[2], "note": "late"}])
    for name in ("scored.csv", "scored.parquet"):
        with pytest.raises(DataRejected, match="The column `note` was not in the rows before"):
            predict(published.home, Order(str(tmp_path / "*.jsonl"), str(tmp_path / name)))
        assert not (tmp_path / name).exists()
    (tmp_path / "out").mkdir()
    predict(published.home, Order(str(tmp_path / "*.jsonl"), str(tmp_path / "out" / "scored.jsonl")))
    assert read(tmp_path / "out" / "scored.jsonl")[2]["note"] == "late"


@pytest.mark.parametrize("target", ["scored.csv", "scored.jsonl", "scored.parquet"])
@pytest.mark.parametrize("source", ["rows.csv", "rows.parquet"])
def test_no_rows_are_scored_to_no_rows(published, rows, tmp_path, source, target):
    given = tmp_path / source
    write(given, rows[:1])
    if source == "rows.parquet":
        parquet.write_table(parquet.read_table(given).slice(0, 0), given)
    else:
        given.write_text(given.read_text().splitlines()[0] + "\n")
    assert predict(published.home, Order(str(given), str(tmp_path / target))).rows == 0
    assert read(tmp_path / target) == []
    if target == "scored.parquet":
        assert parquet.read_schema(tmp_path / target).names == [*rows[0], *ADDED]


def test_values_that_are_no_text_are_spelled_as_a_csv_file_would(published, rows, tmp_path):
    more = {"flag": True, "tags": ["é", 1], "count": 3, "none": None}
    write(tmp_path / "rows.jsonl", [{**rows[0], **more}])
    predict(published.home, Order(str(tmp_path / "rows.jsonl"), str(tmp_path / "scored.csv")))
    [found] = read(tmp_path / "scored.csv")
    assert {name: found[name] for name in more} == {"flag": "true", "tags": '["é", 1]', "count": "3", "none": ""}


def test_parquet_comes_back_with_its_types(published, rows, tmp_path):
    table = pa.Table.from_pylist(rows[:5])
    table = table.set_column(table.schema.names.index("company"), "company", table["company"].dictionary_encode())
    table = table.append_column("at", pa.array([1, None, 3, 4, 5], pa.timestamp("us", "Europe/Zurich")))
    parquet.write_table(table, tmp_path / "rows.parquet")
    predict(published.home, Order(str(tmp_path / "rows.parquet"), str(tmp_path / "scored.parquet")))
    found = parquet.read_table(tmp_path / "scored.parquet")
    assert found.select(table.schema.names).equals(table)
    assert [found.schema.field(name).type for name in ADDED] == [pa.string(), pa.float64(), pa.float64()]


def test_standard_output_is_csv_for_csv(published, scored):
    answer = published.millrace("predict", "--input", str(published.data), "--output", "-")
    assert (answer.code, answer.stdout) == (0, scored[1].read_text())
    assert answer.stderr.startswith("2,000 rows scored by version 1 in ")


def test_a_row_from_the_shell_is_answered(published, rows, scored):
    row = {**rows[0], "fare": float(rows[0]["fare"]), "tips": None}
    answer = published.millrace("predict", "--row", json.dumps(row), "--output", "json")
    assert (answer.code, answer.stderr) == (0, "")
    found = json.loads(answer.stdout)
    assert list(found) == ADDED
    assert agree([found], scored[2][:1])
    assert predict_row(published.home, json.dumps(row), 1) == found
    text = published.millrace("predict", "--row", json.dumps(row))
    assert dict(line.split() for line in text.stdout.splitlines()) == {name: str(found[name]) for name in ADDED}


@pytest.mark.parametrize(
    ("row", "error", "where", "said"),
    [
        ("{fare: 3}", ConfigError, "--row", "The row is no JSON: "),
        ("[3]", ConfigError, "--row", "The row is no JSON object."),
        ('{"fare": "much"}', DataRejected, "--row:fare", "`much` is not a finite number"),
        ('{"fare": 3, "company": null}', DataRejected, "--row", "The column `trip_miles` is absent"),
    ],
)
def test_a_row_that_cannot_be_answered_is_refused(published, row, error, where, said):
    if "much" in row:
        row = json.dumps({**dict.fromkeys([*NUMERIC, "payment_type", "company"]), "fare": "much"})
    with pytest.raises(error) as refused:
        predict_row(published.home, row)
    assert (refused.value.where, refused.value.what[: len(said)]) == (where, said)


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
@pytest.mark.parametrize("part", ["output", "rejects"])
def test_the_input_is_never_written_over_whatever_its_name(published, rows, tmp_path, link, part):
    source = write(tmp_path / "rows.csv", rows[:3])
    before, name = Path(source).read_bytes(), source
    if link:
        name = str(tmp_path / "other.csv")
        link(source, name)
    targets = {"output": str(tmp_path / "scored.csv")} | {part: name}
    with pytest.raises(ConfigError, match="which is read. Name another file to write") as refused:
        predict(published.home, Order(source, **targets, force=True))
    assert refused.value.where == name
    assert Path(source).read_bytes() == before


def test_what_is_replaced_is_there_until_all_is_scored(published, rows, tmp_path):
    source, output = write(tmp_path / "rows.csv", [*rows[:3], rows[3] | {"fare": "much"}]), tmp_path / "scored.csv"
    output.write_text("precious")
    with pytest.raises(DataRejected):
        predict(published.home, Order(source, str(output), force=True))
    assert output.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "scored.csv"]


def test_an_output_that_is_there_is_replaced_only_by_force(published, rows, tmp_path):
    source, output = write(tmp_path / "rows.csv", rows[:2]), tmp_path / "scored.csv"
    output.write_text("precious")
    with pytest.raises(ConfigError, match="there already"):
        predict(published.home, Order(source, str(output)))
    assert output.read_text() == "precious"
    predict(published.home, Order(source, str(output), force=True))
    assert len(read(output)) == 2


@pytest.mark.parametrize(
    ("names", "output", "said"),
    [
        ([], "out.csv", "There is no such file"),
        (["rows.doc"], "out.csv", "The file is none of .csv, .tsv, .txt, .jsonl"),
        (["rows.csv", "rows.parquet"], "out.csv", "The file is of another format than "),
        (["rows.csv"], "out.xlsx", "the name does not say the format"),
        (["rows.csv"], "no/out.csv", "cannot be written: no such file or directory"),
    ],
)
def test_files_that_cannot_be_read_or_written_are_refused(published, rows, tmp_path, names, output, said):
    (tmp_path / "new").mkdir()
    for name in names:
        write(tmp_path / "new" / name, rows[:1])
    with pytest.raises(MillraceError) as error:
        predict(published.home, Order(str(tmp_path / "new" / "*"), str(tmp_path / output)))
    assert error.value.what.startswith(said)


def test_a_version_is_asked_by_its_number_and_one_that_is_not_there_is_refused(published, rows, tmp_path):
    source = write(tmp_path / "rows.csv", rows[:1])
    assert predict(published.home, Order(source, str(tmp_path / "scored.csv")), 1).version == 1
    with pytest.raises(ConfigError, match="there is no version 7") as error:
        predict(published.home, Order(source, str(tmp_path / "other.csv")), 7)
    assert error.value.remedy == "There are: 1."
    with pytest.raises(MillraceError, match="nothing is in service yet"):
        predict(Home(tmp_path / "none"), Order(source, str(tmp_path / "other.csv")))
