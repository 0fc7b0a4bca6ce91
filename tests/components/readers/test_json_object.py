import json

import pytest

from components.readers.json_object import Doubled, gather


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"a": 1, "b": 2, "b": 2}', "b"),
        ('{"\\u0061": 1, "a": null}', "a"),
        ('{"a": 1, "b": 2}', None),
        ('{"a": {"b": 1, "b": 2}}', None),
        ("{}", None),
    ],
)
def test_an_object_tells_whether_a_key_stands_twice_in_it(text, key):
    found = json.loads(text, object_pairs_hook=gather)
    assert found == json.loads(text)
    assert (found.key if isinstance(found, Doubled) else None) == key
