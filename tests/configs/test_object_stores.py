"""What is said of the errors of object stores."""

import pytest

from configs.errors import ConfigError, MillraceError
from configs.object_stores import DATA, explain

URL = "s3://models/taxi"


@pytest.mark.parametrize(
    ("error", "kind", "words", "remedy"),
    [
        (
            PermissionError("Denied"),
            MillraceError,
            "may not do that in the store: Denied.",
            "Let it list and read what",
        ),
        (OSError("[5] Connection\nreset"), MillraceError, "cannot be used: OSError: [5] Connection.", "can be reached"),
        (ValueError("Protocol not known: abc"), ConfigError, "no store that is known: Protocol", "Let data.path begin"),
        (FileNotFoundError("No bucket"), MillraceError, "The store is not there: No bucket.", "correct data.path."),
    ],
)
def test_an_error_is_one_paragraph(error: Exception, kind: type[MillraceError], words: str, remedy: str) -> None:
    told = explain(URL, DATA, error)
    assert type(told) is kind
    assert words in told.what
    assert told.where == URL
    assert remedy in told.remedy
