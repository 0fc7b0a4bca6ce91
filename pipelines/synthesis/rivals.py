"""The plain choices: scikit-learn's linear models and gradient-boosted trees, as they come, on rows of a table."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

METRICS = {"binary": "auc", "multiclass": "accuracy", "regression": "rmse"}
NUMBERS, TEXTS = make_column_selector(dtype_include=np.number), make_column_selector(dtype_exclude=np.number)
UNKNOWN = {"handle_unknown": "use_encoded_value", "unknown_value": np.nan, "encoded_missing_value": np.nan}


def make(kind: str) -> dict[str, Any]:
    """Returns the untrained models, by name."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    flat = make_column_transformer((numbers, NUMBERS), (OneHotEncoder(handle_unknown="ignore"), TEXTS))
    ids = make_column_transformer(("passthrough", NUMBERS), (OrdinalEncoder(**UNKNOWN), TEXTS))
    linear = Ridge() if kind == "regression" else LogisticRegression(max_iter=2000)
    trees = HistGradientBoostingRegressor if kind == "regression" else HistGradientBoostingClassifier
    return {"linear": make_pipeline(flat, linear), "trees": make_pipeline(ids, trees(random_state=0))}


def answer(model: Any, kind: str, frame: pd.DataFrame) -> np.ndarray:
    """Returns what a trained model says of rows: the score of the second class, the class, or the number."""
    return model.predict_proba(frame)[:, 1] if kind == "binary" else model.predict(frame)


def measure(kind: str, label: np.ndarray, answers: np.ndarray) -> float:
    """Returns the metric of the answers; of two classes the label is 0 or 1."""
    match kind:
        case "binary":
            return float(roc_auc_score(label, answers))
        case "multiclass":
            return float(accuracy_score(label, answers))
        case _:
            return float(np.sqrt(mean_squared_error(label, answers)))
