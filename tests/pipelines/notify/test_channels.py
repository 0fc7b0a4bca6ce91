"""Messages that arrive: over HTTP, by SMTP with and without TLS, and at a command."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import AuthResult

from configs.errors import MillraceError
from configs.schema.notify import Command, Mail, Webhook
from pipelines.notify.channels import send
from pipelines.notify.message import Message
from tests.fakes.webhook import Hook, listening
from tests.pipelines.conftest import free_port

MESSAGE = Message(
    "trips",
    "failed",
    'The disk is "full", {text}',
    where="/w/trips",
    remedy="Free some space.",
    reason="due: config changed",
    run="r1",
    report="/r.html",
)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


def test_a_webhook_takes_a_text(hook: Hook) -> None:
    send(Webhook(kind="webhook", url=hook.url), MESSAGE)
    assert hook.taken == [("application/json", {"text": MESSAGE.text})]


def test_a_webhook_takes_json_of_its_own_whose_url_is_a_secret(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", hook.url)
    body = '{"title": "{pipeline} {event}", "facts": [{"name": "what", "value": "{what}"}, 7, null, true]}'
    send(Webhook(kind="webhook", url_env="HOOK", body=body), MESSAGE)
    facts = [{"name": "what", "value": MESSAGE.what}, 7, None, True]
    assert hook.taken[0][1] == {"title": "trips failed", "facts": facts}


def test_a_webhook_that_refuses_or_sends_elsewhere_has_not_taken_it(hook: Hook) -> None:
    for status, location, said in (
        (500, "", "the server answered 500 Internal Server Error"),
        (302, hook.url, "the server answered 302 Found"),
    ):
        hook.status, hook.location = status, location
        with pytest.raises(MillraceError, match=said):
            send(Webhook(kind="webhook", url=hook.url), MESSAGE)
    assert len(hook.taken) == 2


def test_nobody_listens(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MillraceError, match="Connection refused"):
        send(Webhook(kind="webhook", url=f"http://127.0.0.1:{unused_port}/secret"), MESSAGE)
    with pytest.raises(MillraceError, match="Connection refused"):
        send(letter(unused_port, security="none"), MESSAGE)
    monkeypatch.delenv("HOOK", raising=False)
    with pytest.raises(MillraceError, match="the environment has no variable HOOK"):
        send(Webhook(kind="webhook", url_env="HOOK"), MESSAGE)


class Box(Handler):
    """A box that letters come into."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.letters.append(message)


def letter(port: int, **keys: Any) -> Mail:
    told = {"to": ("ada@example.org", "bob@example.org"), "sender": "mill@example.org", "host": "localhost"}
    return Mail(kind="mail", port=port, **told, **keys)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost by nobody, with its key in the same file."""
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", str(file.with_suffix(".crt"))],
        check=True, capture_output=True,
    )  # fmt: skip
    return file


@pytest.fixture
def secure(box: Box, certificate: Path) -> Iterator[Controller]:
    """A server that takes letters of those alone who have begun TLS and logged in as ada, whose password is pw."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_suffix(".crt"), certificate)

    def log_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ada", b"pw"))

    server = Controller(
        box, "localhost", free_port(), tls_context=context, require_starttls=True, auth_required=True,
        authenticator=log_in,
    )  # fmt: skip
    server.start()
    yield server
    server.stop()


def test_an_e_mail_arrives(box: Box) -> None:
    server = Controller(box, "localhost", free_port())
    server.start()
    try:
        send(letter(server.port, security="none"), MESSAGE)
    finally:
        server.stop()
    [taken] = box.letters
    assert (taken["From"], taken["To"]) == ("mill@example.org", "ada@example.org, bob@example.org")
    assert taken["Subject"] == MESSAGE.subject
    assert taken.get_payload().replace("\r\n", "\n").rstrip() == MESSAGE.text


def test_an_e_mail_goes_through_starttls_with_a_password(
    box: Box, secure: Controller, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"user": "ada", "password_env": "MAIL", "ca_file": str(certificate.with_suffix(".crt"))}
    monkeypatch.setenv("MAIL", "pw")
    send(letter(secure.port, **login), MESSAGE)
    assert len(box.letters) == 1
    monkeypatch.setenv("MAIL", "canary")
    with pytest.raises(MillraceError) as refused:
        send(letter(secure.port, **login), MESSAGE)
    assert "canary" not in str(refused.value)
    assert len(box.letters) == 1


def test_a_server_whose_certificate_nobody_vouches_for_is_given_nothing(box: Box, secure: Controller) -> None:
    with pytest.raises(MillraceError, match="CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
        send(letter(secure.port), MESSAGE)
    assert box.letters == []


def test_a_command_reads_the_message(tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    copy = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    send(Command(kind="command", command=(sys.executable, "-c", copy, str(file))), MESSAGE)
    assert json.loads(file.read_text()) == MESSAGE.as_data()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((sys.executable, "-c", "raise SystemExit('it is full')"), "it ended with 1: it is full"),
        (("/nowhere/tell",), "No such file or directory"),
    ],
)
def test_a_command_that_fails_has_not_taken_it(command: tuple[str, ...], said: str) -> None:
    with pytest.raises(MillraceError, match=said):
        send(Command(kind="command", command=command), MESSAGE)
