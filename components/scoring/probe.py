"""Loads a SavedModel and asks it once: `python -m components.scoring.probe FOLDER`, without TensorFlow's Python.

It exits with 1, and the reason as the last line of its standard error, where that cannot be done.
"""

import sys

from components.scoring.c_library import ModelError
from components.scoring.saved_model import SavedModel
from trainer.export.signatures import SERVING


def main() -> None:
    """Asks the signature that servers take where none is named, for a row without values."""
    [folder] = sys.argv[1:]
    try:
        model = SavedModel(folder)
        if SERVING not in model.signatures:
            sys.exit(f"it has no signature {SERVING}")
        model.answer(SERVING, model.signatures[SERVING].make_blanks())
    except ModelError as error:
        sys.exit(next(iter(error.what.splitlines()), "TensorFlow does not say why"))


if __name__ == "__main__":
    main()
