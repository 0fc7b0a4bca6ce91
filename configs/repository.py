"""Where this repository lies: a container has the same folder as its working directory."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
