"""Signs of personal data in a text: e-mail addresses, IBANs, card and phone numbers. Names have no such sign."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """What something looks like, and a check of its digits, where it has one."""

    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = lambda found: True

    def is_whole(self, text: str) -> bool:
        """Whether a text is one of these, and nothing else."""
        text = text.strip()
        return self.pattern.fullmatch(text) is not None and self.holds(text)

    def replace(self, text: str, word: str) -> str:
        """Returns a text with a word in place of each of these."""
        return self.pattern.sub(lambda found: word if self.holds(found[0]) else found[0], text)


def check_card(text: str) -> bool:
    """Whether the last digit of a card's number is what the others ask for (Luhn; ISO/IEC 7812-1)."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def check_iban(text: str) -> bool:
    """Whether the two digits of an account's number are what the others ask for (97 by ISO 7064; ISO 13616)."""
    signs = text.replace(" ", "")
    return 15 <= len(signs) <= 34 and int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


def check_phone(text: str) -> bool:
    """Whether a text has as many digits as a phone number may have (ITU-T E.164)."""
    return 7 <= sum(sign.isdigit() for sign in text) <= 15


SIGNS = {  # in this order, since the digits of each may look like those of the next
    "email": Sign(re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")),
    "iban": Sign(re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.ASCII), check_iban),
    "card": Sign(re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)", re.ASCII), check_card),
    "phone": Sign(re.compile(r"(?<![\w.,])(?:\+|\()?\d[\d ()/.-]{5,}\d(?!\w)", re.ASCII), check_phone),
}


def redact(text: str) -> str:
    """Returns a text with [email], [iban], [card] and [phone] in place of what looks like one.

    Dates and other numbers of seven digits and more look like a phone's.
    """
    for name, sign in SIGNS.items():
        text = sign.replace(text, f"[{name}]")
    return text
