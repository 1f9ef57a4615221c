"""The protein models of the test split, from the archive beside the checkout."""

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patterson_gui.solvers.sampling import models_in

_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
_ARCHIVE = _DATA / "proteins_dev.tar.xz"


@contextmanager
def models_of_the_test_split() -> Iterator[list[Path]]:
    """Their files, in a folder that is removed afterwards; none where the archive is not there."""
    if not _ARCHIVE.is_file():
        yield []
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(_ARCHIVE) as tar:
            tar.extractall(folder, filter="data")
        yield models_in(Path(folder), _DATA / "proteins_dev.tsv", "test")
