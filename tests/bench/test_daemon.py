from pathlib import Path

from bench.daemon import count_answers, write_pipelines
from configs.clock import utc_now
from configs.loading.loader import load
from pipelines.schedule.inquiry import ask_schedule


def test_pipelines_are_asked_and_not_due(tmp_path: Path) -> None:
    write_pipelines(tmp_path, 2)
    for number in range(2):
        decision = ask_schedule(load(tmp_path / f"p{number}.yaml"), utc_now())
        assert decision.text.startswith("not due: the next time is ")


def test_answers_are_counted_in_the_log(tmp_path: Path) -> None:
    assert count_answers(tmp_path / "daemon.log") == 0
    (tmp_path / "daemon.log").write_text("INFO p0: it is asked now\nINFO p0: not due: the next time is ...\n")
    assert count_answers(tmp_path / "daemon.log") == 1
