import pickle

import pytest

from configs.errors import BY_EXIT_CODE, ConfigError, DataRejected, MillraceError, NotBlessed, PipelineBusy


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MillraceError("it broke"), "it broke"),
        (MillraceError("it broke", "Trainer"), "Trainer: it broke"),
        (ConfigError("it broke", "a.yaml:3:name", "Mend it."), "a.yaml:3:name: it broke. Mend it."),
        (DataRejected("It broke!", remedy="Mend it."), "It broke! Mend it."),
    ],
)
def test_an_error_says_where_then_what_then_the_remedy(error: MillraceError, text: str) -> None:
    assert str(error) == text


def test_each_kind_has_its_exit_code() -> None:
    assert {1: MillraceError, 2: ConfigError, 3: DataRejected, 4: NotBlessed, 5: PipelineBusy} == BY_EXIT_CODE


def test_an_error_crosses_from_one_process_to_another() -> None:
    there = pickle.loads(pickle.dumps(NotBlessed("auc is too low", "Evaluator", "Train more.")))
    assert (type(there), there.what, there.where, there.remedy) == (
        NotBlessed,
        "auc is too low",
        "Evaluator",
        "Train more.",
    )
