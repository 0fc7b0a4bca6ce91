"""TensorFlow's refusals; test_saved_model.py calls the library."""

import ctypes
import pickle

import pytest

from components.scoring.c_library import ModelError, checked, open_library


def test_what_is_refused_goes_to_another_process_whole():
    error = pickle.loads(pickle.dumps(ModelError("no", "model", "Mend it.", code=3)))
    assert (error.what, error.where, error.remedy, error.code) == ("no", "model", "Mend it.", 3)


def test_a_status_that_says_no_is_raised():
    library = open_library()
    with pytest.raises(ModelError, match="Could not find SavedModel") as error, checked(library, "nowhere") as status:
        graph, options = library.TF_NewGraph(), library.TF_NewSessionOptions()
        library.TF_LoadSessionFromSavedModel(options, None, b"/nowhere", None, 0, graph, None, status)
    assert (error.value.where, error.value.code) == ("nowhere", 5)  # not found


def test_a_refusal_may_quote_bytes_that_are_no_text():
    library = open_library()
    with pytest.raises(ModelError, match="value: 'n\ufffd%'"), checked(library, "model") as status:
        library.TF_SetStatus(ctypes.c_void_p(status), 3, b"value: 'n\x8a%'")
