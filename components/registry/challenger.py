"""The challenger: a candidate that was blessed, and waits until it has won against the version in service on new data.

It is the newest version of a registry of its own (`Home.challenger`), which no server polls; that keeps what every
challenger was, also when its folder is gone. `looks.jsonl` beside it has a line for each comparison, and one for how
its wait has ended. A newer challenger takes the place of one that waits.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.registry.door import Admit, Candidate, admit, require_judged, require_welcome
from components.registry.line_file import add_line, read_lines
from components.registry.model_registry import Published, Record, enter
from components.registry.staging import CHANGE, held
from components.registry.versions import Version, history, in_service, intact, list_folders
from configs.clock import tell_now
from configs.errors import NotBlessed
from configs.home import Home
from configs.quantities import count
from configs.schema.evaluation import Shadow

COMPARED, TAKEN, ASIDE = "compared", "in_service", "set_aside"  # events; the last two end a wait


@dataclass(frozen=True)
class Challenger:
    """What is known of one: the line of the history of its registry, and what happened since."""

    line: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]

    @property
    def number(self) -> int:
        """Its number among the challengers."""
        return int(self.line["number"])

    @property
    def digest(self) -> str:
        """That of its SavedModel."""
        return str(self.line["model_digest"])

    @property
    def end(self) -> Mapping[str, Any] | None:
        """What has ended its wait; None while it waits, and of one whose place a newer one took."""
        return next((event for event in self.events if event["event"] in (TAKEN, ASIDE)), None)

    def list_compared(self, against: str) -> list[Mapping[str, Any]]:
        """Return its comparisons with the model of this digest, the oldest first."""
        return [event for event in self.events if event["event"] == COMPARED and event["against"] == against]

    def list_won(self, against: str) -> list[str]:
        """Return the spans on which it has won against the model of this digest."""
        return list(dict.fromkeys(event["span"] for event in self.list_compared(against) if event["won"]))


@dataclass(frozen=True)
class Contest:
    """What came of a look at one: what to say of it, and how it stands if it is to be waited for."""

    said: Sequence[str] = ()
    waits: str | None = None


def list_challengers(home: Home) -> list[Challenger]:
    """Return all that there were, the oldest first."""
    aside = home.challenger
    events = read_lines(aside.looks)
    return [
        Challenger(line, [each for each in events if each["challenger"] == line["number"]]) for line in history(aside)
    ]


def find_newest(home: Home) -> Challenger | None:
    """Return the newest, whether or not it waits; None where there never was one."""
    return next(reversed(list_challengers(home)), None)


def find_waiting(home: Home) -> Challenger | None:
    """Return the one that waits: the newest, where its wait has not ended and nobody has put it into service."""
    newest = find_newest(home)
    lines = history(home)
    if newest is None or newest.end or not lines or lines[-1]["model_digest"] == newest.digest:
        return None
    return newest


def challenge(home: Home, candidate: Candidate, record: Record, against: str | None, admit: Admit = admit) -> Published:
    """Let a candidate wait, in place of any other; `against` is the digest of the model that it was judged against.

    Raises as `publish` does, and NotBlessed for one that was set aside beside the model that is in service.
    """

    def find_equal(digest: str) -> Version | None:
        current = in_service(home)
        require_welcome(history(home), digest)
        require_judged(current, against)
        require_unbeaten(list_challengers(home), digest, against)
        waiting = find_waiting(home)
        return intact(home.challenger) if waiting and waiting.digest == digest else None

    entered = enter(home.challenger, candidate, record, "waiting", find_equal, admit)
    with held(home.challenger, CHANGE):
        for number, folder in list_folders(home.challenger).items():
            if number < entered.version.number:
                shutil.rmtree(folder)
    return entered


def require_unbeaten(challengers: Sequence[Challenger], digest: str, against: str | None) -> None:
    """Raise NotBlessed, with the figures, for a model that lost against this one before."""
    for each in challengers:
        if each.digest == digest and each.end and each.end["event"] == ASIDE and each.end["against"] == against:
            raise NotBlessed(
                f"This model waited as a challenger, and was set aside at {each.end['at']}: {each.end['why']}.",
                where="Pusher",
                remedy="Change the config or the data, or put it into service all the same with "
                "`millrace promote CONFIG --run RUN --reason REASON`.",
            )


def keep_event(home: Home, challenger: Challenger, event: str, **told: Any) -> None:
    """Write down what happened to a challenger."""
    at = tell_now()
    add_line(home.challenger.looks, {"challenger": challenger.number, "at": at, "event": event, **told})


def fingerprint(home: Home) -> str:
    """Return what a candidate's entry depends on: which challenger is the newest, and how its wait ended."""
    newest = find_newest(home)
    return f"{newest.number}:{newest.end['event'] if newest.end else ''}" if newest else ""


def tell_waiting(home: Home, shadow: Shadow | None) -> str | None:
    """Return in words what waits and how it stands; None where nothing does, or the config lets nothing wait."""
    waiting = find_waiting(home) if shadow else None
    if waiting is None or shadow is None:
        return None
    champion = history(home)[-1]
    won = waiting.list_won(champion["model_digest"])
    on = f" ({', '.join(won)})" if won else ""
    return (
        f"the model of run {waiting.line['run']} has won {len(won)} of {count(shadow.spans, 'new span')}{on} "
        f"against version {champion['number']}"
    )


def list_lines(home: Home, shadow: Shadow | None) -> list[dict[str, Any]]:
    """Return a line like those of the history, but without a number, for each challenger that came to no service."""
    challengers, waiting = list_challengers(home), find_waiting(home)
    found = []
    for place, each in enumerate(challengers):
        newer = next(iter(challengers[place + 1 :]), None)
        ends: dict[str, Any] | None = None
        if each.end and each.end["event"] == ASIDE:
            ends = {"event": ASIDE, "at": each.end["at"], "reason": each.end["why"]}
        elif newer and not each.end:
            reason = f"the model of run {newer.line['run']} took its place"
            ends = {"event": "replaced", "at": newer.line["at"], "reason": reason}
        elif waiting and waiting.number == each.number:
            ends = {"event": "waiting", "reason": tell_waiting(home, shadow) or ""}
        if ends:
            found.append({**each.line, "number": None, **ends, "comparisons": each.events})
    return found
