"""How a pipeline service learns who asks; a config never holds the secret, only says where it lies."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, Strict, model_validator

from configs.schema.section import Section, Text


class _Kept(Section):
    env: Text | None = Field(default=None, description="The environment variable that holds it.")
    file: Text | None = Field(default=None, description="The file that holds it, read again for each request.")

    @model_validator(mode="after")
    def _check_place(self) -> "_Kept":
        if (self.env is None) == (self.file is None):
            raise ValueError("lies in one place: give env, or file")
        return self


class Token(_Kept):
    """A bearer token."""

    kind: Literal["token"]


class Cookies(_Kept):
    """What a browser that has logged in sends, as `name=value; name=value`."""

    kind: Literal["cookies"]


class ServiceAccount(Section):
    """The token of a Kubernetes service account, projected for the audience pipelines.kubeflow.org."""

    kind: Literal["service_account"]
    file: Text = Field(default="/var/run/secrets/kubeflow/pipelines/token", description="Where kfp expects it, too.")


class IdentityAwareProxy(Section):
    """Google's proxy, asked with the application default credentials."""

    kind: Literal["iap"]
    client_id: Text = Field(description="The OAuth client of the proxy; no secret.")


class Kept(_Kept):
    """A secret, by where it lies."""


def _check_issuer(url: str) -> str:
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in (("http", "https") if local else ("https",)):
        raise ValueError(f"'{url}' is no issuer: write its URL, with https, as its own configuration has it")
    return url.rstrip("/")


class OpenIdConnect(Section):
    """An identity provider such as Dex or Keycloak, which gives a token for a password, or to who logs in by a browser.

    The token is kept for this user of the machine, and renewed while the provider allows it.
    """

    kind: Literal["oidc"]
    issuer: Annotated[str, AfterValidator(_check_issuer)] = Field(
        description="The URL under which /.well-known/openid-configuration is."
    )
    client_id: Text = Field(description="As the provider knows the client; Kubeflow must take tokens that are for it.")
    client_secret: Kept | None = Field(default=None, description="Of a client that has one.")
    username: Text | None = Field(
        default=None, description="Whose password it is; without, a code is shown that is entered in a browser."
    )
    password: Kept | None = Field(default=None, description="Of that user.")
    scopes: Annotated[tuple[Text, ...], Strict(False)] = Field(
        default=("openid", "email", "offline_access"), description="What the token is asked to tell; openid is needed."
    )
    token: Literal["id_token", "access_token"] = Field(default="id_token", description="Which of both is sent.")

    @model_validator(mode="after")
    def _check_person(self) -> "OpenIdConnect":
        if (self.username is None) != (self.password is None):
            raise ValueError("has both of username and password, or none")
        if "openid" not in self.scopes:
            raise ValueError("asks for the scope openid, without which there is no such token")
        return self


Access = Annotated[Token | Cookies | ServiceAccount | IdentityAwareProxy | OpenIdConnect, Field(discriminator="kind")]
