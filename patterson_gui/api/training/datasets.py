"""Build data sets for training: `build_dataset`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from patterson_gui.api.arguments import PathLike, one_of, path_of, random_seed, whole_number
from patterson_gui.api.progress import ShowProgress, shown
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS, PROTEIN_KINDS
from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building import build_proteins
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.datasets import proteins
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.datasets.splits import read_split_table
from patterson_gui.io.files import plain_stem
from patterson_gui.io.machine_faults import machine_faults_as_sentences

if TYPE_CHECKING:
    from pydantic import ValidationError

    from patterson_gui.io.dataset_building.build_crystals import MaterialBuildReport
    from patterson_gui.io.dataset_building.build_proteins import BuildReport
    from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
    from patterson_gui.io.datasets.proteins import Cell, DataSetSettings
    from patterson_gui.io.datasets.proteins import ProteinKindName as ProteinKind


@machine_faults_as_sentences()
def build_dataset(
    sources: PathLike | Sequence[PathLike],
    output: PathLike | None = None,
    kind: str | None = None,
    *,
    preset: str | None = None,
    lengths: tuple[int, int] | None = None,
    cell: "float | str | Sequence[float] | None" = None,
    d_min: float | None = None,
    b: float | None = None,
    windows: int | None = None,
    splits: PathLike | None = None,
    max_examples: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    dask: str | None = None,
    progress: ShowProgress = None,
) -> "BuildReport | MaterialBuildReport":
    """Build a data set for training from protein models or crystals.

    Parameters
    ----------
    sources : folders of PDB and mmCIF files; of crystals also files (extended XYZ, CIF, POSCAR).
    output : the .h5 file to write; None, for crystals only: named after the first source.
    kind : for proteins "dialanine", "dipeptide" (the default) or "fragment"; for crystals "crystal"
        (unit cells in a cube of 10 Å) or "lattice" (windows of 10 Å cut out of crystals).
    preset : a data set of Pan et al., IUCrJ 10, 487 (2023): "1a": dialanines in cells of 20 Å;
        "1b": dialanines in 10 Å; "2": any two residues in 12 Å.
    lengths : smallest and largest number of residues of a fragment (default 2 to 15).
    cell : edge of a cube, Å; a, b, c; a, b, c, α, β, γ (Å and degrees); or "auto", each
        molecule's extent plus 3 Å. None: 20 for dialanines, 12 for dipeptides, "auto" for
        fragments.
    d_min : Å, resolution of the maps (default 1.5).
    b : Å², B of all atoms (default 20).
    windows : windows of each crystal, for the kind "lattice" (default 3).
    splits : a table with the columns entry and split, or cluster; None: random splits, or those
        that files of crystals hold.
    max_examples : largest number of examples of each split (for "lattice", of crystals); None: all.
    seed : random seed (default 0).
    jobs : number of processes; None: one for each core.
    dask : address of a Dask scheduler whose workers do the work instead.
    progress : as of `predict`.

    Returns
    -------
    A report with `path`, `examples` (by split) and `rejected` (numbers by reason), among others.
    `open` opens the data set.

    Raises
    ------
    UserError : an argument is wrong or belongs to another kind, the sources hold no examples, or
        the file cannot be written. No file is left behind.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> from patterson_gui.io.resources import resources_folder
    >>> built = pg.build_dataset(resources_folder() / "examples", "2.h5", preset="2", jobs=1)
    >>> len(pg.open(built.path)) == sum(built.examples.values())
    True
    """
    paths = _paths(sources)
    table = None if splits is None else path_of(splits, "splits")
    if kind is not None:
        one_of(kind, (*PROTEIN_KINDS, *CRYSTAL_KINDS), "kind")
    if jobs is not None:
        jobs = whole_number(jobs, "jobs", least=1)
    checked = None if seed is None else random_seed(seed)
    common = {"seed": checked, "most_examples": max_examples}
    if kind is not None and kind in CRYSTAL_KINDS:
        given = {
            "preset": preset, "lengths": lengths, "cell": cell, "d_min": d_min, "b": b,
            "jobs": jobs, "dask": dask,
        }  # fmt: skip
        _refuse_protein_options(given, kind)
        settings = _crystal_settings({"kind": kind, "windows": windows, **common})
        target = _named_after(paths[0], kind) if output is None else path_of(output, "output")
        return _build_crystals(paths, target, settings, table, progress)
    if windows is not None:
        raise UserError(
            "windows is only used with the kind 'lattice': leave it out, or choose that kind."
        )
    if output is None:
        raise UserError("The data set needs a file name: give output.")
    fields = {"lengths": lengths, "d_min": d_min, "b_iso": b, **common}
    return _build_proteins(
        paths,
        path_of(output, "output"),
        _protein_settings(kind, preset, cell, fields),
        table,
        jobs,
        dask,
        progress,
    )


def _build_proteins(
    folders: Sequence[Path],
    output: Path,
    settings: "DataSetSettings",
    splits: Path | None,
    jobs: int | None,
    dask: str | None,
    progress: ShowProgress,
) -> "BuildReport":
    table = None if splits is None else read_split_table(splits)
    # Ctrl-C stops the work at once, in the other processes as well.
    with shown("Building", progress) as report:
        return build_proteins.build_dataset(
            folders, output, settings, table=table, jobs=jobs, dask=dask, report=report
        )


def _build_crystals(
    paths: Sequence[Path],
    output: Path,
    settings: "MaterialDataSetSettings",
    splits: Path | None,
    progress: ShowProgress,
) -> "MaterialBuildReport":
    table = None if splits is None else read_split_table(splits)
    with shown("Building", progress) as report:
        return build_material_dataset(paths, output, settings, table=table, report=report)


def _protein_settings(
    kind: str | None,
    preset: str | None,
    cell: "float | str | Sequence[float] | None",
    fields: dict[str, Any],
) -> "DataSetSettings":
    given = {name: value for name, value in fields.items() if value is not None}
    if preset is not None:
        base = proteins.PRESETS[one_of(preset, proteins.PRESETS, "preset")]
        if kind not in (None, base.kind):
            raise UserError(
                f"The preset {preset} builds {base.kind}s: leave out the kind or the preset."
            )
        given = base.model_dump() | given
    else:
        name = cast("ProteinKind", kind or "dipeptide")
        usual = {
            "kind": name,
            "lengths": PROTEIN_KINDS[name].lengths,
            "cell": proteins.usual_cell(name),
        }
        given = usual | given
    if cell is not None:
        given["cell"] = _cell(cell)
    try:
        return proteins.DataSetSettings(**given)
    except ValidationError as error:
        raise refused(error) from error


def _crystal_settings(fields: dict[str, Any]) -> "MaterialDataSetSettings":
    try:
        return MaterialDataSetSettings(**{k: v for k, v in fields.items() if v is not None})
    except ValidationError as error:
        raise refused(error) from error


def refused(error: "ValidationError") -> UserError:
    """The first error of a validation, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    return UserError(f"{name}: {text}." if name else f"{text[0].upper()}{text[1:]}.")


def _cell(cell: "float | str | Sequence[float]") -> "Cell | None":
    """a, b, c (Å), α, β, γ (degrees); None for "auto"."""
    if isinstance(cell, str):
        if cell == "auto":
            return None
        raise UserError(f"cell must be numbers or 'auto', not '{cell}'.")
    try:
        values = [float(cell)] * 3 if isinstance(cell, int | float) else [float(x) for x in cell]
    except (TypeError, ValueError):
        values = []
    if len(values) == 3:
        values += [90.0, 90.0, 90.0]
    if len(values) != 6:
        raise UserError("cell must be one edge, three edges or three edges and three angles.")
    a, b, c, alpha, beta, gamma = values
    return a, b, c, alpha, beta, gamma


def _refuse_protein_options(given: Mapping[str, object], kind: str | None) -> None:
    for name, value in given.items():
        if value is not None:
            raise UserError(
                f"{name} is only used for data sets of proteins, not for the kind '{kind}': leave "
                "it out."
            )


def _named_after(path: Path, kind: str) -> Path:
    return Path(f"{plain_stem(path)}-{kind}.h5")


def _paths(sources: PathLike | Sequence[PathLike]) -> list[Path]:
    if isinstance(sources, Sequence) and not isinstance(sources, str):
        paths = [path_of(source, "sources") for source in sources]
    else:
        paths = [path_of(sources, "sources")]
    if not paths:
        raise UserError("There are no sources: give a folder or a file.")
    return paths
