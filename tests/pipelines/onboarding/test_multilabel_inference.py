import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from tests.pipelines.onboarding.conftest import ROWS, draw, of

COLOURS = np.array(["blue", "green", "red"])


def paint(separator: str, shares: tuple[float, ...] = (0.5, 0.5, 0.5)) -> pd.DataFrame:
    random = np.random.default_rng(0)
    marks = random.random((ROWS, 3)) < shares
    return pd.DataFrame({"x": random.normal(size=ROWS), "y": [separator.join(COLOURS[row]) or None for row in marks]})


@pytest.mark.parametrize(("separator", "spelled"), [("|", None), (",", ","), (", ", ","), ("; ", ";")])
@pytest.mark.parametrize("kind", [None, "multilabel"])
def test_several_classes_in_a_cell_are_told_by_what_parts_them(tmp_path, separator, spelled, kind):
    _, config = draw(paint(separator), tmp_path, "y", kind=kind)
    assert (config.label.kind, config.label.classes) == ("multilabel", ("blue", "green", "red"))
    assert (config.label.separator, config.label.missing) == (spelled, "refuse")
    assert config.evaluation.thresholds["auc"].min == pytest.approx(0.5, abs=0.05)


def test_the_bar_is_what_saying_each_share_reaches(tmp_path):
    frame = paint("|", (0.9, 0.5, 0.1))
    _, config = draw(frame, tmp_path, "y")
    shares = [frame["y"].str.contains(name, na=False).mean() for name in COLOURS]
    pairs = [(a * (1 - b), (a > b) + (a == b) / 2) for a in shares for b in shares]
    expected = sum(weight * above for weight, above in pairs) / sum(weight for weight, _ in pairs)
    assert config.evaluation.thresholds["auc"].min == pytest.approx(expected, abs=1e-4)


def test_classes_with_a_sign_in_their_name_are_one_each(tmp_path):
    label = draw(of("trade, retail", "trade, wholesale", "services"), tmp_path, "y")[1].label
    assert (label.kind, len(label.classes)) == ("multiclass", 3)
    with pytest.raises(ConfigError, match="no cell names several classes that others name as well"):
        draw(of("ham", "eggs", "tea"), tmp_path, "y", kind="multilabel")
