"""Workers of a pool that do no work: they die, or say something and end. In a module that is loaded in no time."""

import os
import sys
from multiprocessing.connection import Connection


def die(_control: str, _name: str, _says: Connection) -> None:
    """Ends with code 3, and without a word."""
    os._exit(3)


def complain(_control: str, _name: str, says: Connection) -> None:
    """Says what keeps it from its work."""
    says.send("it has no Millrace")


def introduce(_control: str, _name: str, says: Connection) -> None:
    """Says its number, that of the process it is a copy or a child of, and whether it has TensorFlow's libraries."""
    loaded = {"tensorflow_model_analysis", "tensorflow_data_validation"} <= sys.modules.keys()
    says.send(f"{os.getpid()} {os.getppid()} {loaded}")
