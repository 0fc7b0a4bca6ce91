import json

from configs.home import Home
from pipelines.monitoring.look import Look
from pipelines.monitoring.looks import keep_look, read_looks


def test_looks_are_kept_in_order(tmp_path):
    looks = [Look("2026-11-20T03:00:00+00:00", number, "new.csv", rows=3, labelled=0).as_data() for number in (1, 2)]
    assert read_looks(Home(tmp_path)) == []
    for look in looks:
        keep_look(Home(tmp_path), look)
    assert read_looks(Home(tmp_path)) == json.loads(json.dumps(looks))
