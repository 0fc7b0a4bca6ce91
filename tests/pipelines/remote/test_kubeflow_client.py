"""The connection to Kubeflow Pipelines: who asks, how often, and what of it is kept to oneself."""

import base64
import json
import os
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from configs.errors import ConfigError, MillraceError
from pipelines.remote.connect import connect_service
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import Answer, KfpServer, serving
from tests.pipelines.remote.conftest import Configure

CANARY = "canary-7f3e91"


@pytest.mark.parametrize("where", ["env", "file"])
@pytest.mark.parametrize("kind", ["token", "cookies"])
def test_a_secret_is_sent_and_nowhere_shown(
    server: KfpServer, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, where: str
) -> None:
    place = {"env": "KFP_SECRET", "file": str(tmp_path / "secret")}[where]
    access = f"access: {{kind: {kind}, {where}: {place}}}"
    secret = f"session={CANARY}" if kind == "cookies" else CANARY
    setattr(server, "cookie" if kind == "cookies" else "token", secret)
    with pytest.raises(ConfigError) as absent:
        connect_service("kubeflow", configure(access))
    assert str(absent.value).startswith(f"cluster.access.{where}: ")
    monkeypatch.setenv("KFP_SECRET", secret)
    Path(tmp_path / "secret").write_text(f"{secret}\n")
    service = connect_service("kubeflow", configure(access))
    assert service.submit(PIPELINE, {}).state == "PENDING"
    server.instead["POST", "runs"] = Answer(500, f'{{"message": "bad header: {secret}"}}')
    with pytest.raises(MillraceError) as echoed:
        service.submit(PIPELINE, {})
    assert echoed.value.what == "It failed: bad header: ***."
    assert echoed.value.__cause__ is None and echoed.value.__suppress_context__


def test_a_service_accounts_token_is_read_again_for_each_request(
    server: KfpServer, configure: Configure, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    for secret in ("first", "second"):
        token.write_text(secret)
        server.token = secret
        if secret == "first":
            service = connect_service("kubeflow", configure("access: {kind: service_account, file: token}"))
        assert service.newest() == []


def test_iap_gets_the_token_that_google_gives_for_its_client(
    server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True, text=True).stdout
    account = {"type": "service_account", "client_email": "me@example.org", "private_key": key, "private_key_id": "1"}
    (tmp_path / "account.json").write_text(json.dumps({**account, "token_uri": f"{server.host}/token"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(time.time()) + 3600}).encode()).decode()
    server.token = f"e30.{claims}.c2ln"
    server.instead["POST", "/token"] = Answer(200, json.dumps({"id_token": server.token}))
    service = connect_service("kubeflow", configure("access: {kind: iap, client_id: 1.apps.googleusercontent.com}"))
    assert service.newest() == []
    assert server.asked.count(("POST", "/token")) == 1  # one token for all requests, until it runs out


def test_without_google_credentials_iap_is_one_paragraph(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(MillraceError, match="Google gives no token: GOOGLE_APPLICATION_CREDENTIALS") as error:
        connect_service("kubeflow", configure("access: {kind: iap, client_id: 1.apps.googleusercontent.com}"))
    assert (error.value.where, error.value.what.count("\n")) == ("cluster.access", 0)


def test_a_gateways_hiccup_is_tried_again(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure())
    server.instead["GET", "experiments"] = Answer(503, "no healthy upstream", "text/plain")
    with pytest.raises(MillraceError, match="It failed"):
        service.newest()
    assert server.asked.count(("GET", "experiments")) == 3


def test_a_run_is_never_handed_in_twice(server: KfpServer, configure: Configure) -> None:
    server.instead["POST", "runs"] = Answer(503, "no healthy upstream", "text/plain")
    with pytest.raises(MillraceError, match="It failed"):
        connect_service("kubeflow", configure()).submit(PIPELINE, {})
    assert server.asked.count(("POST", "runs")) == 1


def test_a_certificate_of_ones_own_is_trusted_where_it_is_named(configure: Configure, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(context) as state:
        with pytest.raises(MillraceError, match="Its certificate was not accepted: .*self.signed"):
            connect_service("kubeflow", configure(host=state.host))
        assert connect_service("kubeflow", configure("ca_file: cert.pem", host=state.host)).newest() == []


def test_the_home_folder_is_neither_read_nor_written(
    server: KfpServer, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "home" / ".config" / "kfp"
    folder.mkdir(parents=True)
    (folder / "context.json").write_text('{"namespace": "elsewhere", "client_authentication_cookie": "stray"}')
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", "http://nowhere.invalid")
    monkeypatch.setenv("KF_PIPELINES_IAP_OAUTH2_CLIENT_ID", "stray")
    server.multi_user = True
    connect_service("kubeflow", configure()).submit(PIPELINE, {})
    assert [experiment.namespace for experiment in server.experiments.values()] == ["kubeflow"]
    assert os.listdir(folder) == ["context.json"]


def test_a_config_without_a_host_asks_for_one(configure: Configure) -> None:
    config = configure()
    config = config.model_copy(update={"cluster": config.cluster.model_copy(update={"host": None})})
    with pytest.raises(ConfigError, match=r"cluster\.host: No Kubeflow Pipelines is named\. Write its URL there"):
        connect_service("kubeflow", config)
