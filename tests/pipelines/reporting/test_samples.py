"""A series is a line from its least to its largest number; other cells are as they were told."""

from pipelines.reporting.samples import Sample, draw, draw_samples


def test_a_line_rises_from_below_to_above():
    assert draw([1.0, 2.0, 3.0]) == {"line": "M0.0 37.0 L50.0 20.0 L100.0 3.0", "tip": "3 steps, 1 to 3"}


def test_a_series_that_never_changes_or_has_one_step_is_drawn_too():
    assert draw([2.0, 2.0])["line"] == "M0.0 37.0 L100.0 37.0"
    assert draw([2.0])["line"] == "M0.0 37.0"


def test_texts_stay_and_what_has_no_cell_is_left_out():
    told = [{"feature": "a", "cells": [{"text": "x"}, {"series": [0.0, 1.0]}]}, {"feature": "b", "cells": []}]
    [sample] = draw_samples(told)
    assert sample == Sample("a", [{"text": "x"}, {"line": "M0.0 37.0 L100.0 3.0", "tip": "2 steps, 0 to 1"}])
