import pickle

import numpy as np
import tensorflow as tf

from components.load_check_process import main


class Double(tf.Module):
    """Doubles numbers."""

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="fare")])
    def double(self, fare):
        return {"prediction": 2 * fare}


def test_requests_are_answered_by_signature_and_name(tmp_path, monkeypatch):
    model, asked, answered = (str(tmp_path / name) for name in ("model", "asked", "answered"))
    made = Double()
    tf.saved_model.save(made, model, signatures={"serving_raw": made.double})
    (tmp_path / "asked").write_bytes(pickle.dumps({"serving_raw": {"fare": np.array([[1.5], [2.0]], "float32")}}))
    monkeypatch.setattr("sys.argv", ["load_check_process", model, asked, answered, "2"])
    main()
    answers = pickle.loads((tmp_path / "answered").read_bytes())
    found = [{name: outputs["prediction"].tolist() for name, outputs in each.items()} for each in answers]
    assert found == [{"serving_raw": [[3.0], [4.0]]}] * 2
