"""Anomalous and isomorphous differences: `differences`."""

import os
import re
from pathlib import Path
from typing import cast

from patterson_gui.api.arguments import PathLike, one_of, path_of
from patterson_gui.api.types.differences import DifferenceData
from patterson_gui.crystal.differences.differences import Kind
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.opening.differences import read_differences

KINDS = ("anomalous", "isomorphous")

# Names that are meant as files; labels of columns have no such ending.
_FILE = re.compile(r"\.(mtz|cif|ent|hkl|fcf|sca|gz)$", re.IGNORECASE)


@machine_faults_as_sentences()
def differences(
    path: PathLike,
    kind: str,
    *,
    native: PathLike | None = None,
    native_column: str | None = None,
    derivative: str | None = None,
) -> DifferenceData:
    """Anomalous differences F(+) − F(−) of a data set, or k F(derivative) − F(native) of two.

    Friedel pairs come from columns of F(+) and F(−), I(+) and I(−), from DANO beside the mean, or
    from intensities that are not merged. A derivative is scaled to its native by a scale, a B and
    local factors. Differences of a probability below 10⁻⁶ are left out.

    Parameters
    ----------
    path : the file of reflections (MTZ, mmCIF, SHELX, XDS, Scalepack) with the Friedel pairs or
        the derivative.
    kind : "anomalous" or "isomorphous".
    native : the file of the native, or the name of its data set in `path`. None: the data set of
        `path` whose name says that it is the native.
    native_column : the data set in the file `native`, where that has several; without `native`, a
        data set of `path`.
    derivative : the data set of `path`: a label of its columns or its data set in an MTZ. None:
        the only one; for anomalous differences, the first with Friedel pairs.

    Raises
    ------
    UserError : there are no such differences, the crystals are different ones, or it is not clear
        which data set is meant.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> found = pg.differences(pg.measured_example_path(), "anomalous")
    >>> found.statistics.signal_to is None
    True
    """
    file, native_set = native_of(native, native_column)
    read = read_differences(
        path_of(path, "path"),
        cast(Kind, one_of(kind, KINDS, "kind")),
        derivative=derivative,
        native=native_set,
        native_file=file,
    )
    return DifferenceData(read)


def native_of(native: PathLike | None, column: str | None) -> tuple[Path | None, str | None]:
    """The file and the data set of a native that is given as a file or as a data set.

    A text is the name of a data set, unless there is such a file.

    Raises
    ------
    UserError : a data set in a file is named, or a file by its ending, but there is no such file.
    """
    if native is None and column is not None:
        return None, column
    if native is None or (isinstance(native, str) and not os.path.exists(native)):
        if column is not None:
            raise UserError(
                f"There is no file {native} whose data set {column} could be the native: give the "
                "file, or the data set alone."
            )
        if native is not None and _FILE.search(native):
            raise UserError(f"There is no file {native}: check its name and folder.")
        return None, native
    return path_of(native, "native"), column
