import pytest

from components.validation.personal_data import SIGNS, redact


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("email", ["ada@example.org", "a.b+c@mail.example.co.uk"]),
        ("iban", ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"]),
        ("card", ["4111111111111111", "5500-0000-0000-0004", "3782 822463 10005"]),
        ("phone", ["+49 30 901820", "(020) 7946 0018", "555-123-4567"]),
    ],
)
def test_what_is_known_by_its_signs(kind, texts):
    assert all(SIGNS[kind].is_whole(text) for text in texts)
    others = [other for other in SIGNS if other != kind and other != "phone"]
    assert not any(SIGNS[other].is_whole(text) for other in others for text in texts)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("card", "4111111111111112"),  # its last digit is another
        ("card", "0000000000000000"),
        ("iban", "DE89370400440532013001"),
        ("phone", "12-34"),
        ("email", "ada at example.org"),
    ],
)
def test_what_only_looks_like_it(kind, text):
    assert not SIGNS[kind].is_whole(text)


def test_a_text_without_what_is_personal():
    text = (
        "Write ada@example.org or call +49 30 901820, card 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00. 3.50 left"
    )
    assert redact(text) == "Write [email] or call [phone], card [card], [iban]. 3.50 left"
    assert redact(redact(text)) == redact(text)


def test_a_name_stays():
    assert redact("Ada Lovelace paid 12 in 1843") == "Ada Lovelace paid 12 in 1843"
