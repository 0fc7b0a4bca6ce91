"""A token from an identity provider by OpenID Connect: for a password, or for a code that is entered in a browser.

The grants are those of RFC 6749 (password, refresh) and RFC 8628 (device). What is given is kept in a file of this
user's alone, and renewed by its refresh token while the provider allows it.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from configs.errors import ConfigError, MillraceError
from configs.schema.access import OpenIdConnect
from pipelines.remote.kept_secret import read_secret

WHERE = "cluster.access"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
PATIENCE = (10, 60)  # seconds to connect, and to answer
EARLY = 60.0  # seconds before its end at which a token is renewed
SLOWER = 5.0  # seconds that a provider wants between two questions, and as many more when it says so
REMEDIES = {  # by the provider's own word (RFC 6749, section 5.2; RFC 8628, section 3.5)
    "invalid_client": "See client_id, and client_secret if the client has one.",
    "unauthorized_client": "Allow the client this grant: direct access for a password, device codes for a code.",
    "unsupported_grant_type": "Allow the provider this grant: of Dex, oauth2.passwordConnector or grantTypes.",
    "invalid_scope": "Leave out of cluster.access.scopes what the client may not ask for.",
    "invalid_grant": "See username and password.",
    "access_denied": "Who entered the code said no: run it again.",
    "expired_token": "The code was entered too late: run it again.",
}


def read_token(access: OpenIdConnect, say: Callable[[str], None] | None = None) -> str:
    """Returns a token that is valid for a minute at least: the one that is kept, renewed, or a new one.

    `say` shows a person what to do, where a code is to be entered. Raises MillraceError with the provider's own words.
    """
    kept = _read_kept(access)
    if kept.get("expires", 0.0) > time.time() + EARLY:
        return str(kept[access.token])
    places = _discover(access)
    if kept.get("refresh_token"):
        try:
            return _keep(access, _renew(access, places, kept["refresh_token"]), kept["refresh_token"])
        except MillraceError as error:
            if "invalid_grant" not in error.what:
                raise
    given = _for_password(access, places) if access.username else _for_code(access, places, say or _tell)
    return _keep(access, given)


def _discover(access: OpenIdConnect) -> Mapping[str, Any]:
    url = f"{access.issuer}/.well-known/openid-configuration"
    answer = _send("GET", url)
    found = _as_json(answer)
    if answer.status_code != 200 or not isinstance(found.get("token_endpoint"), str):
        what = f"This is no issuer: {url} answers with {answer.status_code}, and names no place for tokens"
        raise ConfigError(what, f"{WHERE}.issuer", "Write the issuer as the provider's own configuration has it.")
    return found


def _renew(access: OpenIdConnect, places: Mapping[str, Any], token: str) -> dict[str, Any]:
    return _ask(access, places, {"grant_type": "refresh_token", "refresh_token": token})


def _for_password(access: OpenIdConnect, places: Mapping[str, Any]) -> dict[str, Any]:
    assert access.username and access.password
    password = read_secret(access.password.env, access.password.file, f"{WHERE}.password")
    form = {"grant_type": "password", "username": access.username, "password": password}
    return _ask(access, places, form | {"scope": " ".join(access.scopes)})


def _for_code(access: OpenIdConnect, places: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Shows a code, and asks until it was entered in a browser."""
    place = places.get("device_authorization_endpoint")
    if not place:
        what = "The identity provider knows no codes for devices"
        raise ConfigError(what, WHERE, "Give username and password, or a token by {kind: token}.")
    form = {"client_id": access.client_id, "scope": " ".join(access.scopes), **_secret(access)}
    told = _granted(access, _send("POST", str(place), form))
    page = told.get("verification_uri_complete") or told["verification_uri"]
    say(f"Log in at {page}, with the code {told['user_code']}. Waiting for it ...")
    pause, deadline = float(told.get("interval", SLOWER)), time.monotonic() + float(told.get("expires_in", 600))
    while time.monotonic() < deadline:
        time.sleep(pause)
        answer = _send("POST", places["token_endpoint"], {
            "grant_type": DEVICE, "device_code": told["device_code"], "client_id": access.client_id, **_secret(access),
        })  # fmt: skip
        error = _as_json(answer).get("error")
        if error == "slow_down":
            pause += SLOWER
        elif error != "authorization_pending":
            return _granted(access, answer)
    raise MillraceError("expired_token: nobody has entered the code in time.", WHERE, REMEDIES["expired_token"])


def _ask(access: OpenIdConnect, places: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    whole = {**form, "client_id": access.client_id, **_secret(access)}
    return _granted(access, _send("POST", places["token_endpoint"], whole))


def _secret(access: OpenIdConnect) -> dict[str, str]:
    kept = access.client_secret
    return {"client_secret": read_secret(kept.env, kept.file, f"{WHERE}.client_secret")} if kept else {}


def _send(method: str, url: str, form: Mapping[str, str] | None = None) -> requests.Response:
    try:
        # A redirect is an answer: followed, it would carry the password elsewhere.
        return requests.request(method, url, data=form, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        kind = "Its certificate was not accepted" if isinstance(error, requests.exceptions.SSLError) else None
        what = f"The identity provider cannot be reached: {kind or type(error).__name__}."
        raise MillraceError(what, url, "See that the issuer's URL is right and that it runs.") from None


def _granted(access: OpenIdConnect, answer: requests.Response) -> dict[str, Any]:
    """Returns what a provider has given; raises MillraceError with its own words where it says no."""
    found = _as_json(answer)
    if answer.status_code == 200 and "error" not in found:
        return found
    error, words = str(found.get("error") or answer.status_code), str(found.get("error_description") or "").rstrip(".")
    what = f"The identity provider says no: {error}{f', {words}' if words else ''}."
    raise MillraceError(what, access.issuer, REMEDIES.get(error, "See the provider's own log."))


def _as_json(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _keep(access: OpenIdConnect, given: Mapping[str, Any], refresh: str | None = None) -> str:
    """Keeps what was given, in a file of this user's alone; returns the token that is sent."""
    if access.token not in given:
        what = f"The identity provider gave no {access.token}"
        raise MillraceError(what, access.issuer, "Ask for it by cluster.access.scopes, or set cluster.access.token.")
    kept = {key: given[key] for key in ("id_token", "access_token", "refresh_token") if key in given}
    kept = {"refresh_token": refresh, **kept, "expires": time.time() + float(given.get("expires_in", 300))}
    place = _place(access)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file)
    draft.replace(place)
    return str(kept[access.token])


def _read_kept(access: OpenIdConnect) -> dict[str, Any]:
    try:
        kept = json.loads(_place(access).read_text())
        return kept if isinstance(kept, dict) and access.token in kept else {}
    except (OSError, ValueError):
        return {}


def _place(access: OpenIdConnect) -> Path:
    """Returns where the token of this issuer, client and user is kept."""
    who = json.dumps([access.issuer, access.client_id, access.username, access.scopes])
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "millrace", "openid", f"{hashlib.sha256(who.encode()).hexdigest()[:16]}.json")


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201  a person waits for it, whatever the output is
