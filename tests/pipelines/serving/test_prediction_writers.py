import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from components.readers.row_batch import Batch
from configs.errors import DataRejected
from pipelines.serving.prediction_writers import WRITERS

COLUMNS = ["prediction", "score_0"]
ROWS = [{"fare": "1", "note": "a, b"}, {"fare": None, "note": ""}]
ANSWERS = {"prediction": ["yes", "no"], "score_0": [0.25, 0.5]}


def batch(rows=ROWS):
    return Batch("rows.jsonl", list(rows[0]), range(2, 2 + len(rows)), rows)


def written(path, *batches):
    writer = WRITERS[path.suffix](str(path), COLUMNS)
    for each in batches:
        writer.write(each, ANSWERS)
    writer.close()
    return path


def test_csv_quotes_what_needs_it(tmp_path):
    text = written(tmp_path / "scored.csv", batch()).read_text()
    assert text == 'fare,note,prediction,score_0\n1,"a, b",yes,0.25\n,,no,0.5\n'


def test_json_lines_keep_the_keys_of_each_row(tmp_path):
    lines = written(tmp_path / "scored.jsonl", batch()).read_text().splitlines()
    assert json.loads(lines[0]) == {"fare": "1", "note": "a, b", "prediction": "yes", "score_0": 0.25}


def test_parquet_keeps_its_types(tmp_path):
    rows = pa.RecordBatch.from_pydict({"fare": [1.5, None]})
    path = written(tmp_path / "scored.parquet", Batch("rows.parquet", ["fare"], range(1, 3), rows))
    table = parquet.read_table(path)
    assert table.to_pydict() == {"fare": [1.5, None], **ANSWERS}
    assert table.schema.types == [pa.float64(), pa.string(), pa.float64()]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_refuses_a_column_that_comes_late(tmp_path, suffix):
    late = [{**row, "late": "1"} for row in ROWS]
    with pytest.raises(DataRejected, match="late"):
        written(tmp_path / f"scored{suffix}", batch(), batch(late))


@pytest.mark.parametrize(("suffix", "header"), [(".csv", "prediction,score_0\n"), (".jsonl", "")])
def test_no_rows_leave_the_columns_alone(tmp_path, suffix, header):
    assert written(tmp_path / f"scored{suffix}").read_text() == header
