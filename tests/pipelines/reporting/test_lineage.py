"""What a run cost is what its nodes say, and each artifact is a line from its maker to its readers."""

from pipelines.reporting.html_report import template
from pipelines.reporting.lineage import trace_lineage

HOME = "/models/taxi"


def node(name, makes=(), reads=(), **known):
    outputs = {key: [f"{HOME}/artifacts/{name}/{key}/{number}"] for key, number in dict(makes).items()}
    inputs = {str(place): [f"{HOME}/artifacts/{place}"] for place in reads}
    uris = [uri for found in outputs.values() for uri in found]
    sizes, types = dict.fromkeys(uris, 1000), dict.fromkeys(uris, "Model")
    found = {
        "sizes": sizes,
        "types": types,
        "digests": dict.fromkeys(uris, "ab12"),
        "inputs": inputs,
        "outputs": outputs,
    }
    return {"node": name, "state": "done", "seconds": 2.0, "cpu": 1.5, "memory": 10, "execution": 9, **found, **known}


def trace(*nodes):
    return trace_lineage({"nodes": nodes, "folder": f"{HOME}/runs/r1"})


FIRST = node("ExampleGen", {"examples": 1})
SECOND = node("Transform", {"graph": 2, "rows": 2}, ["ExampleGen/examples/1"], memory=30)
THIRD = node("Trainer", {"model": 3}, ["Transform/graph/2", "Transform/rows/2"])
FOURTH = node("Evaluator", {"metrics": 4}, ["ExampleGen/examples/1", "Trainer/model/3"], state="cached")


def test_the_costs_are_summed_but_for_the_memory_which_is_the_largest():
    found = trace(FIRST, SECOND, {**node("Pusher"), "state": "not run"})
    assert [(cost.node, cost.seconds, cost.cpu, cost.memory, cost.bytes) for cost in found.costs] == [
        ("ExampleGen", 2.0, 1.5, 10, 1000),
        ("Transform", 2.0, 1.5, 30, 2000),
    ]
    assert (found.total.seconds, found.total.cpu, found.total.memory, found.total.bytes) == (4.0, 3.0, 30, 3000)


def test_the_work_of_an_engine_is_said_to_be_its_own():
    found = trace(FIRST, {**SECOND, "engine": "flink"})
    assert [cost.engine for cost in found.costs] == [None, "flink"]
    page = template("lineage.html").module.draw(found)
    assert page.count("on the engine (flink), here</span> 1.5 s") == page.count("on the engine") == 1


def test_an_artifact_names_who_made_and_who_read_it():
    examples = trace(FIRST, SECOND, THIRD, FOURTH).artifacts[0]
    assert (examples.name, examples.type, examples.node, examples.execution) == ("examples", "Model", "ExampleGen", 1)
    assert (examples.path, examples.digest, examples.bytes) == ("artifacts/ExampleGen/examples/1", "ab12", 1000)
    assert (examples.readers, examples.rows) == (["Transform", "Evaluator"], [0, 1, 3])
    assert examples.tip == "ExampleGen.examples, Model, read by Transform, Evaluator"


def test_no_two_lines_touch_and_none_takes_more_room_than_it_must():
    found = trace(FIRST, SECOND, THIRD, FOURTH)
    lanes = {artifact.name: artifact.lane for artifact in found.artifacts}
    assert lanes == {"examples": 0, "graph": 1, "rows": 2, "model": 3, "metrics": 1}


def test_the_record_of_an_older_run_shows_what_it_has():
    old = {"node": "ExampleGen", "state": "done", "seconds": 1.0, "outputs": {"examples": [f"{HOME}/artifacts/a/1"]}}
    found = trace(old)
    assert (found.costs[0].cpu, found.costs[0].memory, found.costs[0].bytes) == (None, None, None)
    assert (found.total.seconds, found.total.cpu, found.total.memory, found.total.bytes) == (1.0, None, None, None)
    assert (found.artifacts[0].type, found.artifacts[0].bytes, found.artifacts[0].readers) == ("", None, [])


def test_the_command_stands_for_the_run_wherever_it_lies():
    record = {"nodes": [], "folder": "/a b/runs/r1"}
    assert trace_lineage(record).command == "millrace run '/a b/runs/r1/config.json' --no-cache"
