"""Complete the atoms of an mmCIF block with the columns that gemmi needs and some programs leave
out."""

import math
from collections.abc import Sequence

import gemmi
from gemmi import cif

from patterson_gui.io.formats.cif_blocks import cell_of, column

_DEFAULT_B = 20.0  # Å², usual in proteins at 2 Å
# The column, the columns that say the same, and the value where there are none of these either.
_NEEDED = (
    ("id", (), ""),
    ("type_symbol", (), "?"),  # found by the residues afterwards
    ("label_atom_id", ("auth_atom_id", "label"), "?"),
    ("label_alt_id", (), "."),
    ("label_comp_id", ("auth_comp_id",), "UNL"),
    ("label_asym_id", ("auth_asym_id",), "A"),
    ("auth_asym_id", ("label_asym_id",), "A"),
    ("auth_seq_id", ("label_seq_id",), "1"),
    ("occupancy", (), "1.0"),
)


def complete_atom_site(block: cif.Block) -> tuple[str, ...]:
    """Add the columns that are missing in the loop of atoms; notes on what was assumed."""
    first = column(block, "_atom_site", "Cartn_x") or column(block, "_atom_site", "fract_x")
    loop = None if first is None else first.get_loop()
    if loop is None:
        return ()
    n, tags = loop.length(), {tag.lower() for tag in loop.tags}
    if "_atom_site.cartn_x" not in tags:
        _add_cartesian(block, loop)
    for item, same, default in _NEEDED:
        if f"_atom_site.{item}" in tags:
            continue
        source = next((s for s in same if f"_atom_site.{s}" in tags), None)
        values = (
            list(block.find_values(f"_atom_site.{source}"))
            if source
            else [default or str(i) for i in range(1, n + 1)]
        )
        _add(block, loop, item, values)
    if "_atom_site.b_iso_or_equiv" in tags:
        return ()
    _add(block, loop, "B_iso_or_equiv", [f"{_DEFAULT_B}"] * n)
    return (f"The atoms have no displacement parameter: B = {_DEFAULT_B:g} Å² was assumed.",)


def _add(block: cif.Block, loop: cif.Loop, item: str, values: Sequence[str]) -> None:
    tag = f"_atom_site.{item}"
    loop.add_columns([tag], "?")
    added = block.find_values(tag)
    for i, value in enumerate(values):
        added[i] = value


def _add_cartesian(block: cif.Block, loop: cif.Loop) -> None:
    """Å, from fractional coordinates and the cell. Without a cell the atoms have no place."""
    cell = cell_of(block)
    axes = [column(block, "_atom_site", f"fract_{axis}") for axis in "xyz"]
    rows: list[list[str]] = []
    for i in range(loop.length()):
        frac = [math.nan if axis is None else cif.as_number(axis[i]) for axis in axes]
        if cell is None or not all(map(math.isfinite, frac)):
            rows.append(["?"] * 3)
            continue
        position = cell.orthogonalize(gemmi.Fractional(*frac))
        rows.append([f"{value:.4f}" for value in position.tolist()])
    for axis, values in zip("xyz", zip(*rows, strict=True), strict=True):
        _add(block, loop, f"Cartn_{axis}", values)
