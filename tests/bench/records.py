"""Records as a bench leaves them."""


def record(name, rows, number=1, cpu=10.0, auc=None, parts=None, wall=None):
    return {
        "contestant": name,
        "rows": rows,
        "round": number,
        "wall": wall or cpu,
        "cpu": cpu,
        "memory": 1000.0 + number,
        "others": 0.25,
        "parts": parts or {},
        "auc": auc,
    }


RECORDS = [
    record("a", 0, cpu=8.0),
    record("b", 0, cpu=5.0),
    record("a", 10_000, cpu=90.0, auc=0.94, parts={"CsvExampleGen": 20.0, "Trainer": 40.0, "Pusher": 1.0}),
    record("b", 10_000, cpu=30.0, auc=0.95, parts={"ExampleGen": 1.0, "Trainer": 10.0, "LoadCheck": 6.0}),
    record("b2", 10_000, cpu=0.5, wall=0.8, parts={"ExampleGen": 0.0}),
    record("b3", 10_000, cpu=12.0, wall=12.0, parts={"Trainer": 6.0}),
    record("c2", 10_000, cpu=25.0, wall=25.0),
    record("a", 110_000, cpu=160.0, auc=0.95, parts={"CsvExampleGen": 60.0, "Trainer": 45.0, "Pusher": 1.0}),
    record("b", 110_000, cpu=40.0, auc=0.96, parts={"ExampleGen": 7.0, "Trainer": 11.0, "LoadCheck": 6.0}),
    record("b2", 110_000, cpu=1.0, wall=1.5, parts={"ExampleGen": 0.5}),
]
MACHINE = {
    "processor": "A chip",
    "cores": 2,
    "memory": 8,
    "load": 0.1,
    "versions": {"Python": "3.10.1", "tfx": "1.16.0"},
}
PACES = [
    {"family": "linear", "config": "line", "round": 1, "batch_size": 32, "trainer": 70.0, "keras": 100.0},
    {"family": "linear", "config": "line", "round": 2, "batch_size": 32, "trainer": 90.0, "keras": 100.0},
    {"family": "linear", "config": "line", "round": 3, "batch_size": 32, "trainer": 50.0, "keras": 40.0},
    {"family": "cnn", "config": "digits_cnn", "round": 1, "batch_size": 64, "trainer": 15.0, "keras": 20.0},
]
WIDE_NODES = {
    "StatisticsGen": {"wall": 5.5, "cpu": 5.0},
    "Transform": {"wall": 6.5, "cpu": 6.0},
    "Trainer": {"wall": 4.5, "cpu": 4.0},
    "LoadCheck": {"wall": 12.5, "cpu": 7.0},
}
SCALE = [
    {"rows": 10**6, "files": 1, "way": "direct, one worker", "wall": 58.0, "cpu": 60.0, "memory": 1100.0, "others": 0.1}
    | {"nodes": {"ExampleGen": 9.5, "Trainer": 20.0}, "workers": None},
    {"rows": 10**6, "files": 1, "way": "portable, a worker a job", "wall": 70.0, "cpu": 50.0, "memory": 900.0}
    | {"others": 0.1, "nodes": {"ExampleGen": 12.0, "Trainer": 20.0}, "workers": 800.0},
]
WIDE = [{"columns": 857, "wall": 40.25, "cpu": 30.0, "memory": 1200.0, "nodes": WIDE_NODES}]
LEGACY = {
    "machine": MACHINE,
    "rounds": 1,
    "records": RECORDS,
    "families": {"machine": MACHINE, "rounds": 3, "records": PACES},
    "wide": {"machine": MACHINE, "records": WIDE},
    "scale": {"machine": MACHINE, "records": SCALE},
}
CURRENT = {"machine": MACHINE | {"processor": "Another chip"}, "rounds": 2, "records": RECORDS[:6]}
MEASURED = {"long-lived": LEGACY, "current": CURRENT}
