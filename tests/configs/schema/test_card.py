"""What a model is for is said in texts, none of which need be there."""

import pytest
from pydantic import ValidationError

from configs.schema.card import Card


def test_nothing_need_be_said():
    assert Card().model_dump() == {"owner": None, "purpose": None, "limits": None, "licence": None}


def test_a_text_that_is_empty_says_nothing():
    with pytest.raises(ValidationError, match="at least 1 character"):
        Card(owner="")
