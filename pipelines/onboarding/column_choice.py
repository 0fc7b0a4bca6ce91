"""Which columns a first config has as features, and which it leaves out."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from components.validation.column_types import Role
from components.validation.profile import Column
from configs.errors import DataRejected
from configs.loading.yaml_writer import show
from pipelines.onboarding.association import measure
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.feature_inference import gather, guess
from pipelines.onboarding.giveaway import find_giveaways
from pipelines.onboarding.label_inference import Target, find_leaks
from pipelines.onboarding.moment_inference import read_as
from pipelines.onboarding.spelling_inference import Spelled

Ask = Callable[[str, Mapping[str, str]], str]  # of a column, by format how it is read; returns the format


def choose_columns(
    label: Column, others: Mapping[str, Column], target: Target, spelled: Spelled
) -> tuple[dict[str, Guess], dict[str, Guess]]:
    """Returns what the columns make, and those that are left out."""
    guesses = {name: guess(column, spelled.columns[name], label) for name, column in others.items()}
    usable = {name: others[name] for name, found in guesses.items() if found.kind}
    leaks = find_leaks(label, usable, target.kind)
    guesses |= {name: replace(leak, offer=guesses[name]) for name, leak in leaks.items()}
    rest = {name: column for name, column in usable.items() if name not in leaks}
    told = find_giveaways(label, rest, target.kind)
    guesses |= {name: replace(guesses[name], warning=warning) for name, warning in told.items()}
    guesses = gather(guesses, others)
    features = {name: found for name, found in guesses.items() if found.kind}
    return features, {name: found for name, found in guesses.items() if not found.kind}


def settle_readings(features: Mapping[str, Guess], columns: Mapping[str, Column], ask: Ask) -> dict[str, Guess]:
    """Returns the features, with moments read as the answers say."""
    settled = dict(features)
    for name, found in features.items():
        if found.readings:
            told = read_as(columns[name], ask(name, found.readings))
            settled[name] = replace(told, options={**found.options, **told.options})
    return settled


def doubt_unlabelled(
    features: Mapping[str, Guess], labelled: Mapping[str, Column], columns: Mapping[str, Column]
) -> list[str]:
    """Returns what is to be said of cells that no feature takes, in rows without a label, such as those of a total."""
    doubts = []
    for name, found in features.items():
        if name in columns and labelled[name] is not columns[name] and found.kind in ("numeric", "timestamp"):
            role = Role(found.kind, name, format=found.options.get("format"))
            known = set(labelled[name].texts.to_pylist())
            others = (text for text in columns[name].texts.to_pylist() if text not in known)
            if odd := next((text for text in others if role.fault(text)), None):
                what = f"`{show(odd)}` stands in a row without a label, and a run stops there"
                doubts.append(f"`{name}`: {what}: take that row away")
    return doubts


def take_least_bad(
    label: Column, others: Mapping[str, Column], left_out: Mapping[str, Guess], data: str
) -> tuple[dict[str, Guess], dict[str, Guess]]:
    """Returns the one column, of those left out, that tells most about the label and does not give it away."""
    offers = {name: found.offer for name, found in left_out.items() if found.offer}
    if not offers:
        reasons = "; ".join(f"{name}: {found.reason}" for name, found in left_out.items()) or "there is no other column"
        raise DataRejected("no column is left to predict from", data, f"Left out: {reasons}.")

    def rank(name: str) -> tuple[bool, bool, float]:
        leaks = left_out[name].reason.startswith("gives the label away")
        return not leaks, len(others[name].values) > 1, measure(others[name], label)

    best = max(offers, key=rank)
    warning = f"nothing better is left to predict from, though it is {left_out[best].reason}"
    features = {best: replace(offers[best], warning=warning)}
    return features, {name: found for name, found in left_out.items() if name != best}
