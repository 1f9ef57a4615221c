"""Sites of a refined model that are no atoms: noise of the density that was taken for some."""

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.models.bonds import TOLERANCE, covalent_radii
from patterson_gui.crystal.sites.neighbours import neighbours

_LARGEST_U = 0.5  # Å²
_SHARE_OF_U = 10.0  # times the median U: an atom that moves more is none
_MOBILE = 4.5  # times the median U: one that moves more and has no usual neighbour may be none
_LIGHT = 9  # atomic number of the heaviest element that such a site is taken for
_TOO_CLOSE = 0.65  # of the sum of covalent radii
_REACH = 3.4  # Å


def vanishing(model: AsymmetricUnit) -> NDArray[np.int64]:
    """Rows of atoms, hydrogen left out, that move too much to be atoms."""
    heavy = np.flatnonzero(~model.is_hydrogen)
    u = model.u_iso[heavy]
    return heavy[u >= min(_LARGEST_U, _SHARE_OF_U * float(np.median(u)))]


def unsupported(
    model: AsymmetricUnit, cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup
) -> NDArray[np.int64]:
    """Rows of light atoms that move much more than the others and are either bonded to nothing or
    closer to another atom than any bond is long.

    They may stand for disordered solvent, or for nothing: a refinement without them decides.
    """
    rows = np.flatnonzero(~model.is_hydrogen)
    heavy = model.without_hydrogen()
    z = np.array([gemmi.Element(element).atomic_number for element in heavy.elements])
    near = neighbours(heavy.frac, cell, spacegroup, _REACH, heavy.part)
    radius = covalent_radii(heavy.elements)
    reach = radius[near.atom] + radius[near.other]
    strange = np.ones(len(heavy), dtype=bool)
    strange[near.atom[near.distance < reach + TOLERANCE]] = False
    strange[near.atom[near.distance < _TOO_CLOSE * reach]] = True
    mobile = heavy.u_iso > _MOBILE * float(np.median(heavy.u_iso))
    return rows[strange & mobile & (z <= _LIGHT)]
