import pyarrow as pa
import pytest

from components.validation.profile import describe
from pipelines.onboarding.personal_inference import find_personal

NAMES = ["Ada Lovelace", "Braund, Mr. Owen Harris", "Émilie du Châtelet", "O'Neill, Ms. Jo"]


def said(name, values):
    return find_personal({name: describe(name, pa.chunked_array([values]))})


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("contact", ["ada@example.org", "bob@example.org", None], "looks like e-mail addresses: drop it, or hash it"),
        ("tel", ["+49 30 901820", "030/901821", "555-123-4567"], "looks like phone numbers: drop it, or hash it"),
        ("paid_by", ["4111 1111 1111 1111", "5500000000000004"], "looks like card numbers: drop it, or hash it"),
        ("account", ["DE89370400440532013000"], "looks like IBANs: drop it, or hash it"),
        ("customerName", NAMES, "looks like names: drop it, or hash it"),
        ("note", ["all well", "ask ada@example.org", "none"], "holds e-mail addresses: redact it, or drop it"),
    ],
)
def test_a_column_that_looks_personal_is_pointed_out(name, values, told):
    assert said(name, values) == [f"`{name}` {told}, as privacy.columns has it."]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("day", ["2024-05-31", "2024-06-01"]),
        ("day", ["31.05.2024", "01.06.2024"]),
        ("id", [10000001, 10000002]),
        ("product_name", ["Chair", "Table"]),
        ("name", ["x1", "x2"]),
        ("note", ["all well", "none"]),
        ("blank", [None, None]),
    ],
)
def test_what_is_not_personal_is_passed_over(name, values):
    assert said(name, values) == []
