"""A value that is masked is nowhere in what a pipeline leaves; and what a private model is worth."""

import json
import re
import socket
import urllib.request

import pytest

from components.examples.tf_example import encode_examples
from components.validation.typed_batch import assign_roles, convert
from configs.loading.loader import load
from configs.repository import ROOT
from pipelines.serving.batch_predict import parse_row
from pipelines.serving.request_log import read_log
from tests.components.test_example_gen import read_bytes
from tests.components.validation.test_masking import DIGEST, KEY
from tests.integration.test_serve import wait_for
from tests.sandbox import YAML, Sandbox

PHONES = [f"+49 30 {number}" for number in range(700100, 700110)]
ROW = {"fare": 7654.25, "trip_miles": 2, "trip_seconds": 9, "payment_type": "Cash", "company": PHONES[3]}
ROW |= {"note": "call canary@example.org"}
CANARIES = ("canary@example.org", "7654.25", "Ada Canary", *PHONES, *(phone[1:] for phone in PHONES))
PRIVACY = f"""
privacy:
  columns:
    fare: {{bin: 10}}
    company: {{hash: {{key_env: PII_KEY, key_digest: {DIGEST}}}}}
    note: redact
    "n*me": drop
"""

pytestmark = pytest.mark.full


@pytest.fixture
def people(tmp_path, monkeypatch):
    """Trips whose companies are phone numbers, with a note in which an address stands, and a name."""
    monkeypatch.setenv("PII_KEY", KEY)
    place = Sandbox(tmp_path).furnish()
    header, *rows = place.data.read_text().splitlines()
    at = {name: index for index, name in enumerate(header.split(","))}
    for number, row in enumerate(rows):
        cells = row.split(",")
        cells[at["company"]] = PHONES[number % 10]
        cells[at["fare"]] = "7654.25" if number % 7 == 0 else cells[at["fare"]]
        rows[number] = f"{','.join(cells)},to canary@example.org,Ada Canary"
    place.data.write_text("\n".join([f"{header},note,name", *rows, ""]))
    note = "features:\n  note: {kind: text, vocabulary: 9, length: 5}\n"
    place.config.write_text(YAML.replace("features:\n", note) + PRIVACY)
    return place


def ask(address, body):
    with urllib.request.urlopen(f"{address}:predict", json.dumps(body).encode(), timeout=60) as answer:
        return json.load(answer)["predictions"]


def serve(people):
    """Asks a server by both signatures for what is in the row; returns its two scores."""
    import base64

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    running = people.start("serve", "--host", "127.0.0.1", "--port", port, "--log-requests", "1")
    address = re.search(r"http\S+", running.stdout.readline())[0]
    plain = load(people.config)
    plain = plain.model_copy(update={"privacy": type(plain.privacy)()})
    [example] = encode_examples(convert(parse_row(json.dumps(ROW)).table, assign_roles(plain, label=False)))
    try:
        [raw] = ask(address, {"signature_name": "serving_raw", "instances": [ROW]})
        [whole] = ask(address, {"instances": [{"b64": base64.b64encode(example).decode()}]})
        wait_for(people.home)
    finally:
        running.terminate()
        running.wait(60)
    return raw["scores"][1], whole["scores"][1]


def test_a_canary_is_nowhere_below_the_root(people, tmp_path):
    assert people.run().code == 0
    scored = people.millrace("predict", "--row", json.dumps(ROW), "--output", "json")
    assert serve(people) == pytest.approx([json.loads(scored.stdout)["score_1"]] * 2, abs=1e-6)
    assert len(list(read_log(people.home))) == 2
    assert people.millrace("monitor", "--input", str(people.data)).code == 0
    assert people.millrace("report").code == 0
    content = b"\n".join(read_bytes(people.home.root.parent))
    assert {canary for canary in CANARIES if canary.encode() in content} == set()
    assert b"[email]" in content and len(content) > 1_000_000
    people.config.write_text(people.config.read_text().replace(PRIVACY, ""))
    assert people.run("--until", "StatisticsGen").code == 0  # and it would be found where it is
    content = b"\n".join(read_bytes(people.home.root.parent))
    assert all(phone[1:].encode() in content for phone in PHONES) and b"canary@example.org" in content


def test_a_model_that_tells_little_of_any_row_is_nearly_as_good(tmp_path):
    """Epsilon 2 at a delta of one in the rows; without noise the AUC is 0.950."""
    place, training = Sandbox(tmp_path), "{batch_size: 1024, epochs: 20, optimizer: {learning_rate: 2e-3}}"
    taxi = (ROOT / "configs" / "taxi.yaml").read_text()
    place.config.write_text(taxi.replace("name: taxi", "name: trips").replace("../workspace", "workspace"))
    bar = "evaluation.thresholds={auc: {min: 0.945}}"
    answer = place.run("--set", "privacy.epsilon=2", "--set", f"training={training}", "--set", bar)
    assert answer.code == 0, answer.stdout + answer.stderr
    details = {node["node"]: node["details"] for node in answer.record["nodes"]}
    spent, rows = details["Trainer"]["privacy"], details["ExampleGen"]["rows"]["train"]
    assert (spent["rows"], spent["delta"], spent["steps"]) == (rows, 1 / rows, 240)
    assert 1.99 < spent["epsilon"] <= 2
    told = f"epsilon {spent['epsilon']:.3f} at delta {1 / rows:.2g} for each row of the train split"
    assert told in (place.home.serving / "1" / "assets.extra" / "model_card.md").read_text()
    assert told in next(place.home.runs.glob("*/report.html")).read_text()
