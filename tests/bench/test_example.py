from types import SimpleNamespace

from bench import example
from bench.task import Stopwatch


def test_the_launcher_notes_what_a_node_uses(monkeypatch):
    monkeypatch.setattr(example.Launcher, "launch", lambda launcher: sum(range(3_000_000)))
    watch = Stopwatch()
    example.time_launches(watch)
    launcher = SimpleNamespace(_pipeline_node=SimpleNamespace(node_info=SimpleNamespace(id="Trainer")))
    assert example.Launcher.launch(launcher) == 4_499_998_500_000
    assert list(watch.parts) == ["Trainer"]
    assert 0.01 < watch.parts["Trainer"] < 5
