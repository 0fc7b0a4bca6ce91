"""What Prometheus reads, by its own parser."""

import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipelines.serving.metrics import BOUNDS, Metrics
from tests.pipelines.serving.conftest import ask

OF_REQUESTS = {"model_name": "trips", "API": "predict", "entrypoint": "REST"}
OF_RUNS = {"model_name": "trips", "API": "Predict", "runtime": "TF1"}

LATENCIES = (("request_latency", OF_REQUESTS), ("runtime_latency", OF_RUNS))


def parse(text):
    families = {family.name: family for family in text_string_to_metric_families(text)}
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families.values()
        for sample in family.samples
    }


def sample(name, **labels):
    return (name, *sorted(labels.items()))


def test_requests_are_counted_under_the_names_of_tensorflow_serving(server):
    for body in ({"instances": [{"b64": ""}] * 3}, {"inputs": [{"b64": ""}]}, {}):
        ask(server, body)
    for path in ("/metrics", "/monitoring/prometheus/metrics"):
        with urllib.request.urlopen(server.url + path, timeout=60) as answer:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            found = parse(answer.read().decode())
    count = ":tensorflow:serving:request_count_total"  # as the parser has the names of counters
    assert found[sample(count, model_name="trips", status="OK")] == 2
    assert found[sample(count, model_name="trips", status="INVALID_ARGUMENT")] == 1
    assert found[sample(":tensorflow:serving:request_latency_count", **OF_REQUESTS)] == 2
    assert found[sample(":tensorflow:serving:request_latency_bucket", le="+Inf", **OF_REQUESTS)] == 2
    assert found[sample(":tensorflow:serving:runtime_latency_count", **OF_RUNS)] == 2
    assert found[sample(":tensorflow:serving:request_example_count_total", model="trips")] == 4
    assert found[sample("millrace_version", model_name="trips")] == 1
    asked, ran = (found[sample(f":tensorflow:serving:{name}_sum", **labels)] for name, labels in LATENCIES)
    assert asked >= ran > 0


@pytest.mark.parametrize(("seconds", "bound"), [(0, 0), (BOUNDS[3] / 1e6, 3), (1e9, 33)])
def test_a_time_is_counted_up_to_its_bound(seconds, bound):
    metrics = Metrics("trips")
    metrics.add_request(200, seconds)
    name = ":tensorflow:serving:request_latency_bucket"
    buckets = [value for key, value in parse(metrics.render(1, {})).items() if key[0] == name]
    assert buckets == [0] * bound + [1] * (34 - bound)
