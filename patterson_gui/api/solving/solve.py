"""Solve a crystal structure from measured intensities: `solve`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import gemmi
import numpy as np

from patterson_gui.api.arguments import PathLike, number, one_of, path_of, random_seed, whole_number
from patterson_gui.api.progress import shown_in_bar, stopped_by_interrupt
from patterson_gui.api.types.solved_structure import SolvedStructure
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.measured.contents import (
    Contents,
    contents_from_elements,
    contents_from_formula,
)
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.solution import SolveProgress, SolveSettings
from patterson_gui.crystal.stated_symmetry.space_group_names import meant_by
from patterson_gui.errors import UserError
from patterson_gui.io.files import plain_stem
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.opening.intensities import ReadIntensities, read_intensities
from patterson_gui.io.source_file import SourceFile
from patterson_gui.solvers.structure.solve import solve_structure

RADIATIONS = ("auto", "xray", "electron", "neutron")
LAUE_CLASSES = (
    "-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m",
)  # fmt: skip
DEVICES = ("auto", "cpu", "cuda")

_AT_ORIGIN = 0.005  # fraction of the cell

ShowSolveProgress = bool | Callable[[SolveProgress], None] | None


@machine_faults_as_sentences()
def solve(
    source: ground.Crystal | PathLike,
    *,
    formula: str | None = None,
    elements: str | Sequence[str] | None = None,
    z: float | None = None,
    cell: Sequence[float] | None = None,
    wavelength: float | None = None,
    space_group: str = "auto",
    laue: str | None = None,
    radiation: str = "auto",
    superpose: str | Sequence[Sequence[float]] = "auto",
    starts: int | None = None,
    time: float | None = None,
    seed: int = 0,
    hydrogens: bool = True,
    anisotropic: bool = True,
    device: str = "auto",
    progress: ShowSolveProgress = None,
) -> SolvedStructure:
    """Solve a crystal structure from measured intensities and refine it in its space group.

    Phases are found in P1 from random phases and from Patterson peaks, then the space group from
    the phases, atoms, elements and hydrogen atoms; the structure is refined against F². No known
    model is used.

    Parameters
    ----------
    source : path of reflections (SHELX .hkl, .fcf, CIF, MTZ, mmCIF-sf, XDS_ASCII), with a file of
        the same name beside it (.ins, .res, .cif, .p4p) where it lacks the cell; or a crystal
        that was opened from such a file, which must be unchanged.
    formula : contents of one formula unit, "C12 H22 O11"; None: as the files say.
    elements : the elements that may be present, "C H N O", where the formula is not known.
    z : formula units in the cell; None: from the volume.
    cell : a, b, c (Å), α, β, γ (degrees); None: as the files say.
    wavelength : Å; None: as the files say.
    space_group : "auto" (all groups of the lattice), "given" (that of the file) or a symbol.
    laue : Laue class to which the groups are limited, such as "2/m"; None: all.
    radiation : "auto" (as the files say), "xray", "electron" or "neutron".
    superpose : Patterson vectors u v w, fractions of the cell, that the first starts begin from:
        the Patterson function is superposed on itself at all of them, then at each alone.
        "auto": first random phases, then also the highest peaks; "none": random phases alone.
    starts : largest number of starts; None: until the crystal is solved or time is up.
    time : CPU seconds after which no new start begins; None: chosen by the size of the cell.
    seed : random seed.
    hydrogens : place hydrogen atoms.
    anisotropic : refine anisotropic displacements where the data suffice.
    device : "auto", "cpu" or "cuda".
    progress : True, False, or a function that is called with each
        `patterson_gui.crystal.solution.SolveProgress`; None: a bar on a terminal and in a
        notebook.

    Returns
    -------
    Model, maps, space groups with their evidence, verdict and figures; see `SolvedStructure`.

    Raises
    ------
    UserError : the file has no intensities or no cell, or an argument is wrong.
    KeyboardInterrupt : Ctrl-C.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> solved = pg.solve(pg.measured_example_path(), progress=False)
    >>> solved.verdict, solved.figures["space_group"], solved.figures["n_atoms"]
    ('solved', 'P 1 21 1', 23)
    """
    settings = solve_settings(
        space_group=space_group,
        laue=laue,
        radiation=radiation,
        superpose=superpose,
        starts=starts,
        time=time,
        seed=seed,
        hydrogens=hydrogens,
        anisotropic=anisotropic,
        device=device,
    )
    name, read = read_measured(source, cell=cell, wavelength=wavelength, radiation=radiation)
    contents = stated_contents(read, formula=formula, elements=elements, z=z)

    def update(bar: Any, now: SolveProgress) -> None:
        bar.n = now.fraction
        bar.set_postfix_str(f"{now.step} {now.text}".strip(), refresh=False)
        bar.update(0)

    layout = "{desc} {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}"
    with (
        stopped_by_interrupt() as cancelled,
        shown_in_bar(progress, update, desc="Solving", total=1.0, bar_format=layout) as report,
    ):
        solution = solve_structure(read.intensities, contents, settings, report, cancelled)
    return SolvedStructure(name, with_notes(solution, read.notes, contents))


def read_measured(
    source: ground.Crystal | PathLike,
    *,
    cell: Sequence[float] | None = None,
    wavelength: float | None = None,
    radiation: str = "auto",
) -> tuple[str, ReadIntensities]:
    """Name and intensities of a file, or of a crystal that was opened from one.

    Raises
    ------
    UserError : as in `solve`.
    """
    if isinstance(source, ground.Crystal):
        if source.source is None or not source.source.is_file():
            return source.name or "crystal", _of_amplitudes(source)
        path = source.source
    else:
        path = path_of(source, "source")
    file = SourceFile(path)
    try:
        read = read_intensities(
            file,
            radiation=cast(Any, one_of(radiation, RADIATIONS, "radiation")),
            cell=None if cell is None else _cell(cell),
            wavelength=None if wavelength is None else number(wavelength, "wavelength", above=0),
        )
    finally:  # a file that was changed may also no longer be understood
        if isinstance(source, ground.Crystal):
            _refuse_other_files(source, file)
    return plain_stem(path), read


def _refuse_other_files(crystal: ground.Crystal, read: SourceFile) -> None:
    """Raise `UserError` where a file was changed between opening a crystal and solving it."""
    for path, state in read.states.items():
        if crystal.read_files.get(path, state) != state:
            raise UserError(
                f"{path} was changed after the crystal was opened from it: open it again, or give "
                "the path in place of the crystal."
            )


def _of_amplitudes(crystal: ground.Crystal) -> ReadIntensities:
    """Squares of a crystal's amplitudes; σ(F²) = 2 F σ(F), 3 % of F² where there is none."""
    data = crystal.amplitudes
    if data is None or len(data) == 0:
        raise UserError(
            f"The crystal {crystal.name or ''} has no reflections: open a file of reflections."
        )
    f = data.f.astype(np.float64)
    sigma = 0.03 * f**2 + 0.01 * float((f**2).mean())
    if data.sigma is not None:
        sigma = np.maximum(2.0 * f * data.sigma.astype(np.float64), 1e-9)
    intensities = Intensities(
        data.hkl, f**2, sigma, data.cell, data.spacegroup, label=data.label or crystal.name
    )
    counts = None if crystal.composition is None else dict(crystal.composition.counts)
    contents = None if not counts else Contents(tuple(counts), counts, "the opened crystal")
    gone = "" if crystal.source is None else f", because {crystal.source} is no longer there"
    note = f"The squares of the crystal's amplitudes are taken as intensities{gone}."
    return ReadIntensities(intensities, contents, (note,))


def stated_contents(
    read: ReadIntensities,
    *,
    formula: str | None = None,
    elements: str | Sequence[str] | None = None,
    z: float | None = None,
) -> Contents | None:
    """What the crystal is said to contain: the formula, the elements, or what the files say.

    Raises
    ------
    UserError : formula and elements are both given, or one of them is not understood.
    """
    if formula is not None and elements is not None:
        raise UserError("Give the formula or the elements, not both: a formula tells both.")
    if z is not None:
        z = number(z, "z", above=0)
        if formula is None:
            raise UserError("z counts formula units: give the formula as well.")
    if formula is not None:
        return contents_from_formula(str(formula), z, read.intensities.cell)
    if elements is not None:
        words = elements if isinstance(elements, str) else " ".join(str(e) for e in elements)
        return contents_from_elements(words)
    return read.contents


def solve_settings(
    *,
    space_group: str,
    laue: str | None,
    radiation: str,
    starts: int | None,
    time: float | None,
    seed: int,
    hydrogens: bool,
    anisotropic: bool,
    device: str = "auto",
    superpose: str | Sequence[Sequence[float]] = "auto",
) -> SolveSettings:
    """Check the arguments of `solve` and return them as settings.

    Raises
    ------
    UserError : an argument is wrong.
    """
    for value, what in ((hydrogens, "hydrogens"), (anisotropic, "anisotropic")):
        if not isinstance(value, bool):
            raise UserError(f"{what} must be True or False, not {value!r}.")
    if not isinstance(space_group, str) or not space_group.strip():
        raise UserError("space_group must be 'auto', 'given' or a symbol such as 'P 21/c'.")
    if space_group not in ("auto", "given"):
        meant_by(space_group)  # refuses names that are not known
    return SolveSettings(
        space_group=space_group,
        laue="" if laue is None else one_of(laue.replace(" ", ""), LAUE_CLASSES, "laue"),
        radiation=cast(Any, one_of(radiation, RADIATIONS, "radiation")),
        superpose=_superposed(superpose),
        starts=None if starts is None else whole_number(starts, "starts", least=1),
        time=None if time is None else number(time, "time", above=0, unit="s"),
        seed=random_seed(seed),
        hydrogens=hydrogens,
        anisotropic=anisotropic,
        device=one_of(device, DEVICES, "device"),
    )


def _superposed(
    superpose: str | Sequence[Sequence[float]],
) -> Literal["auto", "none"] | tuple[tuple[float, float, float], ...]:
    """The argument `superpose` of `solve`, checked."""
    wrong = UserError("superpose must be 'auto', 'none' or vectors such as [(0.31, 0.22, 0.43)].")
    if isinstance(superpose, str):
        if superpose not in ("auto", "none"):
            raise wrong
        return cast(Literal["auto", "none"], superpose)
    vectors = []
    for each in superpose:
        if isinstance(each, str) or not isinstance(each, Sequence | np.ndarray) or len(each) != 3:
            raise wrong
        u, v, w = (number(x, f"superpose {name}") for x, name in zip(each, "uvw", strict=True))
        if max(abs(x - round(x)) for x in (u, v, w)) < _AT_ORIGIN:
            raise UserError(
                f"The vector {u:g} {v:g} {w:g} in superpose is a lattice point: the Patterson "
                "function superposed on itself there is unchanged. Give another peak."
            )
        vectors.append((u, v, w))
    if not vectors:
        raise wrong
    return tuple(vectors)


def with_notes(solution: Any, notes: tuple[str, ...], contents: Contents | None) -> Any:
    """The solution with the notes of its input first, each once."""
    from dataclasses import replace

    every = (*notes, *(contents.notes if contents else ()), *solution.notes)
    return replace(solution, notes=tuple(dict.fromkeys(every)))


def _cell(values: Sequence[float]) -> gemmi.UnitCell:
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    if isinstance(values, gemmi.UnitCell):
        return values
    if isinstance(values, str | Path) or len(values) != 6:
        raise UserError("cell must be six numbers: a, b, c in Å and three angles in degrees.")
    six = [number(v, f"cell {name}", above=0) for v, name in zip(values, names, strict=True)]
    return gemmi.UnitCell(*six)
