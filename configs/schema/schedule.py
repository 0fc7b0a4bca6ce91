"""When a pipeline runs by itself in a cluster."""

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, field_validator

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


class Schedule(Section):
    """When the pipeline runs by itself in a cluster."""

    cron: str = Field(
        description="Minute, hour, day, month, weekday (0 is Sunday); of six fields, the first is seconds."
    )
    time_zone: TimeZone = Field(default="UTC", description="In which the cron is read, such as Europe/Zurich.")
    no_catchup: bool = Field(default=True, description="Of the times that were missed, run the latest only.")
    max_concurrency: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1, description="How many of its runs may be under way at once; Kubeflow takes 1 to 10."
    )
    enabled: bool = Field(default=True, description="false pauses it.")

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
