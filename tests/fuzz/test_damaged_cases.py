"""One damaged file for each way in which a reader once failed."""

import shutil
import warnings
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from tests.conftest import SHARED
from tests.fuzz.readers import KINDS
from tests.fuzz.seed_files import write_seeds

_KINDS = {
    "app": "settings", "build": "extxyz", "checkpoint.json": "checkpoint index",
    "checkpoint": "checkpoint part", "gui": "hdf5 proteins", "hdf5": "hdf5 crystals",
    "pgz": "pgz", "poscar": "poscar", "sca": "scalepack", "xds": "xds",
}  # fmt: skip
CASES = sorted((SHARED.parent / "cases" / "damaged").glob("*/about.txt"))


@pytest.mark.skipif(not CASES, reason="the damaged files (../shared/cases/damaged) are not here")
def test_damaged_files_that_once_failed_are_read_or_refused(tmp_path: Path) -> None:
    seeds = write_seeds(tmp_path / "seeds")
    for about in CASES:
        name = about.parent.name
        kind = _KINDS[next(key for key in _KINDS if name.startswith(key))]
        (case,) = about.parent.glob("case*")
        for read in dict.fromkeys(KINDS[kind].read):
            shutil.copytree(seeds[kind].parent, tmp_path / "in")
            (tmp_path / "out").mkdir()
            path = tmp_path / "in" / seeds[kind].name
            path.write_bytes(case.read_bytes())
            told = ""
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    read(path, tmp_path / "out")
                except UserError as error:
                    told = str(error)
            assert "\n" not in told, name
            shutil.rmtree(tmp_path / "in")
            shutil.rmtree(tmp_path / "out")
