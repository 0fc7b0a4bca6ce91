"""A missed threshold as a person reads it."""

import pytest

from components.evaluation.judgement import OVERALL, Failure


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (Failure(OVERALL, "auc", 0.94921, 0.99), "auc (Overall) is 0.9492, below 0.99"),
        (Failure("hour=4", "log_loss", 0.5, 0.25, "max"), "log_loss (hour=4) is 0.5000, above 0.25"),
        (Failure("LiteRT", "bytes", 1259488.0, 1e6, "max"), "bytes (LiteRT) is 1,259,488, above 1,000,000"),
        (
            Failure(OVERALL, "auc", 0.91, -0.01, "change", baseline=0.95),
            "auc (Overall) is 0.9100 against 0.9500 in service: a change of -0.0400 where -0.0100 is the limit",
        ),
        (Failure(OVERALL, "auc"), "auc (Overall): not measured"),
        (Failure(OVERALL, "auc", reason="no such metric"), "auc (Overall): no such metric"),
        (Failure("hour=4, company=Blue"), "hour=4, company=Blue: no row fell into this slice"),
    ],
)
def test_a_missed_threshold_is_worded(failure: Failure, text: str) -> None:
    assert str(failure) == text
