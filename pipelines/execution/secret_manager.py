"""Secrets that no container has in its environment: those of Google's Secret Manager, for steps on Vertex.

It follows Google's REST reference; without an account it could not be tried.
"""

import base64
import re

from configs.errors import ConfigError, MillraceError

API = "https://secretmanager.googleapis.com/v1"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def read_secret(name: str) -> str:
    """Returns the secret, NAME or projects/PROJECT/secrets/NAME/versions/VERSION; by NAME alone the latest version.

    Raises MillraceError without credentials, or where they do not let the secret be read.
    """
    import google.auth
    import requests
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession

    if not re.fullmatch(r"[\w-]+|projects/[\w:.-]+/secrets/[\w-]+/versions/\w+", name):
        raise ConfigError(f"{name!r} names no secret", "--metadata-secret", "Write its name, or its whole path.")
    try:
        credentials, project = google.auth.default(scopes=[SCOPE])
        path = name if "/" in name else f"projects/{project}/secrets/{name}/versions/latest"
        answer = AuthorizedSession(credentials).get(f"{API}/{path}:access", timeout=30)
        answer.raise_for_status()
        return base64.b64decode(answer.json()["payload"]["data"]).decode().strip()
    except (GoogleAuthError, requests.RequestException) as error:
        raise MillraceError(
            f"The secret cannot be read: {error}.",
            where=name,
            remedy="Give the step's service account the role roles/secretmanager.secretAccessor on it.",
        ) from error
