"""What is learnt of digits that lie on their side, and what is kept of those that stand: with replay, and without."""

import csv
import random

import pytest

from configs.samples.catalog import resolve
from tests.sandbox import Sandbox

YAML = """\
name: trips
data: {format: csv, path: "span-{SPAN}/digits.csv"}
label: {name: digit, kind: multiclass, classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]}
features:
  image: {kind: image, height: 8, width: 8, channels: 1, columns: pixel_*, maximum: 16}
model: {family: cnn, blocks: [{filters: 16}, {filters: 32}], hidden_units: [64]}
training:
  batch_size: 32
  epochs: 20
  warm_start: true
evaluation:
  golden: golden.csv
  thresholds: {accuracy: {min: 0.85}}
gate: {drift: null, skew: null}
storage: {root: workspace}
"""

pytestmark = pytest.mark.full


@pytest.fixture
def digits(tmp_path):
    """1,200 digits in a first span, 500 others on their side in a second, and 97 that stand to be kept."""
    [file] = resolve("sample://digits").iterdir()
    header, *rows = csv.reader(file.open(newline=""))
    random.Random(0).shuffle(rows)  # whose hands follow one another
    turned = [[*(row[8 * (place % 8) + place // 8] for place in range(64)), row[64]] for row in rows[1200:1700]]
    for name, part in {"span-1/digits": rows[:1200], "span-2/digits": turned, "golden": rows[1700:]}.items():
        path = tmp_path / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", newline="") as place:
            csv.writer(place).writerows([header, *part])
    (tmp_path / "trips.yaml").write_text(YAML)
    return Sandbox(tmp_path)


def told(answer):
    """The accuracy on the newest test split, and on the golden set, and what was missed."""
    [node] = [node for node in answer.record["nodes"] if node["node"] == "Evaluator"]
    found = {each["slice"]: each["candidate"] for each in node["details"]["metrics"] if each["metric"] == "accuracy"}
    return found["Overall"], found["golden set"], node["details"]["missed"]


def test_replay_keeps_what_the_golden_set_finds_forgotten(digits):
    first = digits.run("--set", "data.span=1")
    assert first.code == 0, first.stdout + first.stderr
    assert told(first)[1] >= 0.95
    forgetful = digits.run()
    newest, golden, missed = told(forgetful)
    assert forgetful.code == 4
    assert [each["slice"] for each in missed] == ["golden set"]
    assert newest >= 0.85 > golden
    mindful = digits.run("--set", "training.replay={spans: 5, share: 0.3}")
    newest, golden, missed = told(mindful)
    assert (mindful.code, missed) == (0, [])
    assert newest >= 0.85 and golden >= 0.88
