"""Reflections in CIF: macromolecular (mmCIF-sf), core (.fcf, .hkl of the databases), and
SHELX reflections embedded as text. Phases are not looked at."""

from dataclasses import dataclass

import gemmi
import numpy as np
from gemmi import cif
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.cif_blocks import (
    cell_of,
    column,
    numbers,
    parse_cif,
    spacegroup_of,
    text_value,
)
from patterson_gui.io.columns import ColumnChoice, Kind, Measurements, in_order
from patterson_gui.io.shelx import hkl_format_of
from patterson_gui.io.shelx_reflections import parse_hkl

EMBEDDED_HKL = "_shelx_hkl_file"
_EMBEDDED_CIF = ("_shelx_fcf_file", "_iucr_refine_fcf_details")


@dataclass(frozen=True)
class _Pattern:
    """Items of one category that belong together."""

    value: str
    sigma: str | None
    kind: Kind
    minus: str | None = None
    minus_sigma: str | None = None
    category: str = "_refln"


_PATTERNS = (
    _Pattern("F_meas_au", "F_meas_sigma_au", "amplitude"),
    _Pattern("F_meas", "F_meas_sigma", "amplitude"),
    _Pattern("F_meas", "F_sigma", "amplitude"),
    _Pattern("F_meas_au", None, "amplitude"),
    _Pattern("F_meas", None, "amplitude"),
    _Pattern("intensity_meas", "intensity_sigma", "intensity"),
    _Pattern("intensity_meas", None, "intensity"),
    _Pattern("F_squared_meas", "F_squared_sigma", "intensity"),
    _Pattern("F_squared_meas", None, "intensity"),
    _Pattern("pdbx_F_plus", "pdbx_F_plus_sigma", "amplitude", "pdbx_F_minus", "pdbx_F_minus_sigma"),
    _Pattern("pdbx_I_plus", "pdbx_I_plus_sigma", "intensity", "pdbx_I_minus", "pdbx_I_minus_sigma"),
    _Pattern("F_calc_au", None, "amplitude"),
    _Pattern("F_calc", None, "amplitude"),
    _Pattern("F_squared_calc", None, "intensity"),
    _Pattern("intensity_net", "intensity_sigma", "intensity", category="_diffrn_refln"),
    _Pattern("intensity_net", "intensity_u", "intensity", category="_diffrn_refln"),
    _Pattern("intensity_net", None, "intensity", category="_diffrn_refln"),
)
# mmCIF: not to be used, systematically absent. The core dictionary uses the same letters.
_UNUSED = frozenset("x-")


def list_choices(document: cif.Document) -> list[ColumnChoice]:
    """What can become amplitudes, likeliest first; blocks in the file's order."""
    found: list[ColumnChoice] = []
    for block in document:
        of_block: dict[tuple[str, str], ColumnChoice] = {}
        for pattern in _PATTERNS:
            choice = _choice(block, pattern)
            if choice is not None:
                of_block.setdefault((pattern.category, pattern.value), choice)
        found += of_block.values()
        if text_value(block, EMBEDDED_HKL):
            data = _embedded(block)
            if data.n:
                found.append(ColumnChoice(EMBEDDED_HKL, data.kind, "σ", block.name, data.n))
    return in_order(found)


def _choice(block: cif.Block, pattern: _Pattern) -> ColumnChoice | None:
    wanted = [pattern.value, pattern.sigma, pattern.minus, pattern.minus_sigma]
    for item in ("index_h", "index_k", "index_l", *(item for item in wanted if item)):
        if column(block, pattern.category, item) is None:
            return None
    data = _values(block, pattern)
    if data.n == 0 or (
        pattern.sigma and not np.isfinite(data.sigma if data.sigma is not None else np.nan).any()
    ):
        return None
    return ColumnChoice(
        pattern.value, pattern.kind, pattern.sigma, block.name, data.n,
        pattern.minus, pattern.minus_sigma,
    )  # fmt: skip


def _values(block: cif.Block, pattern: _Pattern) -> Measurements:
    category = pattern.category
    hkl, valid = _indices(block, category)
    used = valid & ~_unused(block, category, len(hkl))

    def read(item: str | None) -> NDArray[np.float64] | None:
        values = column(block, category, item) if item else None
        return None if values is None else np.where(used, numbers(values), np.nan)

    value = read(pattern.value)
    assert value is not None
    plus = Measurements(hkl, value, read(pattern.sigma), pattern.kind)
    minus = read(pattern.minus)
    if minus is None:
        return plus
    return plus.with_mates(Measurements(hkl, minus, read(pattern.minus_sigma), pattern.kind))


def _indices(block: cif.Block, category: str) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    columns = [column(block, category, f"index_{axis}") for axis in "hkl"]
    values = np.stack([numbers(c if c is not None else []) for c in columns], axis=1)
    valid = np.asarray((np.abs(values) < 1e6).all(axis=1))  # which leaves out NaN
    return np.where(valid[:, None], values, 0.0).astype(np.int32), valid


def _unused(block: cif.Block, category: str, n: int) -> NDArray[np.bool_]:
    for item in ("status", "observed_status", "include_status"):
        flags = column(block, category, item)
        if flags is not None and len(flags) == n:
            return np.array([cif.as_string(flag) in _UNUSED for flag in flags], dtype=bool)
    return np.zeros(n, dtype=bool)


def _embedded(block: cif.Block) -> Measurements:
    """The SHELX reflections that SHELXL writes into its CIF."""
    instructions = text_value(block, "_shelx_res_file")
    # Not stripped: the first line's columns count from its start.
    text = cif.as_string(block.find_value(EMBEDDED_HKL) or "")
    return parse_hkl(text, hkl_format_of(instructions), block.name)


def measurements(document: cif.Document, choice: ColumnChoice) -> Measurements:
    """The values of the choice."""
    block = block_of(document, choice)
    if choice.label == EMBEDDED_HKL:
        return _embedded(block)
    for pattern in _PATTERNS:
        if (pattern.value, pattern.sigma, pattern.minus) == (
            choice.label,
            choice.sigma,
            choice.minus,
        ):
            return _values(block, pattern)
    raise UserError(f"The file has no reflections called {choice.label}: choose another column.")


def block_of(document: cif.Document, choice: ColumnChoice) -> cif.Block:
    """The block the choice lies in."""
    return next((block for block in document if block.name == choice.dataset), document[0])


def cell_and_symmetry(
    document: cif.Document, choice: ColumnChoice
) -> tuple[gemmi.UnitCell | None, gemmi.SpaceGroup | None]:
    """From the choice's own block, or from the first that gives them: in multi-block
    files they stand but once."""
    blocks = [block_of(document, choice), *document]
    cell = next((c for block in blocks if (c := cell_of(block)) is not None), None)
    group = next((g for block in blocks if (g := spacegroup_of(block, cell)) is not None), None)
    return cell, group


def unpacked_document(document: cif.Document, name: str) -> cif.Document:
    """The document, or the CIF of reflections that one of its items holds as text."""
    if any(column(b, c, "index_h") for b in document for c in ("_refln", "_diffrn_refln")):
        return document
    for block in document:
        if text := text_value(block, *_EMBEDDED_CIF):
            inner = parse_cif(text, name)
            if list_choices(inner):
                return inner
    return document
