"""What `phases` is told: data sets in several files, sites of files, the solvent content."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import gemmi
import numpy as np

from patterson_gui.api.arguments import PathLike, number, path_of, whole_number
from patterson_gui.api.patterson_maps.differences import native_of
from patterson_gui.crystal.differences.differences import Differences, Kind
from patterson_gui.crystal.differences.heavy_phases import USUAL_SOLVENT, PhasingSettings
from patterson_gui.crystal.measured.matthews import MASS_PER_RESIDUE, solvent_content
from patterson_gui.errors import UserError
from patterson_gui.io.models.sequences import mass_of_sequence
from patterson_gui.io.opening.differences import ReadDifferences, read_differences
from patterson_gui.io.opening.heavy_sites import SiteFile, check_cell, read_site_file
from patterson_gui.solvers.heavy_phasing.inputs import HeavySites


@dataclass(frozen=True, eq=False)
class GivenSites:
    """Sites of one derivative from a file, with what a user has to know of them."""

    sites: HeavySites
    notes: tuple[str, ...] = ()


def differences_of_derivative(
    path: Path, kind: str, name: str | None, native: PathLike | None, native_column: str | None
) -> ReadDifferences:
    """The differences of a derivative that is a data set of `path`, or lies in another file.

    Parameters
    ----------
    name : of a data set; "FILE" or "FILE:NAME" where there is such a file; None: the only one.

    Raises
    ------
    UserError : there are no such differences.
    """
    file, column = native_of(native, native_column)
    other, data_set = _file_and_data_set(name)
    if other is None:
        return read_differences(
            path, cast(Kind, kind), derivative=data_set, native=column, native_file=file
        )
    of_native = None if kind == "anomalous" else file or path
    return read_differences(
        other, cast(Kind, kind), derivative=data_set, native=column, native_file=of_native
    )


def _file_and_data_set(name: str | None) -> tuple[Path | None, str | None]:
    """The file and the data set of "FILE", "FILE:NAME" or the name of a data set."""
    if name is None:
        return None, None
    if os.path.isfile(name):
        return Path(name), None
    file, colon, data_set = name.rpartition(":")
    if colon and os.path.isfile(file):
        return Path(file), data_set or None
    return None, name


def sites_of_derivatives(
    sites: PathLike | Mapping[str, PathLike] | None,
    wanted: Sequence[tuple[str | None, str]],
    cell: gemmi.UnitCell,
) -> list[GivenSites | None]:
    """Sites of files for each of the derivatives (name, element); None where they are sought.

    Raises
    ------
    UserError : a file has no sites, or those of another crystal, or a name is none of a derivative.
    """
    if sites is None:
        return [None] * len(wanted)
    if not isinstance(sites, Mapping):
        found = _read(sites, cell)
        if len(wanted) == 1:
            return [_given(found, wanted[0][1], own_origin=False)]
        parts = [found.of_element(element) for _, element in wanted]
        elements = [element for _, element in wanted]
        if len(set(elements)) < len(elements):
            raise UserError(
                f"Two derivatives have the element {max(elements, key=elements.count)}, so that it "
                f"is not clear whose sites {found.name} has: give a file for each derivative."
            )
        if not any(parts):
            raise UserError(
                f"{found.name} has no sites of {', '.join(elements)}: give a file with the "
                "elements of the derivatives."
            )
        return [_given(SiteFile(found.name, part), element, own_origin=False) if part else None
                for part, (_, element) in zip(parts, wanted, strict=True)]  # fmt: skip
    names = [name for name, _ in wanted]
    for name in sites:
        if name not in names:
            raise UserError(
                f"The sites of {name} belong to no derivative: name one of "
                f"{', '.join(str(each) for each in names)}."
            )
    several = len(sites) > 1
    return [
        _given(_read(sites[name], cell), element, own_origin=several)
        if name is not None and name in sites
        else None
        for name, element in wanted
    ]


def _read(path: PathLike, cell: gemmi.UnitCell) -> SiteFile:
    found = read_site_file(path_of(path, "sites"))
    check_cell(found, cell)
    return found


def _given(found: SiteFile, element: str, *, own_origin: bool) -> GivenSites:
    """The sites of an element; all sites of the file where none has it, which a note says."""
    chosen = found.of_element(element)
    notes: tuple[str, ...] = ()
    if not chosen:
        chosen = found.sites
        others = ", ".join(sorted({site.element for site in chosen}))
        notes = (f"The sites of {found.name} are of {others}: they are taken as {element}.",)
    elif len(chosen) < len(found.sites):
        n = len(found.sites) - len(chosen)
        notes = (f"{n} sites of {found.name} are not {element} and are not used.",)
    frac = np.array([site.frac for site in chosen])
    return GivenSites(HeavySites(frac, given=True, own_origin=own_origin), notes)


def phasing_settings(
    data: Differences,
    solvent: float | None,
    residues: int | None,
    sequence: PathLike | None,
    weight: float | None,
    copies: int | None,
) -> tuple[PhasingSettings, list[str]]:
    """The settings with the solvent content that is stated or follows from a mass, and notes.

    Raises
    ------
    UserError : more than one is stated, or so much protein does not fit into the cell.
    """
    stated = [value for value in (solvent, residues, sequence, weight) if value is not None]
    if len(stated) > 1:
        raise UserError("State one of solvent, residues, sequence and weight, not several.")
    if copies is not None and (not stated or solvent is not None):
        raise UserError("copies needs the mass of the protein: state residues, sequence or weight.")
    if solvent is not None:
        return PhasingSettings(number(solvent, "solvent", least=0.1, most=0.9)), []
    if not stated:
        note = f"The solvent was taken as {USUAL_SOLVENT:.0%} of the cell: state it if you know it."
        return PhasingSettings(USUAL_SOLVENT), [note]
    if residues is not None:
        mass = whole_number(residues, "residues", least=1) * MASS_PER_RESIDUE
    elif sequence is not None:
        mass = mass_of_sequence(path_of(sequence, "sequence"))
    else:
        mass = number(weight, "weight", least=100.0)
    n = None if copies is None else whole_number(copies, "copies", least=1)
    content = solvent_content(data.cell, data.spacegroup, mass, n)
    assumed = "" if n is not None else "; the number of molecules was chosen"
    return PhasingSettings(content.share), [f"Solvent content: {content.words}{assumed}."]
