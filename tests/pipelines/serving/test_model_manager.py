"""No request is lost while versions change."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.registry.model_registry import Record
from configs.errors import MillraceError
from configs.home import Home
from pipelines.serving.model_manager import Models, refuse_code
from tests.fakes.models import publish, rollback
from tests.pipelines.serving.conftest import ask, call
from trainer.models.custom import SOURCE


def test_a_new_version_takes_over_without_a_lost_request(server, home, models_of):
    done = threading.Event()

    def keep_asking(_):
        answers = [ask(server, {"instances": [{"b64": ""}]})]
        while not done.is_set():
            answers.append(ask(server, {"instances": [{"b64": ""}]}))
        return answers

    with ThreadPoolExecutor(3) as pool:
        asked = pool.map(keep_asking, range(3))
        for number in (2, 3):
            publish(home, models_of[number], {}, Record(f"run-{number}"))
            server.models.refresh()
            assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[float(number)]]})
        done.set()
    for answers in asked:
        assert {status for status, _ in answers} == {200}
        numbers = [answer["predictions"][0][0] for _, answer in answers]
        assert numbers == sorted(numbers) and len(numbers) > 2
    assert server.said == ["Version 2 is served.", "Version 3 is served."]
    states = {each["version"]: each["state"] for each in call(server, "/v1/models/trips")[1]["model_version_status"]}
    assert states == {"1": "END", "2": "END", "3": "AVAILABLE"}
    assert call(server, "/v1/models/trips/versions/1:predict", {})[0] == 404


def test_a_rollback_is_a_new_version(server, home, models_of):
    publish(home, models_of[2], {}, Record("run-2"))
    server.models.refresh()
    rollback(home, reason="complaints")
    server.models.refresh()
    assert server.models.current.number == 3
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[1.0]]})


def test_a_version_that_is_damaged_is_not_taken_up_and_said_once(server, home, models_of):
    publish(home, models_of[2], {}, Record("run-2"))
    graph = home.serving / "2" / "saved_model.pb"
    sound = graph.read_bytes()
    graph.write_bytes(b"?")
    for _ in range(3):
        server.models.refresh()
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[1.0]]})
    [said] = server.said
    assert said.startswith("Version 2 cannot be served, and version 1 stays: ")
    assert "version 2 is damaged" in said
    [newest, loaded] = call(server, "/v1/models/trips")[1]["model_version_status"]
    assert (newest["state"], newest["status"]["error_code"], loaded["state"]) == ("LOADING", "UNKNOWN", "AVAILABLE")
    graph.write_bytes(sound)
    server.models.refresh()
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[2.0]]})


def test_a_version_that_brings_code_can_be_refused(home, models_of, tmp_path):
    (tmp_path / "model.py").write_text("raise SystemExit")
    said = []
    models = Models("trips", home, said.append, refuse_code)
    publish(home, models_of[2], {"model.py": tmp_path / "model.py"}, Record("run-2"))
    models.refresh()
    assert models.current.number == 1
    assert "Version 2 cannot be served, and version 1 stays: " in said[0]
    assert "version 2 brings code of its user's own, which --no-code refuses" in said[0]
    with pytest.raises(MillraceError, match="--no-code refuses") as refused:
        Models("trips", home, said.append, refuse_code)
    assert refused.value.where == str(home.serving / "2" / SOURCE)
    assert Models("trips", home, said.append).current.number == 2


def test_new_versions_are_looked_for(server, home, models_of, monkeypatch):
    monkeypatch.setattr("pipelines.serving.model_manager.POLL", 0.01)
    stop = threading.Event()
    watching = threading.Thread(target=server.models.watch, args=(stop,))
    watching.start()
    publish(home, models_of[2], {}, Record("run-2"))
    for _ in range(1000):
        if server.models.current.number == 2:
            break
        stop.wait(0.02)
    stop.set()
    watching.join()
    assert ask(server, {"instances": [{"b64": ""}]}) == (200, {"predictions": [[2.0]]})


def test_a_version_has_answered_by_all_signatures_before_it_takes_over(server, home, models_of):
    publish(home, models_of[2], {}, Record("run-2"))
    server.models.refresh()
    model = server.models.current.signatures["serving_raw"].model
    assert {name for name, _ in model.plans} == {"serving_default", "serving_raw"}


def test_nothing_in_service_is_said(tmp_path):
    with pytest.raises(MillraceError, match="nothing is in service yet"):
        Models("trips", Home(tmp_path), print)
