"""The text of a first config, by the templates, and how they spell what was found."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError

from configs.loading.error_messages import explain
from configs.loading.yaml_document import parse
from configs.loading.yaml_writer import show, spell_text
from configs.schema.config import Config
from configs.schema.data import Split
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.label_inference import Threshold

COMMENTS = 56  # the column that comments are aligned to at most


def render(template: str, **values: Any) -> str:
    """Returns the text of a config that is valid; raises ConfigError otherwise."""
    environment = Environment(
        loader=PackageLoader("pipelines.onboarding"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = _as_yaml
    return _check(environment.get_template(f"{template}.yaml.jinja").render(values))


def align(lines: Mapping[str, str]) -> list[str]:
    """Returns lines with their comments below one another, but for lines that are too long."""
    width = max((len(line) for line in lines if len(line) <= COMMENTS), default=0)
    return [f"{line:{width}}  # {comment}" for line, comment in lines.items()]


def _check(text: str) -> str:
    """Returns a text once it is found to be a valid config."""
    document = parse(text, "the draft")
    try:
        Config.model_validate(document.data)
    except ValidationError as error:
        raise explain(error, Config, document) from None
    return text


def spell_split(split: Split) -> str:
    """Returns the splits as a section of the config has them."""
    told = {**split.parts, **{key: "true" for key in ("stratify", "repeats") if getattr(split, key)}}
    return f"{{{', '.join(f'{key}: {value}' for key, value in told.items())}}}"


def list_thresholds(thresholds: Sequence[Threshold]) -> list[str]:
    """Returns a line for each metric of the bar, with the reason for its limits."""
    return align({_spell_threshold(threshold): threshold[2] for threshold in thresholds})


def list_features(features: Mapping[str, Guess]) -> list[str]:
    """Returns a line for each feature, with the reason for it."""
    return align({_spell_feature(name, found): found.reason for name, found in features.items()})


def _spell_feature(name: str, found: Guess) -> str:
    options = "".join(f", {key}: {_as_yaml(value)}" for key, value in found.options.items())
    return f"{spell_text(name)}: {{kind: {found.kind}{options}}}"


def _spell_threshold(threshold: Threshold) -> str:
    metric, limits, _ = threshold
    return f"{metric}: {{{', '.join(f'{key}: {value}' for key, value in limits.items())}}}"


def _as_yaml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return spell_text(value) if isinstance(value, str) else str(value)


def list_left_out(left_out: Mapping[str, Guess]) -> list[str]:
    """Returns a line for each column that is left out, which its first sign makes a feature where there is an offer."""
    offered = {_spell_feature(name, found.offer): found.reason for name, found in left_out.items() if found.offer}
    others = {show(name) or "(blank)": found.reason for name, found in left_out.items() if not found.offer}
    return [*align(offered), *(f"({name})  # {reason}" for name, reason in others.items())]
