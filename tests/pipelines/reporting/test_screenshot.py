"""The picture shows what the screen showed, and asks the network for nothing."""

import html
import re

from pipelines.reporting.screenshot import draw


def node(name, state, text, error=None):
    return {"node": name, "state": state, "seconds": 12.44, "text": text, "details": {}, "outputs": {}, "error": error}


def test_shows_the_table_and_the_closing_words():
    error = {"exit_code": 4, "what": "auc is 0.7 <below 0.8>.", "where": "Evaluator", "remedy": "Improve it."}
    record = {
        "exit_code": 4,
        "published": None,
        "in_service": 3,
        "serving": "/models/serving",
        "folder": "/models/runs/1",
        "error": error,
        "nodes": [node("Trainer", "cached", "5 epochs"), node("Pusher", "failed", "auc is 0.7", error)],
    }
    drawn = draw(record, "taxi.yaml")
    lines = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    text = " ".join(html.unescape(" ".join(lines)).split())
    assert text.startswith("millrace run taxi.yaml node state time Trainer ✓ cached 12.4 s 5 epochs Pusher ✗ failed")
    assert "Not blessed ; nothing was published. Evaluator : auc is 0.7 <below 0.8>. Improve it." in text
    assert "In service version 3, in /models/serving" in text
    assert "url(http" not in drawn
    assert "@font-face" not in drawn
