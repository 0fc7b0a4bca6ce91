"""What the figures were measured on."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from configs.repository import ROOT

PACKAGES = ("tfx", "tensorflow", "keras", "tf_keras", "apache-beam")


def name_stack() -> str:
    """Returns which of the two locks is installed."""
    return "long-lived" if metadata.version("tfx").startswith("1.16.") else "current"


def name_commit() -> str:
    """Returns the commit that is measured, with -dirty where code differs from it; blank outside a repository."""
    changed = _ask_git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    return _ask_git("rev-parse", "--short", "HEAD") + ("-dirty" if changed else "")


def _ask_git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def describe() -> dict[str, Any]:
    """Returns processor, cores, GiB of memory, load average of the last minute, and versions."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": round(psutil.virtual_memory().total / 2**30),
        "load": round(os.getloadavg()[0], 2),
        "versions": {"Python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
