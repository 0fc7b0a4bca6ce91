"""A token from an identity provider, over a real socket."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError, MillraceError
from configs.schema.access import Kept, OpenIdConnect
from pipelines.remote import openid
from pipelines.remote.connect import connect_service
from pipelines.remote.openid import read_token
from tests.fakes.kfp_server import Answer, KfpServer
from tests.fakes.openid_provider import Provider, serving
from tests.pipelines.remote.conftest import Configure

CANARY = "canary-7f3e91"


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PASSWORD", CANARY)
    monkeypatch.setattr(openid, "SLOWER", 0.0)
    with serving() as state:
        state.password = CANARY
        yield state


def access(provider: Provider, **changes: Any) -> OpenIdConnect:
    return OpenIdConnect(kind="oidc", issuer=provider.issuer, client_id="millrace", **changes)


def person(**changes: Any) -> dict[str, Any]:
    return {"username": "me", "password": Kept(env="PASSWORD"), **changes}


def test_a_token_for_a_password_is_kept_and_renewed(provider: Provider, tmp_path: Path) -> None:
    asked = access(provider, **person())
    assert [read_token(asked) for _ in range(3)] == ["id-1"] * 3
    assert provider.asked == [
        {"grant_type": "password", "username": "me", "password": CANARY, "scope": "openid email offline_access",
         "client_id": "millrace"},
    ]  # fmt: skip
    [file] = (tmp_path / "state").rglob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CANARY not in file.read_text()
    provider.lifetime = 30  # less than a minute: each is renewed
    file.write_text(file.read_text().replace('"expires": ', '"expires": 1, "old": '))
    assert [read_token(asked) for _ in range(2)] == ["id-2", "id-3"]
    assert [form.get("refresh_token") for form in provider.asked[1:]] == ["refresh-1", "refresh-2"]


def test_who_may_not_renew_any_more_logs_in_again(provider: Provider) -> None:
    provider.lifetime, provider.refreshes = 0, False
    asked = access(provider, **person(token="access_token"))
    assert [read_token(asked) for _ in range(2)] == ["access-1", "access-2"]
    assert [form["grant_type"] for form in provider.asked] == ["password", "refresh_token", "password"]


def test_a_code_is_shown_and_waited_for(provider: Provider) -> None:
    provider.pending = ["authorization_pending", "slow_down", "authorization_pending"]
    said: list[str] = []
    assert read_token(access(provider), said.append) == "id-1"
    page = f"{provider.issuer}/enter"
    assert said == [f"Log in at {page}, with the code ABCD-EFGH. Waiting for it ..."]
    assert provider.pending == []


@pytest.mark.parametrize(
    ("changes", "given", "said"),
    [
        ({"password": "other"}, person(), "says no: invalid_grant, Invalid username or password. See username and"),
        ({"secret": "s"}, person(), "says no: invalid_client, Invalid client credentials. See client_id, and client"),
        ({"grants": set()}, person(), "says no: unauthorized_client, not allowed password. Allow the client this"),
        ({"grants": set()}, {}, "knows no codes for devices. Give username and password, or a token"),
        ({"pending": ["access_denied"]}, {}, "says no: access_denied. Who entered the code said no: run it again."),
        ({"pending": ["expired_token"]}, {}, "says no: expired_token. The code was entered too late: run it again."),
    ],
)
def test_what_the_provider_says_is_told(
    provider: Provider, changes: dict[str, Any], given: dict[str, Any], said: str
) -> None:
    for name, value in changes.items():
        setattr(provider, name, value)
    with pytest.raises(MillraceError) as refused:
        read_token(access(provider, **given), lambda _: None)
    assert f"The identity provider {said}" in str(refused.value)
    assert CANARY not in str(refused.value)


def test_a_client_s_own_secret_is_sent(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.secret = "s3cret"
    monkeypatch.setenv("SECRET", "s3cret")
    assert read_token(access(provider, **person(client_secret=Kept(env="SECRET")))) == "id-1"


def test_what_is_no_issuer_is_named(provider: Provider, unused_port: int) -> None:
    with pytest.raises(ConfigError, match=r"^cluster\.access\.issuer: This is no issuer: .*/x/.well-known/openid-c"):
        read_token(OpenIdConnect(kind="oidc", issuer=f"{provider.issuer}/x", client_id="millrace", **person()))
    with pytest.raises(MillraceError, match="The identity provider cannot be reached: ConnectionError"):
        read_token(OpenIdConnect(kind="oidc", issuer=f"http://127.0.0.1:{unused_port}", client_id="a", **person()))


def test_a_server_is_asked_with_the_token(
    provider: Provider, server: KfpServer, configure: Configure, capfd: pytest.CaptureFixture[str]
) -> None:
    server.token = "id-1"
    provider.pending = ["authorization_pending"]
    config = configure(f"access: {{kind: oidc, issuer: '{provider.issuer}', client_id: millrace}}")
    assert connect_service("kubeflow", config).newest() == []
    assert "with the code ABCD-EFGH" in capfd.readouterr().err
    server.instead["GET", "healthz"] = Answer(
        401, '{"code": 16, "message": "no"}', headers={"WWW-Authenticate": 'Bearer realm="kubeflow"'}
    )
    with pytest.raises(MillraceError, match=r'It does not know who asks: no\. It wants Bearer realm="kubeflow"\.'):
        connect_service("kubeflow", config)
    assert os.listdir(Path(os.environ["XDG_STATE_HOME"], "millrace")) == ["openid"]
