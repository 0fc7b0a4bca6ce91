"""What is counted of the requests, under the names that TensorFlow Serving gives it, in Prometheus' text form."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping

MICRO = 1e6  # TensorFlow Serving counts microseconds
BOUNDS = [10 * 1.8**power for power in range(33)]  # of them, up to twenty minutes
NAMES = {  # of the codes of HTTP, in TensorFlow
    200: "OK",
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
}


class Histogram:
    """How many took up to each bound, and all of them together."""

    def __init__(self) -> None:
        self.counts, self.sum = [0] * (len(BOUNDS) + 1), 0.0

    def add(self, seconds: float) -> None:
        micros = seconds * MICRO
        self.counts[bisect_left(BOUNDS, micros)] += 1
        self.sum += micros

    def render(self, name: str, labels: str) -> list[str]:
        """Returns its lines."""
        lines, total = [], 0
        for bound, count in zip([*(f"{bound:.9g}" for bound in BOUNDS), "+Inf"], self.counts, strict=True):
            total += count
            lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {total}')
        return [*lines, f"{name}_sum{{{labels}}} {self.sum:.0f}", f"{name}_count{{{labels}}} {total}"]


class Metrics:
    """Counts the predictions that one model was asked for; several threads may."""

    def __init__(self, model: str) -> None:
        self.model, self.lock = model, threading.Lock()
        self.statuses: Counter[int] = Counter({200: 0})
        self.requests, self.runs, self.rows = Histogram(), Histogram(), 0

    def add_request(self, status: int, seconds: float) -> None:
        """Counts an answer; as TensorFlow Serving, the time of those alone that succeeded."""
        with self.lock:
            self.statuses[status] += 1
            if status == 200:
                self.requests.add(seconds)

    def add_run(self, rows: int, seconds: float) -> None:
        """Counts what the model itself did."""
        with self.lock:
            self.runs.add(seconds)
            self.rows += rows

    def render(self, version: int, logged: Mapping[str, int]) -> str:
        """Returns all of it, the version in service, and what became of the requests that were to be logged."""
        model = f'model_name="{self.model}"'
        count, request, run = (f":tensorflow:serving:{name}" for name in ("request_count", *LATENCIES))
        rows = ":tensorflow:serving:request_example_count_total"
        with self.lock:
            lines = [f"# TYPE {count} counter"]
            lines += [f'{count}{{{model},status="{NAMES[code]}"}} {n}' for code, n in sorted(self.statuses.items())]
            lines += [f"# TYPE {request} histogram"]
            lines += self.requests.render(request, f'{model},API="predict",entrypoint="REST"')
            lines += [f"# TYPE {run} histogram"]
            lines += self.runs.render(run, f'{model},API="Predict",runtime="TF1"')
            lines += [f"# TYPE {rows} counter", f'{rows}{{model="{self.model}"}} {self.rows}']
        if logged:
            lines += ["# TYPE millrace_logged_requests_total counter"]
            lines += [f'millrace_logged_requests_total{{{model},result="{key}"}} {n}' for key, n in logged.items()]
        lines += ["# TYPE millrace_version gauge", f"millrace_version{{{model}}} {version}"]
        return "\n".join(lines) + "\n"


LATENCIES = ("request_latency", "runtime_latency")
