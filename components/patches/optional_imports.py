"""What libraries load beside them and nothing here uses: a quarter of the time that TFX takes to load."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Each is optional where it is loaded: by the Kubernetes client and by Beam.
BALLAST = (
    "kubernetes_validate",
    "pymongo",
    "google.cloud.bigquery",
    "google.cloud.bigquery_storage_v1",
    "google.cloud.pubsub",
)


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Lets what is imported meanwhile find these packages missing; afterwards they can be imported as ever."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's own mark of a missing module
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
