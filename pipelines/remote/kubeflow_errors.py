"""What it means that Kubeflow Pipelines did not answer, or answered no, in words a user can act on."""

import json
from urllib.parse import urlsplit

from kfp_server_api import ApiException
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from configs.errors import ConfigError, MillraceError

LONGEST = 400  # characters of a server's own words
NOT_FOUND = 5  # gRPC's code, which the API puts into the answer's body, and a server that has no such API does not
NO_API = "This is not the API of Kubeflow Pipelines."
HOST = "Write the URL before /apis as the host, like https://kubeflow.example.org/pipeline."

# By urllib3's reason; an error that belongs to several comes under the first.
_UNREACHED: tuple[tuple[type[HTTPError], str, str], ...] = (
    (SSLError, "Its certificate was not accepted", "Name who vouches for it by cluster.ca_file, and see the URL."),
    (NewConnectionError, "It cannot be reached", "See that the URL is right and that it runs."),
    (ConnectTimeoutError, "It cannot be reached in time", "See that the URL is right and that no firewall is between."),
    (ReadTimeoutError, "It took the request and did not answer in time", "See its log, and try again."),
    (ProtocolError, "It broke the connection off", "See that the URL is right, http or https too, and try again."),
    (LocationValueError, "This is no URL", "Write one like https://kubeflow.example.org/pipeline."),
)


def explain(error: Exception, host: str, access: str | None) -> MillraceError:
    """Returns one paragraph for what urllib3 or the API's client raised; `access` is the kind the config names."""
    if isinstance(error, ApiException) and error.status:
        return _explain_status(error, host, access)
    reason = getattr(error, "reason", None)
    cause = reason if isinstance(reason, Exception) else error
    if isinstance(error, ApiException):  # the API's client makes an exception of its own of TLS's
        cause = SSLError(str(reason).partition("\n")[2])
    for kind, what, remedy in _UNREACHED:
        if isinstance(cause, kind):
            return MillraceError(f"{what}: {_clip(_tell(cause))}.", host, remedy)
    return MillraceError(f"The request failed: {_clip(_tell(cause))}.", host, "Try again.")


def _tell(cause: Exception) -> str:
    """The words of an error without the Python object that it begins with."""
    said = str(cause.args[-1]) if cause.args else type(cause).__name__
    return said.rpartition(">: ")[2] or said


def _explain_status(error: ApiException, host: str, access: str | None) -> MillraceError:
    code, said = _parse_body(error.body)
    words = f": {said}." if said else "."
    if 300 <= error.status < 400:
        place = urlsplit((error.headers or {}).get("Location", ""))
        return MillraceError(
            f"It sends the request on to {place.scheme}://{place.netloc}{place.path}.",
            host,
            f"If that is where one logs in: {_admit(access)} If it is where the API is, write that URL as the host.",
        )
    if error.status == 401:
        wanted = _clip((error.headers or {}).get("WWW-Authenticate", ""))
        words += f" It wants {wanted}." if wanted else ""
        return MillraceError(f"It does not know who asks{words}", host, _admit(access))
    if error.status == 403:
        return MillraceError(f"It does not allow this{words}", host, f"Ask for the right to it, or: {_admit(access)}")
    if error.status == 404 and code != NOT_FOUND:
        return ConfigError(NO_API, host, HOST)
    if error.status == 404:
        return ConfigError(f"It does not have this{words}", host)
    if error.status == 409:
        return MillraceError(f"It has one of that name already{words}", host, "See what is there, and try again.")
    if error.status >= 500:
        return MillraceError(f"It failed{words}", host, "The log of its API server, ml-pipeline, says more.")
    return MillraceError(f"It refuses the request ({error.status}){words}", host)


def _admit(access: str | None) -> str:
    if access is None:
        return "Say by cluster.access, or --access, how it learns who asks."
    return f"What cluster.access names, of kind {access}, is not accepted: renew it."


def _parse_body(body: bytes | str | None) -> tuple[int | None, str]:
    """The code and the message in an answer; of one that is no JSON, a web page maybe, neither."""
    try:
        answer = json.loads(body or "")
    except ValueError:
        return None, ""
    if not isinstance(answer, dict):
        return None, ""
    return answer.get("code"), _clip(str(answer.get("message") or answer.get("error") or ""))


def _clip(words: str) -> str:
    line = " ".join(words.split()).rstrip(".")
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."
