"""Three shops train where their rows are; what is served has never heard of shops."""

import json

import pytest

from tests.sandbox import YAML, Sandbox

SHOPS = ("north", "south", "")
FEDERATED = "training.federated={clients: shop, rounds: 3, local_epochs: 2, proximal: 0.01}"
ROW = {"fare": 12, "trip_miles": 2, "trip_seconds": 600, "payment_type": "Cash", "company": "Flash Cab"}

pytestmark = pytest.mark.full


def test_shops_train_a_model_that_serves_without_them(tmp_path):
    place = Sandbox(tmp_path).furnish()
    header, *rows = place.data.read_text().splitlines()
    shops = [SHOPS[min(number % 7, 2)] for number in range(len(rows))]
    lines = [f"{row},{shop}" for row, shop in zip(rows, shops, strict=True)]
    place.data.write_text("\n".join([f"{header},shop", *lines, ""]))
    place.config.write_text(YAML)
    answer = place.run("--set", FEDERATED)
    assert answer.code == 0, answer.stdout + answer.stderr
    details = {node["node"]: node["details"] for node in answer.record["nodes"]}
    trained, kept = details["Trainer"]["federated"], details["ExampleGen"]["rows"]["train"]
    assert (trained["clients"], trained["chosen"], len(details["Trainer"]["history"]["loss"])) == (3, 3, 3)
    assert trained["fewest_rows"] == pytest.approx(kept / 7, rel=0.2)
    assert trained["most_rows"] == pytest.approx(kept * 5 / 7, rel=0.1)
    scored = place.millrace("predict", "--row", json.dumps(ROW), "--output", "json")
    assert 0 < json.loads(scored.stdout)["score_1"] < 1
    assert place.millrace("monitor", "--input", str(place.data)).code == 0
