import os

import pytest

from configs.errors import ConfigError, DataRejected
from pipelines.serving.batch_predict import list_inputs, place_order, quieten


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ((None, "out.csv", False, None), "--input, --output"),
        (("in.csv", None, False, None), "--input, --output"),
        (("in.csv", "-", True, None), "--on-error skip"),
        (("in.csv", "out.csv", False, "rejects.jsonl"), "--rejects"),
        (("in.csv", "out.csv", True, "out.csv"), "--rejects out.csv"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, where):
    with pytest.raises(ConfigError) as error:
        place_order(*options, force=False)
    assert error.value.where == where


def test_an_input_that_is_not_there_is_answered_with_the_nearest(tmp_path):
    (tmp_path / "customers.csv").touch()
    with pytest.raises(DataRejected) as error:
        list_inputs(str(tmp_path / "custmers.csv"))
    assert error.value.remedy == "Did you mean 'customers.csv'?"


def test_what_libraries_say_while_rows_are_read_is_not_shown(capfd):
    def read():
        os.write(2, b"Could not find TensorRT")
        yield "a pair"
        raise DataRejected("The file ends amid a row.", "rows.tfrecord", "Correct it.")

    pairs = quieten(read())
    assert next(pairs) == "a pair"
    with pytest.raises(DataRejected, match="amid a row"):
        next(pairs)
    assert capfd.readouterr().err == ""
