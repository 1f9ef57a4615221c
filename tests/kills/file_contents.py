"""The content of files without the times in it, so that equal results have equal contents."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_TIMES = ("seconds", "seconds_per_case", "seconds_phases", "samples_per_s")  # differ between runs


def content_of(path: Path) -> Any:
    """The content of a file without times, so that equal results give equal contents."""
    return _without_times(path.name, path.read_bytes())


def _without_times(name: str, content: bytes) -> Any:
    for ending, read in _READ.items():
        if name.removesuffix(".next").endswith(ending):
            return read(content)
    return hashlib.sha256(content).hexdigest()


def _members(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: _without_times(name, archive.read(name)) for name in archive.namelist()}


def _checkpoint(content: bytes) -> Any:
    values = json.loads(content)
    for part in values["parts"]:
        del part["file"]  # holds random digits
    return _dropped(values)


def _report(content: bytes) -> Any:
    values = json.loads(content)
    for name in ("report.html", "report.txt"):  # their digests
        del values["files"][name]
    return _dropped(values)


def _figures(content: bytes) -> Any:
    rows = csv.reader(io.StringIO(content.decode()))
    return [row for row in rows if not row or not row[0].endswith(_TIMES)]


def _metrics(content: bytes) -> Any:
    rows = csv.DictReader(io.StringIO(content.decode()))
    return [{k: v for k, v in row.items() if k not in _TIMES} for row in rows]


def _arrays(content: bytes) -> Any:
    with np.load(io.BytesIO(content)) as arrays:
        return {name: arrays[name].tobytes() for name in arrays.files}


def _text(content: bytes) -> Any:
    return re.sub(r"\d+(?:\.\d+)? (?:s|seconds|ms)\b", "", content.decode())


def _prediction_figures(content: bytes) -> Any:
    values = json.loads(content)
    for name in ("figures.csv", "prediction.pgz"):  # their digests: they hold times
        values["files"].pop(name, None)
    return _dropped(values)


_READ: dict[str, Callable[[bytes], Any]] = {
    ".pgz": _members,
    "checkpoint.json": _checkpoint,
    "report.json": _report,
    "figures.json": _prediction_figures,
    ".json": lambda content: _dropped(json.loads(content)),
    "figures.csv": _figures,
    "metrics.csv": _metrics,
    ".npz": _arrays,
    "report.html": _text,
    "report.txt": _text,
}


def _dropped(values: Any) -> Any:
    if isinstance(values, dict):
        return {k: _dropped(v) for k, v in values.items() if k not in _TIMES}
    return [_dropped(v) for v in values] if isinstance(values, list) else values
