"""How alike two crystals are: their cells, their space groups, and how they are indexed."""

import gemmi
import numpy as np

from patterson_gui.crystal.differences.friedel_pairs import FriedelPairs
from patterson_gui.crystal.differences.scaling import relative_scale
from patterson_gui.crystal.display.words import cell_words
from patterson_gui.crystal.reciprocal import equivalents
from patterson_gui.errors import UserError

_DIFFERENT_CRYSTALS = 0.05  # relative difference of edges, above which no shift of atoms is small
_DIFFERENT_ANGLES = 3.0  # degrees
_ROUNDED_EDGES = 5e-4  # differences that are not worth a note
_ROUNDED_ANGLES = 0.05
_WARNED_EDGES = 0.01
_WARNED_ANGLES = 1.0
_FEWEST = 100  # reflections in common that R needs
_OBLIQUITY = 2.0  # degrees by which a lattice may miss a higher symmetry
_CLEARLY_BETTER = 0.75
_UNRELATED_R = 0.45  # R of amplitudes of unrelated acentric crystals is 0.59 (Wilson, 1950)


def cell_differences(native: gemmi.UnitCell, derivative: gemmi.UnitCell) -> tuple[float, ...]:
    """Relative differences of a, b, c, then differences of α, β, γ in degrees, signed."""
    one, two = native.parameters, derivative.parameters
    edges = [(b - a) / a for a, b in zip(one[:3], two[:3], strict=True)]
    return (*edges, *(b - a for a, b in zip(one[3:], two[3:], strict=True)))


def refuse_different_crystals(
    native: gemmi.UnitCell,
    native_group: gemmi.SpaceGroup,
    derivative: gemmi.UnitCell,
    derivative_group: gemmi.SpaceGroup,
    names: tuple[str, str],
) -> None:
    """Raise `UserError` where two data sets cannot be of isomorphous crystals.

    Their cells may differ by 5 % and 3°; crystals whose cells differ more share no signal.

    Parameters
    ----------
    names : of the native and of the derivative, for the sentence.
    """
    if native_group.operations() != derivative_group.operations():
        raise UserError(
            f"{names[1]} has the space group {derivative_group.xhm()} and {names[0]} has "
            f"{native_group.xhm()}: differences need two data sets in one space group."
        )
    differences = np.abs(cell_differences(native, derivative))
    if differences[:3].max() > _DIFFERENT_CRYSTALS or differences[3:].max() > _DIFFERENT_ANGLES:
        raise UserError(
            f"The cells of {names[1]} ({cell_words(derivative)}) and {names[0]} "
            f"({cell_words(native)}) differ by more than 5 % or 3°: differences need two data sets "
            "of one crystal form."
        )


def cell_note(native: gemmi.UnitCell, derivative: gemmi.UnitCell) -> str:
    """How much the cells differ; "" where they are alike."""
    found = cell_differences(native, derivative)
    if np.abs(found[:3]).max() < _ROUNDED_EDGES and np.abs(found[3:]).max() < _ROUNDED_ANGLES:
        return ""
    edges = ", ".join(
        f"{axis} by {100 * value:+.2f} %" for axis, value in zip("abc", found[:3], strict=True)
    )
    angles = "".join(
        f", {angle} by {value:+.2f}°"
        for angle, value in zip("αβγ", found[3:], strict=True)
        if abs(value) > 0.005
    )
    return f"The cell of the derivative differs from that of the native in {edges}{angles}."


def isomorphism_warnings(
    native: FriedelPairs, derivative: FriedelPairs, r_iso: float
) -> tuple[str, ...]:
    """Sentences where two crystals are not quite isomorphous, or indexed differently.

    Cells are warned of from 1 % or 1° on: 0.5 % in all edges changes intensities at 3 Å by about
    15 % (Crick & Magdoff, Acta Cryst. 9, 901, 1956).

    Parameters
    ----------
    r_iso : R of the amplitudes after scaling.
    """
    found = np.abs(cell_differences(native.cell, derivative.cell))
    warnings = []
    if found[:3].max() > _WARNED_EDGES or found[3:].max() > _WARNED_ANGLES:
        most = f"{100 * found[:3].max():.1f} %"
        warnings.append(
            f"The cells of the native and the derivative differ by up to {most}: the crystals are "
            "not quite isomorphous, and differences at high resolution come from that as well."
        )
    if r_iso > _UNRELATED_R:
        better = better_indexing(native, derivative)
        if better is None or better[1] > _CLEARLY_BETTER * r_iso:
            warnings.append(
                f"R_iso is {r_iso:.2f}, and that of unrelated crystals 0.59: the two data sets may "
                "not be of isomorphous crystals."
            )
        else:
            warnings.append(
                f"R_iso falls from {r_iso:.2f} to {better[1]:.2f} where the derivative is indexed "
                f"as {better[0]}: reindex it."
            )
    return tuple(warnings)


def better_indexing(native: FriedelPairs, derivative: FriedelPairs) -> tuple[str, float] | None:
    """The other indexing of the derivative that agrees best with the native, and its R.

    Rotations that the lattice has and the point group lacks give other ways to index a crystal.
    None: there is no such rotation.
    """
    found: list[tuple[float, str]] = []
    for op in gemmi.find_twin_laws(native.cell, native.spacegroup, _OBLIQUITY, False):
        rotation, remainder = np.divmod(np.array(op.rot, dtype=np.int64), gemmi.Op.DEN)
        if remainder.any():
            continue
        image = (derivative.hkl @ rotation).astype(np.int32)
        image = equivalents.to_asu(image, native.cell, native.spacegroup)
        place, common = equivalents.match(native.hkl, image)
        one, two = native.mean[place[common]], derivative.mean[common]
        if np.count_nonzero(common) < _FEWEST:
            continue
        scaled = relative_scale(one, two, native.d[place[common]]).factors(native.d[place[common]])
        r = float(np.abs(scaled * two - one).sum() / one.sum())
        found.append((r, op.as_hkl().triplet()))
    return (min(found)[1], min(found)[0]) if found else None
