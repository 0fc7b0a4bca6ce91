"""Nothing comes into service but what was recorded, loads, answers, and was judged against what is in service."""

import shutil

import pytest

from components.registry.door import Candidate, admit, find_refusal, require_judged, require_sealed, require_welcome
from components.registry.tree_digest import tree_digest
from components.registry.versions import EXTRA, in_service
from configs.errors import MillraceError, NotBlessed


def flip(path):
    """Changes one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def delete(path):
    path.unlink()


def record(digest, away=None):
    word = {"by": "ada@mill", "at": "2026-01-02T03:04:05+00:00", "reason": "it is slow"}
    return {"model_digest": digest, **word, **({"away": away} if away else {})}


@pytest.mark.parametrize("harm", [flip, cut, delete])
def test_a_part_that_is_not_what_was_recorded_is_named(model, harm):
    folders = [model("a"), model("b")]
    candidate = Candidate(folders[0], {"schema": folders[1]}, {folder: tree_digest(folder) for folder in folders})
    require_sealed(candidate)
    harm(folders[1] / "saved_model.pb")
    with pytest.raises(
        MillraceError, match="changed, cut or deleted after it was made; nothing was published"
    ) as error:
        require_sealed(candidate)
    assert error.value.where == str(folders[1])
    shutil.rmtree(folders[1])
    with pytest.raises(MillraceError, match="this part of the candidate is gone"):
        require_sealed(candidate)


def test_what_was_judged_against_must_be_in_service(three):
    current = in_service(three)
    require_judged(current, current.model_digest)
    require_judged(None, None)
    for version, against, now in ((current, None, "version 3 is"), (current, "x", "version 3 is"), (None, "x", "noth")):
        with pytest.raises(NotBlessed, match=f"has changed since the candidate was judged: {now}") as error:
            require_judged(version, against)
        assert error.value.exit_code == 4


@pytest.mark.parametrize(
    ("records", "refused"),
    [
        ([record("a")], False),
        ([record("a"), record("b"), record("a", away="b")], False),
        ([record("b"), record("a"), record("b", away="a")], True),
        ([record("b"), record("a"), record("b", away="a"), record("c"), record("b", away="c")], True),
        ([record("b"), record("a"), record("b", away="a"), record("a")], False),
        ([record("b"), record("a"), record("b", away="a"), record("a", away="b")], False),
    ],
    ids=["published", "gone back to", "rolled away from", "long ago", "promoted since", "rolled forward to"],
)
def test_a_model_is_refused_from_its_rollback_until_somebody_puts_it_back(records, refused):
    assert (find_refusal(records, "a") is not None) == refused
    if refused:
        said = r"rolled away from by ada@mill at 2026-01-02T03:04:05\+00:00: it is slow"
        with pytest.raises(NotBlessed, match=said) as error:
            require_welcome(records, "a")
        assert "millrace promote" in error.value.remedy
    else:
        require_welcome(records, "a")


@pytest.fixture(scope="module")
def answering(tmp_path_factory):
    """A SavedModel that answers."""
    tf = pytest.importorskip("tensorflow")

    class Length(tf.Module):
        def __init__(self):
            super().__init__()
            self.weight = tf.Variable(tf.random.normal([64, 64]))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(self, examples):
            length = tf.cast(tf.strings.length(examples), tf.float32)
            return {"prediction": length[:, None] + tf.reduce_sum(self.weight)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def fail(self, examples):
            with tf.control_dependencies([tf.debugging.Assert(tf.size(examples) > 99, ["too few examples"])]):
                return {"prediction": tf.identity(tf.strings.length(examples))}

    made, folder = Length(), tmp_path_factory.mktemp("models")
    for name, signatures in {
        "good": {"serving_default": made.serve},
        "failing": {"serving_default": made.fail},
        "unnamed": {"other": made.serve},
    }.items():
        tf.saved_model.save(made, str(folder / name), signatures=signatures)
    return folder


def digest(folder):
    return tree_digest(folder, exclude=[EXTRA])


@pytest.mark.slow
def test_what_loads_and_answers_is_admitted(answering):
    admit(answering / "good", digest(answering / "good"))


@pytest.mark.slow
def test_what_is_not_the_model_that_was_recorded_is_refused(answering, tmp_path):
    other = shutil.copytree(answering / "good", tmp_path / "other")
    flip(other / "saved_model.pb")
    with pytest.raises(MillraceError, match="not the one that was recorded"):
        admit(other, digest(answering / "good"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "harm", "said"),
    [
        ("good", lambda folder: cut(folder / "saved_model.pb"), "."),
        ("good", lambda folder: cut(folder / "variables" / "variables.data-00000-of-00001"), "."),
        ("good", lambda folder: flip(folder / "variables" / "variables.data-00000-of-00001"), "[Cc]hecksum"),
        ("good", lambda folder: shutil.rmtree(folder / "variables"), "."),
        ("failing", lambda folder: None, "too few examples|assertion failed"),
        ("unnamed", lambda folder: None, "it has no signature serving_default"),
    ],
    ids=["a cut graph", "cut weights", "a flipped bit", "no weights", "no answer", "no signature"],
)
def test_what_cannot_be_loaded_and_asked_is_refused_by_name(answering, tmp_path, name, harm, said):
    folder = shutil.copytree(answering / name, tmp_path / "model")
    harm(folder)
    with pytest.raises(MillraceError, match=f"cannot be loaded and asked, and was not published: .*({said})") as error:
        admit(folder, digest(folder))
    assert error.value.where == str(folder)


@pytest.mark.slow
def test_a_process_that_dies_of_a_model_takes_nobody_along(answering, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nkill -SEGV $$\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    with pytest.raises(MillraceError, match="its process ended with -11"):
        admit(answering / "good", digest(answering / "good"))
