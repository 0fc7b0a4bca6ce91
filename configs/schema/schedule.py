"""When a pipeline runs by itself, in a cluster or on one machine."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, PositiveInt, field_validator, model_validator

from configs.schema.duration import Duration
from configs.schema.evaluation import Metric
from configs.schema.section import Section

# What cronsim knows and the schedulers of Kubeflow and Vertex do not is left out: L, LW, #, and Sunday as 7.
_DAY = r"(\*|\d+(-\d+)?)(/\d+)?"
_WEEKDAY = r"\*(/\d+)?|([0-6]|[A-Z]{3})(-([0-6]|[A-Z]{3})(/\d+)?)?"


def _check_time_zone(time_zone: str) -> str:
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{time_zone}' is no time zone, like 'UTC' or 'Europe/Zurich'") from None
    return time_zone


TimeZone = Annotated[str, AfterValidator(_check_time_zone)]


class Bar(Section):
    """Beyond which a metric is a reason to train."""

    min: float | None = Field(default=None, description="A figure below this is a reason.")
    max: float | None = Field(default=None, description="A figure above this is a reason.")

    @model_validator(mode="after")
    def _check_bounds(self) -> "Bar":
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        return self


class Drift(Section):
    """How far columns have to move to be a reason to train."""

    linf: Annotated[float, Field(gt=0, le=1)] = Field(
        description="The largest distance of a feature, the label or the predictions, as `millrace monitor` tells it."
    )


class When(Section):
    """What makes a run worth it, once its time has come: enough of what is new, age, or what `monitor` found.

    A config, code or lock that changed is always a reason, and so is a person who asks.
    """

    new_spans: PositiveInt | None = Field(
        default=None, description="So many complete spans that no run has seen; with new_rows, both must be there."
    )
    new_rows: PositiveInt | None = Field(default=None, description="So many rows that no run has seen.")
    age: Duration | None = Field(default=None, description="Of the version in service, as 30d: a reason by itself.")

    quality: Annotated[dict[Metric, Bar], Field(min_length=1)] | None = Field(
        default=None,
        description="By metric: what the version in service has to reach on newer rows, by the newest look of "
        "`millrace monitor`; a reason by itself where it does not.",
    )
    drift: Drift | None = Field(default=None, description="Of what is new, by the newest look: a reason by itself.")

    @model_validator(mode="after")
    def _check_conditions(self) -> "When":
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise ValueError(f"needs at least one of {', '.join(type(self).model_fields)}")
        return self


class Failures(Section):
    """What becomes of a schedule whose runs fail."""

    pause_after: PositiveInt = Field(
        default=3, description="So many in a row pause it, until `millrace schedule resume`."
    )
    retry_in: Duration = Field(
        default="15m", description="How soon a run is tried again that failed by no fault of config or data."
    )


class Schedule(Section):
    """When the pipeline runs by itself, in a cluster or on one machine."""

    cron: str = Field(
        description="Minute, hour, day, month, weekday (0 is Sunday); of six fields, the first is seconds."
    )
    time_zone: TimeZone = Field(default="UTC", description="In which the cron is read, such as Europe/Zurich.")
    when: When | None = Field(default=None, description="What makes a run worth it; without, that its time has come.")
    cooldown: Duration | None = Field(
        default=None, description="How long after a run has ended none begins by itself, as 6h."
    )
    catch_up: Literal["latest", "all", "none"] = Field(
        default="latest", description="Which of the times that were missed get a run."
    )
    failures: Failures = Failures()
    no_catchup: bool = Field(default=True, description="Of the times that were missed, run the latest only.")
    max_concurrency: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1, description="How many of its runs may be under way at once; Kubeflow takes 1 to 10."
    )
    enabled: bool = Field(default=True, description="false pauses it.")

    @model_validator(mode="before")
    @classmethod
    def _join_catch_up(cls, given: Any) -> Any:
        """Lets `catch_up` and the older `no_catchup` say the same, whichever of them is given."""
        if not isinstance(given, dict):
            return given
        latest, which = given.get("no_catchup"), given.get("catch_up")
        if isinstance(latest, bool) and which is None:
            return {**given, "catch_up": "latest" if latest else "all"}
        if isinstance(which, str) and latest is None:
            return {**given, "no_catchup": which != "all"}
        if isinstance(latest, bool) and latest is (which == "all"):
            raise ValueError(f"says catch_up: {which} and no_catchup: {str(latest).lower()}: leave out no_catchup")
        return given

    @field_validator("cron")
    @classmethod
    def _check_cron(cls, cron: str) -> str:
        fields = cron.upper().split()
        if len(fields) not in (5, 6):
            raise ValueError(f"'{cron}' is no cron expression of five or six fields, like '0 3 * * 1'")
        try:
            CronSim(cron, datetime.now())
        except CronSimError as error:
            raise ValueError(f"'{cron}' is no cron expression: {str(error).lower()}") from None
        for field, form in ((fields[-3], _DAY), (fields[-1], _WEEKDAY)):
            unknown = next((term for term in field.split(",") if not re.fullmatch(form, term)), None)
            if unknown:
                raise ValueError(f"'{unknown}' in '{cron}' is nothing that a cluster's scheduler knows")
        return cron

    @property
    def with_seconds(self) -> str:
        """The cron in six fields, seconds first."""
        fields = self.cron.split()
        return " ".join(fields if len(fields) == 6 else ["0", *fields])
