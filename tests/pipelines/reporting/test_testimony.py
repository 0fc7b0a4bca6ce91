from pipelines.reporting.testimony import read, tell

TOLD = {"node": "DataGate", "exit_code": 3, "what": "2 anomalies:\n  fare", "where": "", "remedy": ""}


def test_a_log_tells_what_was_told_among_what_else_stands_there() -> None:
    log = f"I1127 launcher.go: starting\nDataGate failed 0.5 s\n{tell(TOLD)}\nF1127 exit status 3\n"
    assert tell(TOLD).count("\n") == 0
    assert read(log) == TOLD


def test_what_a_cell_holds_is_not_taken_for_it() -> None:
    assert read(f"{tell(TOLD)}\nrows.csv:3: {tell({'exit_code': 0})}\n{tell({'exit_code': 0})}") == TOLD


def test_a_log_that_was_cut_off_tells_nothing() -> None:
    assert read("") == read(tell(TOLD)[:30]) == read("millrace tells: 7") == {}
