import bz2
import gzip

import pytest
import tensorflow as tf

from components.readers.formats import FORMATS, find_scored
from components.validation import validate
from components.validation.column_types import Role
from configs.errors import DataRejected
from pipelines.onboarding.config_draft import draft

ROLES = {
    "fare": Role("numeric", "fare"),
    "company": Role("categorical", "company"),
    "past": Role("sequence", "past"),
    "clicks": Role("ids", "clicks"),
    "tipped": Role("label", "tipped", classes=("0", "1")),
}


def example(**features):
    kinds = {float: ("float_list", tf.train.FloatList), int: ("int64_list", tf.train.Int64List)}
    example = tf.train.Example()
    for name, values in features.items():
        kind, make = kinds.get(type(values[0]), ("bytes_list", tf.train.BytesList)) if values else (None, None)
        feature = tf.train.Feature(**{kind: make(value=values)}) if kind else tf.train.Feature()
        example.features.feature[name].CopyFrom(feature)
    return example.SerializeToString()


def write(path, *examples):
    options = tf.io.TFRecordOptions(compression_type="GZIP" if path.suffix == ".gz" else "")
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for each in examples:
            writer.write(each)
    return str(path)


FIRST = example(fare=[0.0], company=["Zürich".encode()], past=[1.0, 2.0], clicks=[3, 0], tipped=[0], more=[b"\xff"])
SECOND = example(fare=[], past=[5.0], tipped=[1])


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecord.gz"])
def test_examples_are_scored_as_they_came(tmp_path, name):
    [batch] = find_scored(path := write(tmp_path / name, FIRST, SECOND)).read_rows(path)
    assert list(batch.numbers) == [1, 2]
    assert [record["past"] for record in batch.records] == [[1.0, 2.0], [5.0]]


@pytest.mark.slow
def test_a_draft_is_made_of_examples(tmp_path):
    rows = [example(x=[float(n)], c=[b"AB"[n % 2 : n % 2 + 1]], past=[1.0, 2.0], y=[n % 3 // 2]) for n in range(60)]
    drawn = draft(write(tmp_path / "rows.tfrecord.gz", *rows), "y", tmp_path / "it.yaml")
    kinds = {name: found.kind for name, found in drawn.features.items()}
    assert kinds == {"x": "numeric", "c": "categorical"}
    assert "past" in drawn.left_out
    assert "  format: tfrecord\n  path: rows.tfrecord.gz\n" in drawn.text


def test_another_compression_than_gzip_is_named(tmp_path):
    (tmp_path / "a.tfrecord.bz2").write_bytes(bz2.compress(b"records"))
    with pytest.raises(DataRejected, match="compressed by bz2; TFRecords of tf.Examples may be by gzip"):
        find_scored("a.tfrecord.bz2").read_header(str(tmp_path / "a.tfrecord.bz2"))


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecord.gz"])
def test_examples_are_rows_whose_zeros_are_zeros(tmp_path, name):
    path = write(tmp_path / name, FIRST, SECOND)
    [batch] = validate.check_batches([path], "tfrecord", ROLES)
    assert batch.to_pylist() == [
        {"fare": 0.0, "company": "Zürich", "past": [1.0, 2.0], "clicks": [3, 0], "tipped": 0},
        {"fare": None, "company": None, "past": [5.0], "clicks": None, "tipped": 1},
    ]


def test_all_features_are_columns_where_none_are_named(tmp_path):
    [batch] = FORMATS["tfrecord"].read_batches(write(tmp_path / "a.tfrecord", FIRST, SECOND))
    assert sorted(batch.schema.names) == ["clicks", "company", "fare", "more", "past", "tipped"]
    assert batch.column(batch.schema.names.index("past")).to_pylist() == [[1.0, 2.0], [5.0]]


def test_a_list_where_one_value_is_expected_is_told_by_row(tmp_path):
    path = write(tmp_path / "a.tfrecord", SECOND, example(fare=[1.0, 2.0], company=[b"x"], tipped=[1]))
    with pytest.raises(DataRejected, match="The feature holds several values") as caught:
        list(FORMATS["tfrecord"].read_batches(path, ["fare"]))
    assert caught.value.where == f"{path}:2:fare"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"no record at all, but text", "cannot be read as TFRecords of tf.Examples"),
        (gzip.compress(b"no record", mtime=0), "This is compressed by gzip, not TFRecords of tf.Examples"),
        (b"%PDF-1.7", "This is a PDF document, not TFRecords of tf.Examples"),
    ],
)
def test_what_is_no_record_is_refused_by_name(tmp_path, content, what):
    (tmp_path / "a.tfrecord").write_bytes(content)
    with pytest.raises(DataRejected, match=what) as caught:
        list(validate.check_batches([str(tmp_path / "a.tfrecord")], "tfrecord", ROLES))
    assert caught.value.where == str(tmp_path / "a.tfrecord")


def test_examples_of_sequences_are_called_so(tmp_path):
    steps = tf.train.FeatureList(feature=[tf.train.Feature(float_list=tf.train.FloatList(value=[1.0]))])
    lists = tf.train.FeatureLists(feature_list={"steps": steps})
    context = tf.train.Features(feature={"tipped": tf.train.Feature(int64_list=tf.train.Int64List(value=[1]))})
    sequence = tf.train.SequenceExample(context=context, feature_lists=lists).SerializeToString()
    path = write(tmp_path / "a.tfrecord", sequence)
    with pytest.raises(DataRejected, match="The records are SequenceExamples"):
        list(validate.check_batches([path], "tfrecord", ROLES))


def test_a_record_that_is_no_example_is_refused(tmp_path):
    with pytest.raises(DataRejected, match="cannot be read as TFRecords of tf.Examples"):
        list(FORMATS["tfrecord"].read_batches(write(tmp_path / "a.tfrecord", b"no example")))
