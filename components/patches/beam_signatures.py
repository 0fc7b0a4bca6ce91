"""Beam looks at the arguments of the same methods some ten thousand times a pipeline: here it remembers what it saw."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import FunctionType, MethodType
from typing import Any

from components.patches.ledger import BEAM_SIGNATURES, applied

Arguments = tuple[list[str], list[Any]]  # their names, and the values of those that have one by default


def remembered() -> AbstractContextManager[None]:
    """Lets Beam look at each method once; with a Beam that is not tested, as ever."""
    return applied(BEAM_SIGNATURES, get_function_args_defaults=remember)


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
