"""The connection to Kubeflow Pipelines: who asks, how long to wait, and one paragraph when it comes to nothing."""

import os
import re
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import kfp_server_api
import urllib3

from components.patches.kfp_client import ConfiguredClient, DirectExchange
from configs.errors import ConfigError, MillraceError
from configs.schema.access import Cookies, IdentityAwareProxy, OpenIdConnect, ServiceAccount, Token
from configs.schema.cluster import Cluster
from pipelines.remote import kubeflow_errors, openid
from pipelines.remote.kept_secret import read_secret

PATIENCE = (10, 60)  # seconds to connect, and to answer
LOG = "/log"  # how the one path ends whose answer is no JSON
# A lost connection and a gateway's hiccup are tried again, but for what changes something, unless it never arrived.
RETRY = urllib3.Retry(
    connect=1, read=1, status=2, other=0, status_forcelist=(502, 503, 504), backoff_factor=0.5, raise_on_status=False
)


def connect(cluster: Cluster) -> "Client":
    """Returns a client that has reached the server.

    Raises ConfigError when the config names no host, no secret where it says, or a host that has no such API, and
    MillraceError when the host cannot be reached or refuses.
    """
    if not cluster.host:
        raise ConfigError("No Kubeflow Pipelines is named", "cluster.host", "Write its URL there, or give --host.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it works with servers of version 2 only
        client = Client(cluster)
    client.greet()
    return client


class Client(ConfiguredClient):
    """kfp's own client, told by the config who asks which server.

    It writes nothing, to no file and not to the screen, and asks a server that many share in the config's namespace.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.kind = cluster.access.kind if cluster.access else None
        self.namespace = ""
        self.release: str | None = None
        self.secret = _reader(cluster)
        cookies = self.secret() if self.secret and self.kind == "cookies" else None
        super().__init__(self._configure(), cluster.namespace, cookies)
        self.api.rest_client = Exchange(self)

    def _configure(self) -> kfp_server_api.Configuration:
        configuration = kfp_server_api.Configuration(host=self.cluster.host)
        configuration.ssl_ca_cert = self.cluster.ca_file
        configuration.retries = RETRY
        if self.secret and self.kind != "cookies":
            configuration.api_key = {"authorization": self.secret()}
            configuration.api_key_prefix = {"authorization": "Bearer"}
            configuration.refresh_api_key_hook = self._refresh
        return configuration

    def _refresh(self, configuration: kfp_server_api.Configuration) -> None:
        if self.secret:
            configuration.api_key["authorization"] = self.secret()

    def get_user_namespace(self) -> str:
        """Returns the namespace to ask in: none where nobody else is, since such a server refuses one."""
        return self.namespace

    def greet(self) -> None:
        """Asks the server whether it is well, shared by many, and of which release."""
        health = self.ask("GET", "healthz")
        self.namespace = self.cluster.namespace if health.get("multi_user") else ""
        told = str(health.get("tag_name") or "")
        self.release = told if re.match(r"v?\d+\.\d+", told) else None  # one that was built by hand says "unknown"

    def ask(self, method: str, path: str, answer: str = "object", body: Any = None, **query: str) -> Any:
        """Sends a request that kfp has no method for, or has called differently from one version to the next.

        Returns what a model of the API's makes of the answer; plain data, without one.
        """
        return self.api.call_api(
            f"/apis/v2beta1/{path}", method, query_params=[(key, value) for key, value in query.items() if value],
            header_params={"Accept": "application/json", "Content-Type": "application/json"}, body=body,
            response_type=answer, auth_settings=["Bearer"], _return_http_data_only=True,
        )  # fmt: skip

    def read_log(self, run_id: str, pod: str) -> str:
        """Returns what the container of a run's pod has said; nothing where there is no such pod."""
        try:
            answer = self.api.call_api(
                f"/apis/v1alpha1/runs/{run_id}/nodes/{pod}{LOG}", "GET",
                auth_settings=["Bearer"], _return_http_data_only=True, _preload_content=False,
            )  # fmt: skip
        except MillraceError:
            return ""
        return str(answer.data.decode(errors="replace"))

    def experiment(self) -> str | None:
        """Returns the id of the config's experiment; None when there is none yet."""
        try:
            found = self.get_experiment(experiment_name=self.cluster.experiment)
        except ValueError as error:
            if "No experiment" in str(error):
                return None
            raise ConfigError(str(error), "cluster.experiment", "Write another name.") from None
        return found.experiment_id

    def made_experiment(self) -> str:
        """Returns the id of the config's experiment, which is made where there is none yet."""
        return self.experiment() or self.quietly(self.create_experiment, self.cluster.experiment).experiment_id

    def quietly(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Calls a method of kfp's that would print."""
        with open(os.devnull, "w") as nothing, redirect_stdout(nothing):
            return method(*arguments, **named)

    def link(self, *parts: str) -> str:
        """Returns the URL of a page of the server's own screen."""
        return "/".join([f"{self.cluster.host}/#", *parts])


class Exchange(DirectExchange):
    """A request ends in the API's answer or in a MillraceError; no secret stands in that."""

    def __init__(self, client: Client) -> None:
        super().__init__(client.api.configuration)
        self.client = client

    def request(self, method: str, url: str, *arguments: Any, **named: Any) -> Any:
        """Sends it; one that gets no answer in time is given up."""
        named["_request_timeout"] = named.get("_request_timeout") or PATIENCE
        host = str(self.client.cluster.host)
        try:
            answer = super().request(method, url, *arguments, **named)
        except (kfp_server_api.ApiException, urllib3.exceptions.HTTPError) as error:
            found = kubeflow_errors.explain(error, host, self.client.kind)
            raise type(found)(self._conceal(found.what), found.where, found.remedy) from None
        wanted = "text/plain" if url.endswith(LOG) else "json"
        headers = getattr(answer, "urllib3_response", answer).headers  # of a log the answer is not wrapped
        if wanted not in (headers.get("content-type") or ""):
            raise ConfigError(kubeflow_errors.NO_API, host, kubeflow_errors.HOST)
        return answer

    def _conceal(self, words: str) -> str:
        secret = self.client.secret() if self.client.secret else ""
        return words.replace(secret, "***") if secret else words


def _reader(cluster: Cluster) -> Callable[[], str] | None:
    """What reads the secret, anew each time: a file may be renewed, and a token runs out while a run is followed."""
    match cluster.access:
        case Token(env=env, file=file) | Cookies(env=env, file=file):
            return lambda: read_secret(env, file, "cluster.access")
        case ServiceAccount(file=file):
            return lambda: read_secret(None, file, "cluster.access")
        case OpenIdConnect() as provider:
            return lambda: openid.read_token(provider)
        case IdentityAwareProxy(client_id=client_id):
            return _of_google(client_id)
    return None


def _of_google(client_id: str) -> Callable[[], str]:
    import google.auth.exceptions
    import google.auth.transport.requests
    from google.oauth2 import id_token

    request = google.auth.transport.requests.Request()
    kept: list[Any] = []

    def read() -> str:
        try:
            kept[:] = kept or [id_token.fetch_id_token_credentials(client_id, request)]
            if not kept[0].valid:
                kept[0].refresh(request)
        except google.auth.exceptions.GoogleAuthError as error:
            raise MillraceError(
                f"Google gives no token: {str(error).partition(chr(10))[0]}", "cluster.access",
                "Set GOOGLE_APPLICATION_CREDENTIALS to a service account's file, or run where Google provides one.",
            ) from None  # fmt: skip
        return str(kept[0].token)

    return read
