"""Asks an exported model as a model server would.

`python -m components.load_check_process MODEL REQUESTS ANSWERS TIMES`: REQUESTS is a pickle of the inputs by signature
and name, ANSWERS becomes one of a list of the outputs; all are arrays whose first dimension is the row. The process
loads the model by the loader of TensorFlow Serving, and no Python of TensorFlow's.
"""

import pickle
import sys
from pathlib import Path

from components.scoring.saved_model import SavedModel


def main() -> None:
    """Answers the requests."""
    model, asked, answered, times = sys.argv[1:]
    loaded = SavedModel(model)
    requests = pickle.loads(Path(asked).read_bytes())
    answers = [{name: loaded.answer(name, inputs) for name, inputs in requests.items()} for _ in range(int(times))]
    Path(answered).write_bytes(pickle.dumps(answers))


if __name__ == "__main__":
    main()
