"""The forecast of a series over what came, as a chart."""

from collections.abc import Sequence
from dataclasses import dataclass

from configs.clock import tell_date
from configs.schema.config import Config
from configs.schema.features import Timestamp
from pipelines.reporting.charts import Chart, chart
from pipelines.reporting.units import tell_number


@dataclass(frozen=True)
class Forecast:
    """The steps (when, what came, what was forecast), and their chart."""

    steps: Sequence[Sequence[float]]
    chart: Chart


def draw_forecast(steps: Sequence[Sequence[float]] | None, config: Config) -> Forecast | None:
    """Returns what the Evaluator told of a series; None where it told nothing."""
    if not steps or not config.data.window:
        return None
    order = config.data.window.order
    tell = tell_date if isinstance(config.features.get(order), Timestamp) else tell_number
    moments, actual, predicted = zip(*steps, strict=True)
    drawn = chart((order, config.label.name), list(map(tell, moments)), {"actual": actual, "predicted": predicted})
    return Forecast(steps, drawn)
