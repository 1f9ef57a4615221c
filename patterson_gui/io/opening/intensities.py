"""Read measured intensities for a structure solution: not merged, with radiation and contents."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.cells import p1, same_cell
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, Radiation
from patterson_gui.errors import UserError
from patterson_gui.io.formats.crystallography import Crystallography
from patterson_gui.io.formats.experiment import Experiment
from patterson_gui.io.formats.symmetry import Symmetry
from patterson_gui.io.opening.reflections import (
    COMPANIONS,
    check_choice,
    choices_of,
    crystallography_beside,
    faults_beside,
    reflection_file,
    reflections_beside,
)
from patterson_gui.io.opening.registry import faults_of, reader_of
from patterson_gui.io.reflections.cif import EMBEDDED_HKL
from patterson_gui.io.reflections.columns import (
    ColumnChoice,
    Measurements,
    refuse_impossible_cell,
    refuse_impossible_values,
)
from patterson_gui.io.reflections.reflection_file import Measured, ReflectionFile
from patterson_gui.io.source_file import SourceFile

_ESTIMATED_SIGMA = 0.03  # of I, where a file gives no σ; added to 1 % of the mean intensity


@dataclass(frozen=True, eq=False)
class ReadIntensities:
    """Intensities, the stated contents of the cell, and notes for the user.

    Attributes
    ----------
    contents : None where neither the file nor one beside it says anything.
    """

    intensities: Intensities
    contents: Contents | None
    notes: tuple[str, ...]


def read_intensities(
    file: Path | str | SourceFile,
    column: ColumnChoice | None = None,
    radiation: Literal["auto"] | Radiation = "auto",
    *,
    cell: gemmi.UnitCell | None = None,
    wavelength: float | None = None,
) -> ReadIntensities:
    """Read the intensities of a file of any format; equivalents and Friedel mates stay apart.

    Cell, space group, wavelength and contents that the file lacks are taken from a file of the
    same name in the same folder. Rows whose σ is not positive are left out: programs write them
    for reflections that were not measured. Amplitudes are squared.

    Parameters
    ----------
    column : the column to use. None: intensities rather than amplitudes, original measurements
        rather than merged ones, Friedel pairs rather than their mean.
    radiation : "auto": what the file states, electrons where the wavelength is below 0.06 Å,
        otherwise X-rays.
    cell, wavelength : Å, degrees; instead of those that files give. A list without any other
        file needs them.

    Raises
    ------
    UserError : the file is damaged, holds no reflections, or nothing gives the cell.
    """
    source = reflections_beside(SourceFile.of(file))
    reflections = _reflections(source, cell)
    check_choice(column)
    with faults_of(reader_of(source), source), faults_beside(source):
        choice = column or most_original(choices_of(reflections, source))
        measured = reflections.measured(choice)
    hkl, value, sigma, notes = _usable(measured.data, measured.label, source.name)
    if choice.is_calculated:
        notes.append(
            f"{choice.label} of {source.name} is calculated from a model and not measured: choose "
            "a file of measured intensities."
        )
    if cell is not None:
        measured = replace(measured, cell=cell)
    experiment = Experiment(wavelength).completed_by(measured.experiment)
    contents = measured.contents
    for other in source.beside(COMPANIONS):
        complete = contents and experiment.wavelength and experiment.cell_sigma
        found = None if complete else _crystallography_of(other, measured)
        if found is not None:
            contents = contents or found.contents
            experiment = experiment.completed_by(found.experiment)
    kind, radiation_note = experiment.resolved()
    if radiation != "auto":
        kind, radiation_note = radiation, ""
    if experiment.wavelength is None and kind == "xray":
        notes.append(
            "No wavelength is given: anomalous scattering is left out, and the hand stays open."
        )
    group = measured.symmetry.spacegroup
    if group is None and measured.symmetry.problem:
        notes.append(f"{source.name} {measured.symmetry.problem}.")
    refuse_impossible_cell(hkl, measured.cell, group or p1(), source.name)
    intensities = Intensities(
        hkl,
        value,
        sigma,
        measured.cell,
        group or p1(),
        experiment.wavelength,
        kind,
        measured.label,
        stated=group is not None,
        cell_sigma=experiment.cell_sigma,
    )
    every = [*measured.notes, *notes, radiation_note, *(contents.notes if contents else ())]
    return ReadIntensities(intensities, contents, tuple(note for note in every if note))


def _reflections(source: SourceFile, cell: gemmi.UnitCell | None) -> ReflectionFile:
    """The reflections of a file, with a cell that the user gives where no file has one."""
    reader = reader_of(source)
    if cell is None or reader.reflections is None:
        return reflection_file(source)
    given = Crystallography(cell, Symmetry(), None, None)
    with faults_of(reader, source):
        return reader.reflections(source, lambda: crystallography_beside(source) or given)


def most_original(choices: list[ColumnChoice]) -> ColumnChoice:
    """The column that is nearest to the measurement: measured before calculated, intensities
    before amplitudes, with σ before without, original lists in a CIF before merged ones, Friedel
    pairs before their means."""

    def rank(choice: ColumnChoice) -> tuple[bool, ...]:
        return (
            choice.is_calculated,
            choice.kind != "intensity",
            choice.sigma is None,
            choice.label not in (*EMBEDDED_HKL, "intensity_net"),
            choice.minus is None,
            choice.label == "IPR",
        )

    return min(choices, key=rank)


def _crystallography_of(source: SourceFile, measured: Measured) -> Crystallography | None:
    """What a file beside the reflections says, if it has their cell."""
    try:
        read = reader_of(source).crystallography
        found = read(source) if read else None
    except UserError:
        return None  # a file of the same name may be anything
    return found if found is not None and same_cell(measured.cell, found.cell) else None


def _usable(
    data: Measurements, label: str, name: str
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], list[str]]:
    """Intensities with positive σ, without (000), and notes on what was done."""
    notes: list[str] = []
    measured = np.isfinite(data.value) & data.hkl.any(axis=1)
    value, sigma = data.value, data.sigma
    if sigma is not None and (sigma[measured] < 0).all():
        measured &= False  # a σ of −1 stands for a reflection that was not measured
    elif sigma is None or not (sigma[measured] > 0).any():
        sigma = None
    else:
        placeholders = measured & ~(sigma > 0)
        if n := int(np.count_nonzero(placeholders)):
            notes.append(
                f"{n:,} rows whose σ is not positive are left out: they were not measured."
            )
        measured &= ~placeholders
    refuse_impossible_values(data.hkl, np.where(measured, value, np.nan), label, name)
    hkl, value = data.hkl[measured], value[measured]
    sigma = None if sigma is None else sigma[measured]
    if data.kind == "amplitude":
        negative = value < 0
        if n := int(np.count_nonzero(negative)):
            notes.append(f"{n:,} negative amplitudes are left out.")
            hkl, value = hkl[~negative], value[~negative]
            sigma = None if sigma is None else sigma[~negative]
        notes.append("The file gives amplitudes: their squares are taken as intensities.")
        if sigma is not None:  # of F² by the second moment: σ² = 4 F² σ_F² + 2 σ_F⁴
            sigma = np.sqrt(4.0 * value**2 * sigma**2 + 2.0 * sigma**4)
        value = value**2
    if sigma is None:
        notes.append(
            "The file gives no σ: it is estimated as 3 % of each intensity and 1 % of their mean."
        )
        sigma = np.hypot(_ESTIMATED_SIGMA * value, 0.01 * np.abs(value).mean())
    return hkl, value, sigma, notes
