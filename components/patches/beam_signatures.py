"""Beam looks at the arguments of the same methods some ten thousand times a pipeline: here it remembers what it saw.

As `components.patches.tfx_io` this patches a library, for the versions with which it is tested and while a node is
at work.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import Any

import apache_beam as beam
from apache_beam.transforms import core

TESTED = ("2.59.0",)  # the versions of Beam that are patched

Arguments = tuple[list[str], list[Any]]  # their names, and the values of those that have one by default


@contextmanager
def remembered() -> Iterator[None]:
    """Lets Beam look at each method once; with a Beam that is not tested, as ever."""
    look = core.get_function_args_defaults
    if beam.__version__ in TESTED:
        core.get_function_args_defaults = remember(look)
    try:
        yield
    finally:
        core.get_function_args_defaults = look


def remember(look: Callable[[Any], Arguments]) -> Callable[[Any], Arguments]:
    """Returns `look`, but that it looks at a function's methods once; whose method it is does not matter."""
    seen: dict[FunctionType, Arguments] = {}

    def look_once(function: Any) -> Arguments:
        if not isinstance(function, MethodType) or not isinstance(function.__func__, FunctionType):
            return look(function)
        if function.__func__ not in seen:
            seen[function.__func__] = look(function)
        names, defaults = seen[function.__func__]
        return list(names), list(defaults)

    return look_once
