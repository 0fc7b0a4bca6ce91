"""What is said when Kubeflow Pipelines does not answer, or answers no."""

import pytest

from configs.errors import MillraceError
from pipelines.remote import kubeflow_client
from pipelines.remote.connect import connect_service
from tests.fakes.kfp_server import Answer, KfpServer
from tests.pipelines.remote.conftest import Configure

CANARY = "canary-7f3e91"


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


def test_a_server_that_does_not_answer_is_given_up(
    server: KfpServer, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeflow_client, "PATIENCE", (0.2, 0.2))
    server.instead["GET", "healthz"] = Answer(200, "{}", delay=30)
    with pytest.raises(MillraceError, match="It took the request and did not answer in time: .*0.2"):
        connect_service("kubeflow", configure())
