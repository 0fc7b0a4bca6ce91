"""Kubeflow Pipelines over a real socket: a stand-in that reads every request by the models of its API."""

import base64
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.errors import ConfigError, MillraceError
from configs.loading.loader import load
from configs.schema.config import Config
from configs.schema.schedule import Schedule
from pipelines.remote import kubeflow_client
from pipelines.remote.connect import connect_service
from pipelines.remote.schedule import carry_out, plan_changes, wanted_run
from pipelines.remote.service import Service, Step
from tests.fakes.compiled_pipeline import PIPELINE
from tests.fakes.kfp_server import Answer, KfpServer, serving
from tests.sandbox import YAML

CANARY = "canary-7f3e91"
Configure = Callable[..., Config]


@pytest.fixture
def server() -> Iterator[KfpServer]:
    with serving() as state:
        yield state


@pytest.fixture
def configure(server: KfpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Makes a config whose cluster is the server, in a home folder of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def make(*lines: str, host: str = "") -> Config:
        path = tmp_path / "trips.yaml"
        cluster = [f"  host: {host or server.host}", "  experiment: nightly", *(f"  {line}" for line in lines)]
        path.write_text("\n".join([YAML + "schedule: {cron: 0 3 * * 1}", "cluster:", *cluster]) + "\n")
        return load(path)

    return make


def test_a_run_is_started_in_its_experiment_as_its_service_account(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure("service_account: trainer"))
    run = service.submit(PIPELINE, {"cache": False, "set": ["training.epochs=3"]})
    (sent,) = server.runs.values()
    assert run.url == f"{server.host}/#/runs/details/{sent.run_id}"
    assert (run.run, run.state, run.name) == (sent.run_id, "PENDING", sent.display_name)
    assert sent.display_name.startswith("trips 2")
    assert server.experiments[sent.experiment_id].display_name == "nightly"
    assert sent.service_account == "trainer"
    assert sent.runtime_config.parameters == {"cache": False, "set": ["training.epochs=3"]}
    assert sent.pipeline_spec["pipeline_spec"]["root"]["dag"]["tasks"]["trainer"]["cachingOptions"] == {}
    executors = sent.pipeline_spec["platform_spec"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors["exec-trainer"]["nodeSelector"] == {"labels": {"pool": "gpu"}}


def test_an_experiment_is_made_once(server: KfpServer, configure: Configure) -> None:
    service = connect_service("kubeflow", configure())
    assert service.newest() == []
    assert server.experiments == {}
    first, second = service.submit(PIPELINE, {}), service.submit(PIPELINE, {})
    assert len(server.experiments) == 1
    assert [run.run for run in service.newest()] == [second.run, first.run]


def test_a_server_that_many_share_is_asked_in_the_namespace(server: KfpServer, configure: Configure) -> None:
    server.multi_user = True
    connect_service("kubeflow", configure("namespace: team")).submit(PIPELINE, {})
    assert [experiment.namespace for experiment in server.experiments.values()] == ["team"]


def test_the_steps_of_a_run_are_told_in_order_without_what_kubeflow_does_around_them(
    server: KfpServer, configure: Configure
) -> None:
    def task(name: str, state: str, second: int, error: str = "") -> dict[str, Any]:
        at = f"2026-01-05T03:00:{second:02}Z"
        return {"task_id": name, "display_name": name, "state": state, "start_time": at, "error": {"message": error}}

    tasks = [
        task("trainer", "FAILED", 9, "OOMKilled"),
        task("trainer-driver", "SUCCEEDED", 8),
        task("example-gen", "SUCCEEDED", 2),
        task("executor", "SUCCEEDED", 3),
        {"task_id": "finish", "display_name": "finish", "state": "PENDING"},
    ]
    server.course = [{"state": "RUNNING", "run_details": {"task_details": tasks}}]
    service = connect_service("kubeflow", configure())
    run = service.get_run(service.submit(PIPELINE, {}).run)
    assert run.steps == (
        Step("example-gen", "SUCCEEDED"),
        Step("trainer", "FAILED", "OOMKilled"),
        Step("finish", "PENDING"),
    )
    assert (run.state, run.exit_code) == ("RUNNING", None)


def apply(service: Service, config: Config, compiled: str = PIPELINE, **parameters: Any) -> list[str]:
    """Makes the recurring run as the config says; returns what was not as wanted."""
    planned = plan_changes(service, wanted_run(service, config, compiled, parameters))
    carry_out(service, planned, compiled, parameters)
    return list(planned.reasons)


def writes(server: KfpServer) -> list[str]:
    return [method for method, path in server.asked if method != "GET" and path.startswith("recurringruns")]


def test_a_schedule_is_applied_once(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    assert apply(service, config, cache=False) == []
    assert apply(service, config, cache=False) == []
    (sent,) = server.recurring_runs.values()
    assert sent.trigger.cron_schedule.cron == "0 0 3 * * 1"
    assert (sent.mode, sent.no_catchup, int(sent.max_concurrency)) == ("ENABLE", True, 1)
    assert (sent.display_name, sent.service_account) == ("trips", "millrace")
    assert sent.runtime_config.parameters == {"cache": False}
    assert writes(server) == ["POST"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cron": "30 0 4 * * 1"}, "cron: 0 0 3 * * 1 -> 30 0 4 * * 1"),
        ({"enabled": False}, "enabled: true -> false"),
        ({"no_catchup": False}, "no_catchup: true -> false"),
        ({"max_concurrency": 3}, "max_concurrency: 1 -> 3"),
    ],
)
def test_a_schedule_that_differs_is_replaced(
    server: KfpServer, configure: Configure, change: dict[str, Any], reason: str
) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (old,) = server.recurring_runs
    other = config.model_copy(update={"schedule": Schedule(**{"cron": "0 3 * * 1", **change})})
    changed = connect_service("kubeflow", other)
    assert apply(changed, other) == [reason]
    assert old not in server.recurring_runs
    assert len(server.recurring_runs) == 1
    assert writes(server) == ["POST", "POST", "DELETE"]  # there is never none
    assert apply(changed, other) == []


def test_another_pipeline_or_another_parameter_replaces_it(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (first,) = apply(service, config, PIPELINE.replace("0123456789ab", "ba9876543210"))
    (second,) = apply(service, config, PIPELINE.replace("0123456789ab", "ba9876543210"), cache=False)
    assert first.startswith("made_of: millrace-")
    assert second.startswith(f"made_of: {first.split(' -> ')[1]} -> millrace-")


def test_what_an_apply_left_that_was_cut_short_is_cleared(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    (old,) = server.recurring_runs
    changed = PIPELINE.replace("0123456789ab", "ba9876543210")
    server.instead["DELETE", f"recurringruns/{old}"] = Answer(500, '{"message": "the database is away"}')
    with pytest.raises(MillraceError, match="It failed: the database is away. The log of its API server"):
        apply(service, config, changed)
    assert len(server.recurring_runs) == 2
    server.instead.clear()
    apply(service, config, changed)
    assert len(server.recurring_runs) == 1
    assert old not in server.recurring_runs


def test_another_pipelines_schedule_is_left_alone(server: KfpServer, configure: Configure) -> None:
    config = configure()
    other = config.model_copy(update={"name": "Trips"})  # the server does not mind the case
    service, neighbour = connect_service("kubeflow", config), connect_service("kubeflow", other)
    apply(neighbour, other)
    apply(service, config)
    assert sorted(run.display_name for run in server.recurring_runs.values()) == ["Trips", "trips"]
    assert [run.name for run in service.recurring()] == ["trips"]


def test_a_schedule_is_paused_and_resumed_and_deleted(server: KfpServer, configure: Configure) -> None:
    config = configure()
    service = connect_service("kubeflow", config)
    apply(service, config)
    for enabled in (False, True):
        service.switch(service.recurring()[0], enabled)
        assert [run.enabled for run in service.recurring()] == [enabled]
    service.delete(service.recurring()[0])
    assert service.recurring() == []


def test_a_time_zone_that_the_scheduler_does_not_read_in_is_refused(server: KfpServer, configure: Configure) -> None:
    zurich = Schedule(cron="0 3 * * 1", time_zone="Europe/Zurich")
    config = configure().model_copy(update={"schedule": zurich})
    with pytest.raises(ConfigError, match="Kubeflow reads every cron in one time zone, here UTC, not in Europe/Zurich"):
        apply(connect_service("kubeflow", config), config)
    started_so = config.model_copy(update={"cluster": config.cluster.model_copy(update={"time_zone": "Europe/Zurich"})})
    assert apply(connect_service("kubeflow", started_so), started_so) == []


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


REFUSALS = [
    (Answer(401, '{"message": "no user identity"}'), 1,
     "It does not know who asks: no user identity. Say by cluster.access, or --access, how it learns who asks."),
    (Answer(403, "<html>Forbidden</html>", "text/html"), 1,
     "It does not allow this. Ask for the right to it, or: Say by cluster.access"),
    (Answer(404, "404 page not found", "text/plain"), 2,
     "This is not the API of Kubeflow Pipelines. Write the URL before /apis as the host"),
    (Answer(200, "<html>Welcome</html>", "text/html"), 2, "This is not the API of Kubeflow Pipelines."),
    (Answer(404, '{"code": 5, "message": "Run r1 not found"}'), 2, "It does not have this: Run r1 not found."),
    (Answer(409, '{"code": 6, "message": "the name exists"}'), 1, "It has one of that name already: the name exists."),
    (Answer(400, '{"code": 3, "message": "bad spec"}'), 1, "It refuses the request (400): bad spec."),
    (Answer(500, '{"message": "InternalServerError: disk full\\n  at main.go:3"}'), 1,
     "It failed: InternalServerError: disk full at main.go:3. The log of its API server, ml-pipeline, says more."),
    (Answer(302, headers={"Location": "https://login.example.org/auth?state=s3cret"}), 1,
     "It sends the request on to https://login.example.org/auth. If that is where one logs in: Say by cluster.access"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "code", "said"), REFUSALS, ids=[str(answer.status) for answer, *_ in REFUSALS])
def test_a_refusal_is_one_paragraph(
    server: KfpServer, configure: Configure, answer: Answer, code: int, said: str
) -> None:
    server.instead["GET", "healthz"] = answer
    with pytest.raises(MillraceError) as error:
        connect_service("kubeflow", configure())
    assert str(error.value).startswith(f"{server.host}: {said}")
    assert (error.value.exit_code, str(error.value).count("\n")) == (code, 0)
    assert "s3cret" not in str(error.value)


def test_a_renewed_secret_is_asked_for_where_one_is_refused(
    server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.token = "right"
    monkeypatch.setenv("KFP_SECRET", CANARY)
    with pytest.raises(MillraceError) as error:
        connect_service("kubeflow", configure("access: {kind: token, env: KFP_SECRET}"))
    assert error.value.remedy == "What cluster.access names, of kind token, is not accepted: renew it."
    assert CANARY not in str(error.value)


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


def test_a_server_that_does_not_answer_is_given_up(
    server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeflow_client, "PATIENCE", (0.2, 0.2))
    server.instead["GET", "healthz"] = Answer(200, "{}", delay=30)
    with pytest.raises(MillraceError, match="It took the request and did not answer in time: .*0.2"):
        connect_service("kubeflow", configure())


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("http://127.0.0.1:{port}", "It cannot be reached: .*Connection refused"),
        ("http://nowhere.invalid", "It cannot be reached: "),
        ("{https}", "Its certificate was not accepted: "),
    ],
)
def test_a_host_that_cannot_be_reached_is_named(
    server: KfpServer, configure: Configure, unused_port: int, host: str, said: str
) -> None:
    url = host.format(port=unused_port, https=server.host.replace("http", "https"))
    with pytest.raises(MillraceError, match=said) as error:
        connect_service("kubeflow", configure(host=url))
    assert error.value.where == url
    assert "object at" not in str(error.value) and "Retry" not in str(error.value)


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
