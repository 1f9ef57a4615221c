"""Short texts for cells and names."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gemmi


def cell_words(cell: "gemmi.UnitCell") -> str:
    """The cell as '12 × 12 × 12 Å', with the angles unless all are 90°."""
    a, b, c, alpha, beta, gamma = cell.parameters
    edges = f"{a:.5g} × {b:.5g} × {c:.5g} Å"
    if all(abs(angle - 90.0) < 1e-3 for angle in (alpha, beta, gamma)):
        return edges
    return f"{edges}, {alpha:.4g}° {beta:.4g}° {gamma:.4g}°"


def named(kind: str, name: str) -> str:
    """\"Crystal '1aba'\", or the kind alone where there is no name."""
    return f"{kind} {name!r}" if name else kind
