"""Open a file as a crystal or a data set: `open`; the example of the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.models.whole_cell import NoUnitCell
from patterson_gui.errors import UserError
from patterson_gui.io import resources
from patterson_gui.io.datasets.crystals import is_material_dataset, read_material_dataset
from patterson_gui.io.datasets.hdf5 import is_dataset
from patterson_gui.io.datasets.proteins import read_dataset
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.opening.open import open_any
from patterson_gui.io.opening.reflections import list_columns

if TYPE_CHECKING:
    from patterson_gui.io.datasets.crystals import MaterialDataSet
    from patterson_gui.io.datasets.proteins import DataSet
    from patterson_gui.io.reflections.columns import ColumnChoice


@machine_faults_as_sentences()
def open(
    path: PathLike, *, column: str | None = None, box: bool = False
) -> "Crystal | DataSet | MaterialDataSet":
    """Open a file: a model, reflections, a map, a bundle or a data set.

    The content of the file determines its format, not its name; gzip, bzip2 and xz are unpacked.

    Parameters
    ----------
    path : PDB, mmCIF, CIF, SHELX .res, extended XYZ, POSCAR; MTZ, mmCIF-sf, SHELX .hkl, XDS,
        Scalepack; CCP4 or MRC map; .pgz bundle; .h5 data set.
    column : label of the amplitudes or intensities of a reflection file with several, such as
        "FP"; None: the most likely one. Where several data sets have columns of one label, put the
        name of the data set before it: "peak/F", "wavelength_id=2/F_meas_au".
    box : put a model without a unit cell into a P1 box around it.

    Returns
    -------
    A `Crystal` with measured or calculated amplitudes; for an HDF5 file a `DataSet` (proteins) or a
    `MaterialDataSet` (crystals). The crystal's `notes` tell what was changed or left out.

    Raises
    ------
    UserError : the file cannot be read, is of an unknown format, has no such column, or is a
        model without a unit cell and `box` is false.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> crystal = pg.open(pg.example_path())
    >>> crystal.composition.n_atoms
    21
    """
    path = path_of(path, "path")
    if is_dataset(path):
        if column is not None or box:
            raise UserError(
                f"{path.name} is a data set, for which column and box have no meaning: leave them "
                "out."
            )
        return open_dataset(path)
    with _hint_at_box():
        return open_crystal(path, column=column, box=box)


def open_crystal(path: PathLike, *, column: str | None = None, box: bool = False) -> Crystal:
    """Open a file that holds a crystal; see `open`.

    Raises
    ------
    NoUnitCell : a `UserError`: the file is a model without a unit cell, and `box` is false. The
        sentence names no option, because callers offer the box in different ways.
    UserError : as in `open`, or the file is a data set.
    """
    path = path_of(path, "path")
    choice = None if column is None else _column(path, column)
    return Crystal.of(open_any(path, column=choice, box_if_no_cell=box))


def open_dataset(path: PathLike) -> "DataSet | MaterialDataSet":
    """Open an HDF5 file that holds a data set of proteins or of crystals.

    Raises
    ------
    UserError : the file is not such a data set, or cannot be read.
    """
    path = path_of(path, "path")
    return read_material_dataset(path) if is_material_dataset(path) else read_dataset(path)


def crystal_of(source: ground.Crystal | PathLike) -> Crystal:
    """Return a crystal unchanged, or open the file at a path.

    Raises
    ------
    UserError : `source` is neither a crystal nor a path, or the file cannot be read.
    """
    if isinstance(source, ground.Crystal):
        return Crystal.of(source)
    if isinstance(source, str | Path):
        with _hint_at_box():
            return open_crystal(source)
    raise UserError(
        "Give a crystal, as patterson_gui.open returns it, or the path of a file, not an object "
        f"of type {type(source).__name__}."
    )


def example() -> Crystal:
    """Open the example that comes with the program: two residues alone in a cell of 12 Å.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.example().spacegroup.xhm()
    'P 1'
    """
    return open_crystal(example_path())


def example_path() -> Path:
    """The path of the example that comes with the program, a .pgz bundle.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.example_path().name
    'first-light.pgz'
    """
    return resources.example_path()


def measured_example_path() -> Path:
    """The path of measured intensities that come with the program: sucrose, P2₁, to 0.73 Å.

    A file beside it states the unit cell and the formula, and no atoms.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> pg.measured_example_path().name
    'sucrose.hkl'
    """
    return resources.measured_example_path()


@contextmanager
def _hint_at_box() -> Iterator[None]:
    """Add to the error for a model without a unit cell how Python puts it into a box."""
    try:
        yield
    except NoUnitCell as error:
        raise UserError(
            f"{error} In Python, patterson_gui.open(path, box=True) adds a box."
        ) from error


def _column(path: Path, label: str) -> "ColumnChoice":
    if not isinstance(label, str):
        raise UserError(f"column must be the label of a column, such as 'FP', not {label!r}.")
    choices = list_columns(path)
    named = [choice for choice in choices if choice.label == label]
    of_set, _, last = label.strip("/").rpartition("/")
    if not named and of_set:
        same = [choice for choice in choices if choice.label == last]
        named = [c for c in same if of_set in (c.dataset, c.dataset.rpartition("/")[2])]
    if named:
        return named[0]
    repeated = len({choice.label for choice in choices}) < len(choices)
    offered = ", ".join(f"{c.dataset}/{c.label}" if repeated else c.label for c in choices)
    raise UserError(
        f"{path} has no column '{label}' of amplitudes or intensities: it has {offered}."
    )
