"""What a column is taken for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Guess:
    """A feature's kind and options, and the reason for them; without a kind, why the column is left out.

    Moments that several formats fit have `readings`: by format, how one of them is read. One that is left out has an
    `offer`: what it makes where it is taken in after all.
    """

    reason: str
    kind: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)
    offer: "Guess | None" = None
