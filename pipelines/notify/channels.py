"""How a message reaches somebody: by a webhook, an e-mail, a command."""

import json
import os
import smtplib
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any
from urllib.error import HTTPError

from configs.errors import MillraceError
from configs.schema.notify import PLACE, Command, Mail, Webhook
from pipelines.notify.message import Message

PATIENCE = 15.0  # seconds for a server to take a message
LONGEST = 60.0  # seconds for a command
LAST = 200  # characters of what it says of its failure


def send(notifier: Any, message: Message) -> None:
    """Sends a message; raises MillraceError where it was not taken."""
    try:
        SENDERS[notifier.kind](notifier, message)
    except HTTPError as error:
        raise MillraceError(f"the server answered {error.code} {error.reason}") from None
    except (OSError, smtplib.SMTPException, subprocess.SubprocessError, ValueError) as error:
        raise MillraceError(_describe(error)) from None


def post(notifier: Webhook, message: Message) -> None:
    """Posts JSON to a webhook."""
    url = notifier.url or _read_secret(notifier.url_env)
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{notifier.url_env} holds no URL of http or https")
    content = json.dumps(fill(json.loads(notifier.body or DEFAULT), message.as_data())).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json", "User-Agent": "millrace"})
    with urllib.request.build_opener(Direct).open(request, timeout=PATIENCE):
        pass


def fill(body: Any, values: Mapping[str, str]) -> Any:
    """Returns JSON with the values in place of their names, in all of its texts."""
    if isinstance(body, str):
        return PLACE.sub(lambda found: values[found[1]], body)
    if isinstance(body, list):
        return [fill(item, values) for item in body]
    return {key: fill(item, values) for key, item in body.items()} if isinstance(body, dict) else body


def mail(notifier: Mail, message: Message) -> None:
    """Hands an e-mail to an SMTP server."""
    letter = EmailMessage()
    letter["Subject"] = " ".join(message.subject.split())[:200]
    letter["From"], letter["To"] = notifier.sender, ", ".join(notifier.to)
    letter.set_content(message.text)
    context = ssl.create_default_context(cafile=notifier.ca_file)
    options: dict[str, Any] = {"host": notifier.host, "port": notifier.port, "timeout": PATIENCE}
    secure = notifier.security == "tls"
    with smtplib.SMTP_SSL(**options, context=context) if secure else smtplib.SMTP(**options) as server:
        if notifier.security == "starttls":
            server.starttls(context=context)
        if notifier.user:
            server.login(notifier.user, _read_secret(notifier.password_env))
        server.send_message(letter)


def call(notifier: Command, message: Message) -> None:
    """Gives a command the message, as JSON on its standard input."""
    done = subprocess.run(
        notifier.command, input=json.dumps(message.as_data()), capture_output=True, text=True, errors="replace",
        timeout=LONGEST, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ValueError(f"it ended with {done.returncode}: {done.stderr.strip()[-LAST:] or 'it said nothing'}")


class Direct(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it would lead a message to where no config names."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _read_secret(name: str | None) -> str:
    if not name or not os.environ.get(name):
        raise ValueError(f"the environment has no variable {name}")
    return os.environ[name]


def _describe(error: Exception) -> str:
    """Returns what went wrong, without what a command or a URL may hold of a secret."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {error.timeout:.0f} s"
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason) or type(error).__name__


DEFAULT = '{"text": "{text}"}'
SENDERS: Mapping[str, Callable[[Any, Message], None]] = {"webhook": post, "mail": mail, "command": call}
