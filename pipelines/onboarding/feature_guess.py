"""What a column is taken for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Guess:
    """A feature's kind and options, and the reason for them; without a kind, why the column is left out.

    One that is left out has an `offer`: what it makes where it is taken in after all.
    """

    reason: str
    kind: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    offer: "Guess | None" = None
