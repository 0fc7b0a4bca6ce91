"""kfp's client knows what it is told, and nothing else."""

import json
from dataclasses import replace

import kfp.client
import kfp_server_api
import pytest

from components.patches import kfp_client
from components.patches.kfp_client import ConfiguredClient, DirectExchange
from components.patches.ledger import CLIENT
from configs.errors import MillraceError

CONFIGURATION = kfp_server_api.Configuration(host="http://localhost:1")


@pytest.mark.filterwarnings("ignore:This client only works:FutureWarning")
def test_neither_the_home_folder_nor_the_environment_is_asked(tmp_path, monkeypatch):
    context, kubeconfig = tmp_path / "context.json", tmp_path / "kubeconfig"
    context.write_text(json.dumps({"namespace": "theirs", "client_authentication_header_name": "who"}))
    kubeconfig.write_text("no kubeconfig: [")
    monkeypatch.setattr(kfp.client.Client, "_LOCAL_KFP_CONTEXT", str(context))
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", "http://localhost:2")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(context))
    client = ConfiguredClient(CONFIGURATION, "ours", cookies="a=b")
    assert client.api.configuration is CONFIGURATION
    assert (client.get_user_namespace(), client.api.cookie) == ("ours", "a=b")
    assert not {"who", "authorization"} & client.api.default_headers.keys()
    assert json.loads(context.read_text())["namespace"] == "theirs"


def test_no_redirect_is_followed():
    assert DirectExchange(CONFIGURATION).pool_manager.urlopen.keywords == {"redirect": False}


def test_another_kfp_asks_nobody(monkeypatch):
    monkeypatch.setattr(kfp_client, "CLIENT", replace(CLIENT, tested={"kfp": ("0.1",)}))
    with pytest.raises(MillraceError, match="not tested with kfp .* Run make setup"):
        ConfiguredClient(CONFIGURATION, "ours", cookies=None)
