"""Text that passes through others' templates as it is."""

import pytest

from configs.errors import ConfigError
from configs.loading.packed_text import MARK, pack, protect, unpack
from tests.fakes.pods import expand

HARMFUL = ["$", "$$", "$(MILLRACE_METADATA)", "a: [[CurrentTime]]", "{{workflow.uid}}", "é\n\x7f", "H4sIAAAA"]


@pytest.mark.parametrize("text", [*HARMFUL, "", "name: trips\n" * 1000])
def test_a_text_is_unpacked_as_it_was(text: str) -> None:
    packed = pack(text)
    assert packed.startswith(MARK)
    assert unpack(packed, "here") == text
    assert packed == pack(text)


@pytest.mark.parametrize("text", HARMFUL)
def test_nobody_replaces_anything_in_a_packed_text(text: str) -> None:
    packed = pack(text)
    assert expand(packed, {"MILLRACE_METADATA": "s3cret"}) == packed
    assert not {"$", "[", "{"} & set(packed)


def test_a_text_is_packed_where_it_would_be_changed_alone() -> None:
    assert protect("training.epochs=3") == "training.epochs=3"
    for text in ("a=$", "a=[[Index]]", "a={{b}}", "H4sIx"):
        assert unpack(protect(text), "here") == text != protect(text)


def test_a_text_that_was_not_packed_stays() -> None:
    assert unpack("name: trips", "here") == "name: trips"


@pytest.mark.parametrize("text", ["H4sI", "H4sIAAAA", pack("name: trips")[:-8], pack("a") + "!", pack("a") + pack("b")])
def test_a_damaged_one_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="^here: begins like a packed text, and is none, or not all of it"):
        unpack(text, "here")
