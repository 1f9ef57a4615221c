"""Write phases from heavy atoms: MTZ that Coot opens, CCP4 maps, sites, a report in JSON."""

import json
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

import patterson_gui
from patterson_gui.crystal.cells import grid_shape
from patterson_gui.crystal.differences.heavy_phases import DerivativeSites, Phased, PhasedHand
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.reciprocal.fourier import map_from_coefficients
from patterson_gui.crystal.reciprocal.reflections import Coefficients
from patterson_gui.io.files import make_folder, replace_file
from patterson_gui.io.heavy_atoms.sites import atoms_structure
from patterson_gui.io.maps.ccp4 import write_map

REPORT = "phases.json"
_COLUMNS = (
    ("FP", "F"), ("SIGFP", "Q"), ("FWT", "F"), ("PHWT", "P"), ("PHIB", "P"), ("FOM", "W"),
    ("HLA", "A"), ("HLB", "A"), ("HLC", "A"), ("HLD", "A"),
)  # fmt: skip
_SPACING = 1.0 / 3.0


def write_phased(folder: Path, phased: Phased) -> list[str]:
    """Write phases.mtz, density.ccp4 and sites.pdb of the better hand, the same of the other one
    with the ending _other_hand, and phases.json; returns the names. Files of the other hand from
    an earlier run are removed where there is no other hand now.

    Raises
    ------
    UserError : a file cannot be written.
    """
    make_folder(folder)
    names = []
    hands = [(phased.best, "")] + ([(phased.other, "_other_hand")] if phased.other else [])
    for hand, ending in hands:
        write_phases_mtz(folder / f"phases{ending}.mtz", hand)
        write_map(folder / f"density{ending}.ccp4", density_of_hand(hand))
        structure = atoms_structure(
            hand.cell,
            hand.spacegroup,
            [
                (each.element, frac, occ)
                for each in hand.derivatives
                for frac, occ in zip(each.frac, each.occupancy, strict=True)
            ],
        )
        with replace_file(folder / f"sites{ending}.pdb") as temporary:
            text = structure.make_pdb_string()
            temporary.write_text(text, encoding="ascii", newline="\n")
        names += [f"phases{ending}.mtz", f"density{ending}.ccp4", f"sites{ending}.pdb"]
    if phased.other is None:  # those of an earlier run do not belong to these phases
        for name in ("phases_other_hand.mtz", "density_other_hand.ccp4", "sites_other_hand.pdb"):
            (folder / name).unlink(missing_ok=True)
    with replace_file(folder / REPORT) as temporary:
        temporary.write_text(json.dumps(phasing_figures(phased), indent=2) + "\n", encoding="ascii")
    return [*names, REPORT]


def write_phases_mtz(path: Path, hand: PhasedHand) -> None:
    """H K L FP SIGFP FWT PHWT PHIB FOM HLA HLB HLC HLD; FWT is FOM · FP, PHWT is PHIB, degrees."""
    mtz = gemmi.Mtz(with_base=True)
    mtz.title = "Phases from heavy atoms, with density modification"
    mtz.spacegroup = hand.spacegroup
    dataset = mtz.add_dataset("patterson_gui")
    dataset.project_name = dataset.crystal_name = "patterson_gui"
    mtz.set_cell_for_all(hand.cell)
    for label, kind in _COLUMNS:
        mtz.add_column(label, kind)
    fom, phase = np.abs(hand.phases), np.degrees(np.angle(hand.phases))
    table = np.column_stack(
        [hand.hkl, hand.f, hand.sigma, fom * hand.f, phase, phase, fom, hand.coefficients]
    )
    mtz.set_data(table.astype(np.float32))
    mtz.sort()
    mtz.history = [f"From patterson_gui {patterson_gui.__version__}"]
    with replace_file(path) as temporary:
        temporary.write_bytes(mtz.write_to_bytes())


def density_of_hand(hand: PhasedHand) -> DensityMap:
    """The map of m F exp(iφ) over the whole cell, on the scale of the amplitudes."""
    coefficients = Coefficients(
        hand.hkl, (hand.f * hand.phases).astype(np.complex64), hand.cell, hand.spacegroup
    )
    shape = grid_shape(hand.cell, hand.d_min * _SPACING, hand.spacegroup, d_min=0.999 * hand.d_min)
    grid = map_from_coefficients(coefficients, shape)
    return DensityMap(
        grid, hand.cell, hand.spacegroup, MapKind.DENSITY, hand.d_min, "Phased density",
        absolute=False,
    )  # fmt: skip


def phasing_figures(phased: Phased) -> dict[str, Any]:
    """Figures of both hands: those of phases.json."""
    return {
        "hand_known": phased.hand_known,
        "reason": phased.reason,
        "best": _figures(phased.best),
        "other": None if phased.other is None else _figures(phased.other),
        "seconds": round(phased.seconds, 1),
        "notes": list(phased.notes),
    }


def _figures(hand: PhasedHand) -> dict[str, Any]:
    return {
        "space_group": hand.spacegroup.xhm(),
        "reflections": len(hand.f),
        "d_min": round(hand.d_min, 3),
        "fom_heavy_atoms": round(hand.fom_heavy, 3),
        "fom": round(hand.fom, 3),
        "contrast": round(hand.contrast, 3),
        "agreement": round(hand.agreement, 3),
        "derivatives": [_sites(each) for each in hand.derivatives],
    }


def _sites(each: DerivativeSites) -> dict[str, Any]:
    rows = zip(each.frac, each.occupancy, strict=True)
    return {
        "data_set": each.label,
        "element": each.element,
        "sites": [
            {**{n: round(v, 5) for n, v in zip("xyz", frac, strict=True)}, "occupancy": round(o, 3)}
            for frac, o in rows
        ],
    }
