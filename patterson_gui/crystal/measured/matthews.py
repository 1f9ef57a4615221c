"""Solvent content of a protein crystal from the mass of the molecule (Matthews coefficient)."""

from dataclasses import dataclass

import gemmi

from patterson_gui.errors import UserError

MASS_PER_RESIDUE = 110.0  # Da, mean of the residues of proteins
_PROTEIN = 1.230  # Å³/Da of protein: 0.74 cm³/g (Matthews, J. Mol. Biol. 33, 491, 1968)
_USUAL = 0.5
_LEAST, _MOST = 0.1, 0.9  # shares of solvent that crystals of proteins have


@dataclass(frozen=True)
class SolventContent:
    """The solvent content of a crystal with some molecules in the asymmetric unit.

    Attributes
    ----------
    copies : molecules in the asymmetric unit.
    v_m : Å³ of the asymmetric unit for each Da of protein.
    share : of the cell that is solvent.
    """

    copies: int
    v_m: float
    share: float

    @property
    def words(self) -> str:
        """Copies, V_M and solvent in a few words."""
        molecules = "1 molecule" if self.copies == 1 else f"{self.copies} molecules"
        return (
            f"{molecules} in the asymmetric unit, V_M {self.v_m:.2f} Å³/Da, solvent "
            f"{self.share:.0%}"
        )


def solvent_content(
    cell: gemmi.UnitCell, spacegroup: gemmi.SpaceGroup, mass: float, copies: int | None = None
) -> SolventContent:
    """The solvent content, 1 − 1.23/V_M, with V_M = V/(n Z M).

    Parameters
    ----------
    mass : of one molecule, Da.
    copies : n, molecules in the asymmetric unit; None: the number whose solvent content is nearest
        to 50 %.

    Raises
    ------
    UserError : so many molecules do not fit, or leave more than 90 % solvent.
    """
    per_copy = cell.volume / (len(spacegroup.operations()) * mass)
    if copies is None:
        numbers = range(1, max(2, int(per_copy / _PROTEIN) + 2))
        copies = min(numbers, key=lambda n: abs(1.0 - _PROTEIN * n / per_copy - _USUAL))
    share = 1.0 - _PROTEIN * copies / per_copy
    if not _LEAST <= share <= _MOST:
        what = "does not fit into" if share < _LEAST else "fills too little of"
        molecules = f"A molecule of {mass / 1000:.1f} kDa"
        if copies > 1:
            molecules = f"{copies} molecules of {mass / 1000:.1f} kDa"
            what = "do not fit into" if share < _LEAST else "fill too little of"
        raise UserError(
            f"{molecules} {what} the asymmetric unit of {per_copy * mass:,.0f} Å³: "
            "check the mass and the number of molecules."
        )
    return SolventContent(copies, per_copy / copies, share)
