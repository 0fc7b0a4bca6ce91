from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.models import Attention, Dnn, Model, Rnn, SelfAttention, WideDeep

ANY: TypeAdapter[Any] = TypeAdapter(Model)


@pytest.mark.parametrize(
    ("given", "model"),
    [
        ({"family": "rnn"}, Rnn(family="rnn", cell="lstm", units=(64,), bidirectional=False)),
        (
            {"family": "wide_deep", "hidden_units": [4], "crosses": [["a", "b"]]},
            WideDeep(family="wide_deep", hidden_units=(4,), crosses=(("a", "b"),), cross_buckets=10_000),
        ),
        (
            {"family": "attention", "mechanism": {"kind": "self", "heads": 2, "width": 8}},
            Attention(family="attention", mechanism=SelfAttention(kind="self", heads=2, width=8, layers=1)),
        ),
    ],
)
def test_the_family_says_what_the_options_are(given: Any, model: Any) -> None:
    assert ANY.validate_python(given) == model


def test_so_many_layers_of_one_width_are_told_in_short() -> None:
    assert Dnn(family="dnn", depth=3, width=8).widths == Dnn(family="dnn", hidden_units=(8, 8, 8)).widths == (8, 8, 8)
    assert Rnn(family="rnn").widths == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"family": "dnn"}, "needs hidden_units, or depth and width"),
        ({"family": "wide_deep"}, "needs hidden_units, or depth and width"),
        ({"family": "dnn", "depth": 4}, "takes depth and width together"),
        ({"family": "rnn", "depth": 4, "width": 8, "hidden_units": [8]}, "takes hidden_units, or depth and width"),
        ({"family": "dnn", "hidden_units": [8], "residual": True, "batch_norm": True}, "leave batch_norm out"),
        ({"family": "dnn", "hidden_units": [0]}, "greater than 0"),
        ({"family": "wide_deep", "hidden_units": [4], "crosses": [["a"]]}, "at least 2"),
        ({"family": "linear", "units": [4]}, "Extra inputs"),
        ({"family": "cnn", "blocks": []}, "at least 1"),
        (
            {"family": "attention", "mechanism": {"kind": "self", "heads": 3, "width": 8}},
            "8 is not divisible by 3 heads",
        ),
        ({"family": "attention", "mechanism": {"kind": "self", "heads": 3}}, "64 is not divisible by 3 heads"),
        ({"family": "boosted_trees", "max_bins": 256}, "less than or equal to 255"),
        ({"family": "boosted_trees", "l2": 0.1}, "Extra inputs"),
    ],
)
def test_options_that_make_no_model_are_refused(given: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ANY.validate_python(given)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["label={name: tipped, kind: multilabel, classes: [a, b]}"], "boosted_trees learns no multilabel label"),
        (["features.miles={kind: text}"], "'miles' is a text: leave it out, or choose another family"),
        (["features.miles={kind: sequence, length: 3, ids: 9}"], "'miles' is a sequence of ids"),
    ],
)
def test_trees_say_what_they_cannot_learn(write: Callable[..., str], overrides: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), ["model={family: boosted_trees}", "training={}", *overrides])
    assert said in told.value.what


@pytest.mark.parametrize(
    ("encoders", "said"),
    [
        ("{nothing: {kind: self}}", "fused has an encoder of 'nothing', which is no feature"),
        ("{miles: {kind: self}}", "fused lets self read 'miles', of kind numeric: it reads text, sequence"),
        ("{photo: {kind: rnn}}", "fused lets rnn read 'photo', of kind image: it reads text, sequence"),
    ],
)
def test_an_encoder_that_cannot_read_its_feature_is_refused(
    write: Callable[..., str], encoders: str, said: str
) -> None:
    photo = "features.photo={kind: image, height: 4, width: 4}"
    with pytest.raises(ConfigError) as told:
        load(write(), [photo, f"model={{family: fused, encoders: {encoders}}}"])
    assert said in told.value.what
