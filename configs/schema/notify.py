"""Who is told what became of a pipeline."""

import json
import re
from typing import Annotated, Literal, get_args

from pydantic import Field, Strict, field_validator, model_validator

from configs.schema.section import Section, Text

Event = Literal["published", "waiting", "set_aside", "refused", "not_blessed", "failed", "paused", "stale", "recovered"]
EVENTS: tuple[Event, ...] = get_args(Event)
FIELDS = ("pipeline", "event", "run", "what", "where", "remedy", "reason", "report", "text")
PLACE = re.compile(r"\{(\w*)\}")


class _Notifier(Section):
    on: Annotated[tuple[Event, ...], Strict(False), Field(min_length=1)] = Field(
        default=EVENTS,
        description="What it is told of: a version published, a challenger that waits or is set aside, data refused by "
        "the gate, a model not blessed, a run failed, the schedule paused, nothing published for schedule.when.age, a "
        "run well again.",
    )


class Webhook(_Notifier):
    """A POST of JSON to a URL."""

    kind: Literal["webhook"]
    url: Annotated[str, Field(pattern=r"^https?://")] | None = Field(
        default=None, description="Where to; one that is a secret stands in url_env."
    )
    url_env: Text | None = Field(default=None, description="The environment variable that holds the URL.")
    body: Text | None = Field(
        default=None,
        description='The JSON, in whose texts {event} and the like are filled in; without, {"text": "..."}, as Slack, '
        "Mattermost and Teams take it.",
    )

    @field_validator("body")
    @classmethod
    def _check_body(cls, body: str | None) -> str | None:
        try:
            json.loads(body or "{}")
        except ValueError as error:
            raise ValueError(f"is no JSON: {error}") from None
        unknown = next((name for name in PLACE.findall(body or "") if name not in FIELDS), None)
        if unknown is not None:
            raise ValueError(f"names {{{unknown}}}; there are {', '.join(FIELDS)}")
        return body

    @model_validator(mode="after")
    def _check_place(self) -> "Webhook":
        if (self.url is None) == (self.url_env is None):
            raise ValueError("lies in one place: give url, or url_env")
        return self


class Mail(_Notifier):
    """An e-mail, handed to an SMTP server."""

    kind: Literal["mail"]
    to: Annotated[tuple[Text, ...], Strict(False), Field(min_length=1)] = Field(description="Addresses.")
    sender: Text = Field(description="The address that it comes from.")
    host: Text = Field(description="The SMTP server.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=587, description="Where it listens.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none is for a server on this machine; no password is sent to it."
    )
    ca_file: Text | None = Field(default=None, description="Certificates in PEM that vouch for the server's own.")
    user: Text | None = Field(default=None, description="To log in with; without, it is not logged in.")
    password_env: Text | None = Field(default=None, description="The environment variable that holds the password.")

    @field_validator("to", "sender")
    @classmethod
    def _check_addresses(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        addresses = (given,) if isinstance(given, str) else given
        wrong = next((each for each in addresses if not re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", each)), None)
        if wrong:
            raise ValueError(f"'{wrong}' is no address, like ada@example.org")
        return given

    @model_validator(mode="after")
    def _check_login(self) -> "Mail":
        if (self.user is None) != (self.password_env is None):
            raise ValueError("logs in with both a user and a password_env, or not at all")
        if self.user and self.security == "none":
            raise ValueError("would send its password in the open: choose starttls or tls")
        return self


class Command(_Notifier):
    """A command, which is given the message as JSON on its standard input."""

    kind: Literal["command"]
    command: Annotated[tuple[Text, ...], Strict(False), Field(min_length=1)] = Field(
        description="The program and its arguments, as a list; no shell reads it."
    )


Notifier = Annotated[Webhook | Mail | Command, Field(discriminator="kind")]
