from bench.run_page import BARE, IMPORTS, PAGE, WHOLE, tell


def test_what_the_page_takes_is_a_share_of_the_run() -> None:
    told = tell({WHOLE: [30.0, 90.0, 31.0], BARE: [29.0, 28.0, 29.5], PAGE: [4.0, 4.0, 5.0], IMPORTS: [3.0, 3.0, 3.0]})
    assert told.splitlines() == [
        "run: 31.0 CPU s (30.0, 90.0, 31.0)",
        "run without explain: 29.0 CPU s (29.0, 28.0, 29.5)",
        "intervals, curves and page: 4.0 CPU s (4.0, 4.0, 5.0)",
        "imports of these: 3.0 CPU s (3.0, 3.0, 3.0)",
        "explanation 2.0, page 1.0: 9.7% of the run, within 10%",
    ]
    assert tell({WHOLE: [20.0], BARE: [18.5], PAGE: [4.0], IMPORTS: [3.0]}).endswith(
        "12.5% of the run, more than 10%\n"
    )
