from components.schemas.free_columns import free
from configs.schema.config import Config


def test_texts_moments_groups_and_clients_are_free():
    config = Config.model_validate(
        {
            "name": "trips",
            "data": {"format": "csv", "path": "rows.csv", "group": "driver"},
            "label": {"name": "tipped", "kind": "binary"},
            "features": {
                "miles": {"kind": "numeric"},
                "review": {"kind": "text"},
                "at": {"kind": "timestamp"},
                "member": {"kind": "boolean"},
                "driver": {"kind": "categorical", "vocabulary": 10},
            },
            "model": {"family": "linear"},
            "training": {"federated": {"clients": "town", "rounds": 2}},
            "evaluation": {"thresholds": {"auc": {"min": 0.5}}},
        }
    )
    assert free(config) == ["review", "at", "driver", "town"]
