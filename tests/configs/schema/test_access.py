from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load
from configs.schema.access import Cookies, IdentityAwareProxy, OpenIdConnect, ServiceAccount, Token
from configs.schema.cluster import Cluster
from tests.sandbox import YAML


def config(tmp_path: Path, access: str) -> Cluster:
    path = tmp_path / "trips.yaml"
    path.write_text(f"{YAML}cluster:\n  host: https://kubeflow.example.org/pipeline/\n  access: {access}\n")
    return load(path).cluster


@pytest.mark.parametrize(
    ("access", "found"),
    [
        ("{kind: token, env: KFP_TOKEN}", Token(kind="token", env="KFP_TOKEN")),
        ("{kind: token, file: /run/token}", Token(kind="token", file="/run/token")),
        ("{kind: cookies, env: KFP_COOKIES}", Cookies(kind="cookies", env="KFP_COOKIES")),
        ("{kind: iap, client_id: 1.apps.googleusercontent.com}",
         IdentityAwareProxy(kind="iap", client_id="1.apps.googleusercontent.com")),
        ("{kind: service_account}",
         ServiceAccount(kind="service_account", file="/var/run/secrets/kubeflow/pipelines/token")),
        ("null", None),
    ],
)  # fmt: skip
def test_how_a_service_learns_who_asks(tmp_path: Path, access: str, found: object) -> None:
    cluster = config(tmp_path, access)
    assert cluster.access == found
    assert cluster.host == "https://kubeflow.example.org/pipeline"


def test_a_file_lies_beside_the_config(tmp_path: Path) -> None:
    assert config(tmp_path, "{kind: token, file: token}").access == Token(kind="token", file=str(tmp_path / "token"))


@pytest.mark.parametrize(
    ("access", "said"),
    [
        (
            "{kind: tocken, env: A}",
            "unknown kind 'tocken'. Known kinds: cookies, iap, oidc, service_account, token",
        ),
        ("{env: A}", "missing key 'kind'"),
        ("{kind: token}", "lies in one place: give env, or file"),
        ("{kind: cookies, env: A, file: B}", "lies in one place: give env, or file"),
        ("{kind: token, token: secret}", "unknown key 'token'"),
        ("{kind: iap}", "missing key 'client_id'"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, access: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        config(tmp_path, access)
    assert said in str(error.value)
    assert str(tmp_path / "trips.yaml") in error.value.where


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("kubeflow.example.org", "'kubeflow.example.org' is no URL, like 'https://kubeflow.example.org/pipeline'"),
        ("ftp://kubeflow.example.org", "is no URL"),
        ("https://", "is no URL"),
        ("https://me:secret@kubeflow.example.org", "holds no password: cluster.access says where a secret lies"),
    ],
)
def test_a_host_is_a_url_without_a_password(host: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Cluster(host=host)


@pytest.mark.parametrize(
    ("access", "reason"),
    [
        ("{kind: oidc, issuer: 'http://dex.example.org', client_id: a}", "is no issuer: write its URL, with https"),
        ("{kind: oidc, issuer: 'https://dex.example.org', client_id: a, username: me}", "has both of username and"),
        ("{kind: oidc, issuer: 'https://dex.example.org', client_id: a, scopes: [email]}", "asks for the scope openid"),
    ],
)
def test_a_provider_that_gives_no_token_is_refused(tmp_path: Path, access: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        config(tmp_path, access)


def test_a_provider_s_secrets_lie_beside_the_config(tmp_path: Path) -> None:
    kept = "client_secret: {file: s}, username: me, password: {file: p}"
    found = config(tmp_path, f"{{kind: oidc, issuer: 'https://dex.example.org', client_id: a, {kept}}}").access
    assert isinstance(found, OpenIdConnect) and found.client_secret and found.password
    assert (found.client_secret.file, found.password.file) == (str(tmp_path / "s"), str(tmp_path / "p"))


def test_a_provider_is_named_by_its_issuer(tmp_path: Path) -> None:
    found = config(tmp_path, "{kind: oidc, issuer: 'https://dex.example.org/dex/', client_id: a}").access
    assert isinstance(found, OpenIdConnect)
    assert (found.issuer, found.token, found.scopes) == (
        "https://dex.example.org/dex", "id_token", ("openid", "email", "offline_access"),
    )  # fmt: skip
