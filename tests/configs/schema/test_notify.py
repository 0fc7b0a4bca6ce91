from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from configs.schema.notify import EVENTS, Notifier

HOOK = {"kind": "webhook", "url": "https://hooks.example.org/x"}
MAIL = {"kind": "mail", "to": ["ada@example.org"], "sender": "mill@example.org", "host": "smtp.example.org"}


def read(given: dict[str, Any]) -> Any:
    return TypeAdapter(Notifier).validate_python(given)


def test_what_is_told_by_default() -> None:
    hook, mail = read(HOOK), read(MAIL)
    assert hook.on == mail.on == EVENTS
    assert (mail.port, mail.security) == (587, "starttls")
    assert read({**HOOK, "on": ["failed"]}).on == ("failed",)
    assert read({"kind": "command", "command": ["logger", "-t", "millrace"]}).command == ("logger", "-t", "millrace")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kind": "webhook"}, "lies in one place: give url, or url_env"),
        ({**HOOK, "url_env": "HOOK"}, "lies in one place"),
        ({**HOOK, "url": "file:///etc/passwd"}, "pattern"),
        ({**HOOK, "body": "{text}"}, "is no JSON"),
        ({**HOOK, "body": '{"a": ["{events}"]}'}, "names {events}; there are pipeline, event, run"),
        ({**HOOK, "on": []}, "at least 1"),
        ({**HOOK, "on": ["broken"]}, "published"),
        ({**MAIL, "to": ["ada"]}, "'ada' is no address"),
        ({**MAIL, "sender": "a@b\nBcc: c@d"}, "is no address"),
        ({**MAIL, "user": "ada"}, "both a user and a password_env"),
        ({**MAIL, "user": "ada", "password_env": "PW", "security": "none"}, "in the open"),
        ({"kind": "command", "command": []}, "at least 1"),
    ],
)
def test_what_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        read(given)
