"""The golden set: rows that every candidate has to do well on, whatever the newest data holds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
from pydantic import TypeAdapter

from components.evaluation.judgement import GOLDEN, GOLDEN_SET, Measured, write_beside
from components.evaluation.tally import Tally, find_labels, find_weights, list_missed
from components.readers.files import digest_files, list_files, open_data
from components.readers.row_batch import choose_columns
from components.scoring.scorer import Asked
from components.validation.column_types import Role
from components.validation.typed_batch import assign_roles
from components.validation.validate import check_batches
from configs.schema.config import Config
from configs.schema.dialect import PLAIN, Dialect
from configs.schema.evaluation import Metric, Threshold
from configs.schema.label import Label


@dataclass(frozen=True)
class GoldenSet:
    """Where the rows are, how they are read, and what is to be reached on them."""

    path: str
    format: str
    roles: Mapping[str, Role]
    label: Label
    thresholds: Mapping[Metric, Threshold]
    weight: str | None = None
    dialect: Dialect = PLAIN

    @classmethod
    def of(cls, config: Config) -> "GoldenSet | None":
        """Return that of a config, which reads no more of a row than a model and the label need."""
        if config.evaluation.golden is None:
            return None
        needed = {*config.features, config.label.name, config.data.weight}
        return cls(
            config.evaluation.golden,
            config.data.format,
            {name: role for name, role in assign_roles(config).items() if name in needed},
            config.label,
            config.evaluation.thresholds,
            config.data.weight,
            config.data.dialect,
        )

    def dump(self) -> str:
        """Return it as JSON."""
        return TypeAdapter(GoldenSet).dump_json(self).decode()

    @classmethod
    def load(cls, text: str) -> "GoldenSet":
        """Return what was dumped."""
        return TypeAdapter(cls).validate_json(text)

    def digest(self) -> str:
        """Return the digest of the rows' file; raise MillraceError where it is not there."""
        files = self._list_files()
        return digest_files(os.path.dirname(files[0]), files)

    def judge(self, models: Mapping[str, str], folder: str) -> bool:
        """Ask models, `candidate` and maybe `baseline`, by their folders, and write what they say into an evaluation.

        Return whether the candidate reaches what it must. Raises DataRejected for a row that is not sound.
        """
        tallies = {name: self._ask(place) for name, place in models.items()}
        told = {name: tally.estimate() for name, tally in tallies.items()}
        others = {each.metric: each.value for each in told.get("baseline", ())}
        missed = [replace(each, slice=GOLDEN) for each in list_missed(self.thresholds, told["candidate"])]
        measured = [Measured(GOLDEN, each.metric, each.value, others.get(each.metric)) for each in told["candidate"]]
        write_beside(folder, GOLDEN_SET, measured, missed)
        return not missed

    def _list_files(self) -> list[str]:
        return list_files(*open_data(self.path), self.format)

    def _ask(self, model: str) -> Tally:
        asked, tally = Asked(model), Tally(self.label, [()])
        features = [role for role in self.roles if role not in (self.label.name, self.weight)]
        for batch in check_batches(self._list_files(), self.format, self.roles, self.dialect):
            labels, there = find_labels(batch, self.label)
            answers, weights = asked.ask(choose_columns(batch, features)), find_weights(batch, self.weight)
            tally.add(batch.filter(pa.array(there)), labels[there], answers[there], weights[there])
        return tally
