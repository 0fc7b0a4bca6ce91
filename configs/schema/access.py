"""How a pipeline service learns who asks; a config never holds the secret, only says where it lies."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

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


Access = Annotated[Token | Cookies | ServiceAccount | IdentityAwareProxy, Field(discriminator="kind")]
