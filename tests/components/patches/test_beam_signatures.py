"""What Beam remembers of a method is what it would see."""

import functools
from dataclasses import replace

import apache_beam as beam
import pytest
from apache_beam.transforms import core
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from components.patches import beam_signatures
from components.patches.beam_signatures import remember, remembered
from components.patches.ledger import BEAM_SIGNATURES

STATE = beam.DoFn.StateParam(ReadModifyWriteStateSpec("state", beam.coders.VarIntCoder()))


class First(beam.DoFn):
    def process(self, element, other=3, state=STATE):
        yield element


class Second(First):
    def setup(self, *more, key=None):
        pass


def plain(element, times=2):
    return element * times


@pytest.mark.parametrize(
    "function",
    [First().process, Second().process, Second().setup, First().start_bundle, First.process, plain, str.upper, len]
    + [functools.partial(plain, times=4), First, [].append],
)
def test_what_is_remembered_is_what_is_seen(function):
    look = remember(core.get_function_args_defaults)
    expected = core.get_function_args_defaults(function)
    assert look(function) == expected
    assert look(function) == expected


def test_each_method_is_looked_at_once():
    seen = []
    look = remember(lambda function: seen.append(function) or (["element"], []))
    for _ in range(3):
        look(First().process)[0].append("not remembered")
        assert look(Second().process) == (["element"], [])
    assert len(seen) == 1


def test_beam_is_as_it_was_afterwards():
    usual = core.get_function_args_defaults
    with pytest.raises(ZeroDivisionError), remembered():
        assert core.get_function_args_defaults is not usual
        1 / 0  # noqa: B018
    assert core.get_function_args_defaults is usual


def test_a_beam_that_is_not_tested_is_left_alone(monkeypatch):
    monkeypatch.setattr(beam_signatures, "BEAM_SIGNATURES", replace(BEAM_SIGNATURES, tested={"apache-beam": ("0.1",)}))
    usual = core.get_function_args_defaults
    with remembered():
        assert core.get_function_args_defaults is usual
