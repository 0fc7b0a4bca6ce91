import numpy as np
import pytest

from components.validation.validate import check_small
from configs.errors import ConfigError, DataRejected
from configs.schema.evaluation import Threshold
from tests.pipelines.onboarding.conftest import ROWS, draw, mix, of


def test_two_classes_are_told_apart_and_the_trivial_model_is_to_be_beaten(mixed):
    drawn, config = mixed
    share = (mix()["churned"] == "no").mean()
    assert (config.label.kind, config.label.classes) == ("binary", ("no", "yes"))
    assert config.evaluation.thresholds == {
        "auc": Threshold(min=0.6, max_drop=0.02),
        "accuracy": Threshold(min=round(share, 4)),
    }
    assert f"  # yes in {100 * (1 - share):.1f} % of the rows\n" in drawn.text


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        ((1, 0), "binary", ("0", "1")),
        ((2, 1), "binary", ("1", "2")),
        (("Yes", "No"), "binary", ("No", "Yes")),
        ((True, False), "binary", ("False", "True")),
        (("spam", "not spam"), "binary", ("not spam", "spam")),
        (("ham", "eggs"), "binary", ("eggs", "ham")),
        (("Ja", "nein"), "binary", ("nein", "Ja")),
        (("positive", "unclear"), "binary", ("unclear", "positive")),
        ((10, 9, 2), "multiclass", ("2", "9", "10")),
        (("red", "green", "blue"), "multiclass", ("blue", "green", "red")),
        (tuple(range(100)), "regression", ()),
        (tuple(range(60)), "multiclass", tuple(map(str, range(60)))),
        ((1.0, 2.0, 0.0), "multiclass", ("0.0", "1.0", "2.0")),  # as pandas writes them beside a missing one
        ((1.5, 2.5, 3.5), "regression", ()),
    ],
    ids=str,
)
def test_a_label_makes_its_kind_and_the_order_of_its_classes(tmp_path, values, kind, classes):
    label = draw(of(*values), tmp_path, "y")[1].label
    assert (label.kind, label.values) == (kind, classes)


def test_a_kind_that_is_named_overrides(tmp_path):
    assert draw(of(1, 2, 3), tmp_path, "y", kind="regression")[1].label.kind == "regression"
    with pytest.raises(ConfigError, match="`y` has 3 different numbers: no binary label"):
        draw(of(1, 2, 3), tmp_path, "y", kind="binary")


def test_where_one_class_rules_the_bar_is_the_log_loss_of_saying_its_share_and_what_chance_adds(tmp_path):
    thresholds = draw(of("yes", *["no"] * 9), tmp_path, "y")[1].evaluation.thresholds
    entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    noise = 1.64 * np.sqrt(0.9 * 0.1) * np.log(9) / np.sqrt(ROWS / 5)
    assert thresholds == {
        "auc": Threshold(min=0.64, max_drop=0.02),
        "log_loss": Threshold(max=round(entropy + noise, 4)),
    }


def test_a_number_that_the_label_follows_is_no_feature(tmp_path):
    values = np.random.default_rng(1).lognormal(size=ROWS).round(6)
    frame = of(*values, rank=np.log(values), shifted=32 - 1.8 * values, noisy=values + np.arange(ROWS) % 2)
    drawn, config = draw(frame, tmp_path, "y")
    assert list(config.features) == ["x", "noisy"]
    assert drawn.left_out["rank"].reason == "gives the label away: it rises and falls with the label, value by value"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("yes", "no", "Y", "N"), "`yes`, `no`, `Y`, `N` say yes or no in 4 ways, and are a class each"),
        (("yes", "yes\u200b", "no"), "look alike and are two (beyond ASCII: none and U+200B)"),
        (("café", "cafe\u0301", "tea"), "look alike and are two (beyond ASCII: U+00E9 and U+0301)"),
        (("1e3", "1000", "7"), "`1e3` and `1000` look alike and are two:"),
        (tuple(f"<{number / 7:.1f}" if number % 2 else f"{number}" for number in range(40)), "numbers with signs"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_classes_that_may_be_no_classes_or_one_are_named(tmp_path, values, said):
    drawn, config = draw(of(*values), tmp_path, "y")
    assert config.label.kind == "multiclass"
    assert any(said in warning for warning in drawn.warnings)


def test_blanks_around_each_class_are_trimmed(tmp_path):
    config = draw(of(" yes", " no"), tmp_path, "y")[1]
    assert (config.label.classes, config.label.trim) == (("no", "yes"), True)
    check_small(config)


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ([f"{number}:{number % 60:02}:00" for number in range(150)], ConfigError, "it holds lengths of time"),
        ([*map(str, range(150)), "error"], ConfigError, "it holds numbers, but for `error` in "),
        ([f"{1 + number / 7:.3f}e-300" for number in range(150)], DataRejected, "32-bit float leaves nothing"),
    ],
    ids=lambda value: "",
)
def test_a_label_that_is_no_number_as_it_stands_is_refused_with_what_it_holds(tmp_path, values, error, said):
    with pytest.raises(error, match=said):
        draw(of(*values), tmp_path, "y")
