"""Write reflections of a solved structure: .hkl (HKLF 4) and .fcf (LIST 4 and LIST 6)."""

import math
from pathlib import Path

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.models.model_maps import absolute_intensities
from patterson_gui.crystal.solution import RefinedStructure
from patterson_gui.io.files import replace_file
from patterson_gui.io.text.plain_text import plain

_LARGEST = 99999.0  # with a column of eight characters and a blank before the value
_SMALLEST_TOP = 1000.0  # a list whose largest value is below this loses digits
_CHARACTERS = 7


# ---------------------------------------------------------------- HKLF 4
def hkl_text(
    intensities: Intensities, change_of_axes: NDArray[np.int64] | None = None
) -> tuple[str, float]:
    """SHELX reflections (HKLF 4) in fixed columns (3I4, 2F8, I4), in the order of the data.

    Values have as many decimals as fit beside a blank. Lists that would overflow their columns,
    or lose digits, are multiplied by a power of ten, which SHELXL's scale factor takes up.

    Parameters
    ----------
    change_of_axes : (3, 3) h_new = M h; None leaves the indices as they are.

    Returns
    -------
    The text, and the factor on intensities and their uncertainties.
    """
    hkl = intensities.hkl.astype(np.int64)
    if change_of_axes is not None:
        hkl = hkl @ np.asarray(change_of_axes, dtype=np.int64).T
    factor = _factor(intensities.value, intensities.sigma)
    lines = [
        "".join(f"{index:4d}" for index in row) + f"{_number(value)}{_number(sigma)}   1"
        for row, value, sigma in zip(
            hkl.tolist(),
            (intensities.value * factor).tolist(),
            (intensities.sigma * factor).tolist(),
            strict=True,
        )
    ]
    lines.append("   0   0   0    0.00    0.00   0")
    return "\n".join(lines) + "\n", factor


def _factor(value: NDArray[np.float64], sigma: NDArray[np.float64]) -> float:
    # A minus sign takes the place of a digit.
    top = max(value.max(initial=0.0), -10.0 * value.min(initial=0.0), sigma.max(initial=0.0))
    if top <= 0 or _SMALLEST_TOP <= top < _LARGEST:
        return 1.0
    return float(10.0 ** math.floor(math.log10(_LARGEST / top)))


def _number(value: float) -> str:
    """Eight characters: a blank, and the value with a decimal point."""
    for decimals in (4, 3, 2, 1):
        text = f"{value:.{decimals}f}"
        if len(text) <= _CHARACTERS:
            return f"{text:>8}"
    return f"{value:7.0f}."


# ---------------------------------------------------------------- FCF
def write_fcf(path: Path, structure: RefinedStructure, name: str, *, phases: bool = False) -> None:
    """Write `fcf_text` to a file."""
    text = fcf_text(structure, name, phases=phases)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="ascii", newline="\n")


def fcf_text(structure: RefinedStructure, name: str, *, phases: bool = False) -> str:
    """The reflections of the refinement as CIF, as SHELXL writes them.

    Fo² and its σ are on the absolute scale of Fc², freed of extinction and of other domains of a
    twin, as in SHELXL.

    Parameters
    ----------
    phases : False: LIST 4, h k l Fc² Fo² σ(Fo²) and whether I > 2σ(I); True: LIST 6,
        h k l Fo² σ(Fo²) |Fc| φ, the phase in degrees.
    """
    merged, f = structure.merged, structure.f_calc
    block = cif.Block(block_name(name))
    code = "6" if phases else "4"
    block.set_pair("_shelx_title", cif.quote(plain(name)))
    block.set_pair("_shelx_refln_list_code", code)
    block.set_pair("_shelx_F_calc_maximum", f"{np.abs(f).max(initial=0.0):.2f}")
    add_symmetry(block, merged.spacegroup)
    for item, value in zip(_CELL_ITEMS, merged.cell.parameters, strict=True):
        block.set_pair(item, f"{value:.5f}".rstrip("0").rstrip("."))
    observed, sigma = absolute_intensities(structure)
    indices = [[str(int(v)) for v in column] for column in merged.hkl.T]
    if phases:
        items = ["F_squared_meas", "F_squared_sigma", "F_calc", "phase_calc"]
        degrees = np.degrees(np.angle(f)) % 360.0
        columns = [_fixed(observed, 2), _fixed(sigma, 2), _fixed(np.abs(f), 3), _fixed(degrees, 2)]
    else:
        items = ["F_squared_calc", "F_squared_meas", "F_squared_sigma", "observed_status"]
        status = np.where(merged.value > 2 * merged.sigma, "o", "<").tolist()
        columns = [_fixed(np.abs(f) ** 2, 2), _fixed(observed, 2), _fixed(sigma, 2), status]
    loop = block.init_loop("_refln_", ["index_h", "index_k", "index_l", *items])
    loop.set_all_values([*indices, *columns])
    return block.as_string()


def _fixed(values: NDArray[np.float64], decimals: int) -> list[str]:
    """Decimals, but at least four significant digits where a value is small."""
    return [
        f"{v:.{decimals}f}" if abs(v) >= 10 or v == 0 else f"{v:.{decimals + 2}f}" for v in values
    ]


_CELL_ITEMS = (
    "_cell_length_a", "_cell_length_b", "_cell_length_c",
    "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma",
)  # fmt: skip


def add_symmetry(block: cif.Block, spacegroup: gemmi.SpaceGroup) -> None:
    """Crystal system, number, names and operations of a space group."""
    block.set_pair("_space_group_crystal_system", spacegroup.crystal_system_str())
    block.set_pair("_space_group_IT_number", str(spacegroup.number))
    block.set_pair("_space_group_name_H-M_alt", cif.quote(spacegroup.xhm()))
    block.set_pair("_space_group_name_Hall", cif.quote(spacegroup.hall))
    loop = block.init_loop("_space_group_symop_", ["id", "operation_xyz"])
    for number, op in enumerate(symmetry_operations(spacegroup), start=1):
        loop.add_row([str(number), cif.quote(op.triplet())])


def symmetry_operations(spacegroup: gemmi.SpaceGroup) -> list[gemmi.Op]:
    """All operations, the identity first, as tables of bonds number them."""
    return sorted(spacegroup.operations(), key=lambda op: op.triplet() != "x,y,z")


def block_name(name: str) -> str:
    """A name as that of a CIF block: no blanks, ASCII."""
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in plain(name))
    return kept or "structure"
