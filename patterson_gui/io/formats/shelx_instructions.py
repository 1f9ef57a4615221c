"""SHELX instruction files (.ins, .res): their head and their atoms.

After the SHELX-97 manual (Sheldrick, Acta Cryst. A64, 112, 2008, and references there).
"""

import re
from dataclasses import dataclass

import gemmi
import numpy as np

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.displacements import equivalent_u
from patterson_gui.errors import UserError
from patterson_gui.io.formats.shelx_header import (
    NUMBER,
    HklFormat,
    elements_of,
    is_number,
    joined_lines,
    parse_header,
)
from patterson_gui.io.formats.sites import Site, element_of, expanded_sites, structure_of_sites
from patterson_gui.io.source_file import SourceFile

_INSTRUCTION_NAMES = (
    "ABIN ACTA AFIX ANIS ANSC ANSR BASF BEDE BIND BLOC BOND BUMP CELL CGLS CHIV CONF CONN DAMP "
    "DANG DEFS DELU DFIX DISP EADP EGEN END EQIV EXTI EXYZ FEND FLAT FMAP FRAG FREE FVAR GRID "
    "HFIX HKLF HTAB INIT ISOR L.S. LATT LAUE LIST LONE MERG MORE MOVE MPLA NCSY NEUT NPDB NSPR "
    "OMIT PART PATT PHAS PLAN PRIG PSEE REM RENA RESI RIGU RTAB SADI SAME SFAC SHEL SIMU SIZE "
    "SPEC SPIN STIR SUMP SUSP SWAT SYMM TEMP TEXP TITL TREF TWIN TWST UNIT VECT WGHT WIGL WPDB "
    "XNPD ZERR TIME MOLE HOPE"
)
_CELL_LINE = re.compile(
    rf"^CELL(?:(?:[ \t]+{NUMBER}){{6,7}}[ \t]*(?:!.*)?|(?:[ \t]+{NUMBER}){{2,7}}[ \t]*=.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_ASSUMED = "{} has neither LATT nor SYMM: P -1 is assumed, as in SHELX."
_TITLE = re.compile(r"\A\s*(?:REM\b.*\n\s*)*TITL\b", re.IGNORECASE)
_INSTRUCTIONS = frozenset(_INSTRUCTION_NAMES.split())
_ATOM = re.compile(r"^[A-Za-z][A-Za-z0-9'\"*_-]{0,4}$")


@dataclass(frozen=True)
class ShelxInstructions:
    """The contents of a .ins or .res file."""

    cell: gemmi.UnitCell
    spacegroup: gemmi.SpaceGroup
    hkl_format: HklFormat | None
    composition: dict[str, int]  # non-hydrogen atoms in the cell (SFAC, UNIT)
    sites: tuple[Site, ...]
    notes: tuple[str, ...] = ()

    def structure(self, name: str) -> gemmi.Structure:
        """The atoms as a structure."""
        return structure_of_sites(name, self.cell, self.spacegroup, self.sites)


def is_instructions(source: SourceFile) -> bool:
    """Whether a file begins like SHELX instructions: with TITL, or with a CELL line."""
    text = source.head_text
    return bool(_CELL_LINE.search(text) or _TITLE.match(text))


def instructions_of(source: SourceFile) -> ShelxInstructions:
    """The instructions in a file. Raises as `parse_instructions` does."""
    return parse_instructions(source.text, source.name)


def parse_instructions(text: str, name: str) -> ShelxInstructions:
    """Read instructions; `UserError` where cell or symmetry are missing or wrong."""
    header = parse_header(text, name)
    try:
        atoms, left_out = _sites(joined_lines(text), header.cell)
    except (ValueError, RuntimeError, IndexError) as error:
        raise UserError(
            f"{name} cannot be read as SHELX instructions ({error}): correct it."
        ) from error
    symmetry = header.symmetry
    if not symmetry.known:
        raise UserError(f"{name} {symmetry.problem} (LATT and SYMM): correct these lines.")
    if symmetry.operations is not None:
        atoms = expanded_sites(atoms, header.cell, symmetry.operations)
    assumed = symmetry.notes if header.symmetry_stated else (_ASSUMED.format(name),)
    return ShelxInstructions(
        header.cell,
        symmetry.spacegroup or p1(),
        header.hkl_format,
        header.composition,
        tuple(atoms),
        (*assumed, *_left_out_notes(left_out)),
    )


def _left_out_notes(names: list[str]) -> list[str]:
    if not names:
        return []
    one = len(names) == 1
    what, was = ("1 atom has", "was") if one else (f"{len(names)} atoms have", "were")
    shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
    return [f"{what} a number that is no element of SFAC and {was} left out: {shown}."]


def _sites(lines: list[list[str]], cell: gemmi.UnitCell) -> tuple[list[Site], list[str]]:
    """The atoms, and the names of those whose number is that of no element in SFAC."""
    by_word: dict[str, list[list[str]]] = {}
    for words in lines:
        by_word.setdefault(words[0].upper()[:4], []).append(words[1:])
    elements = elements_of(by_word)
    free = [float(w) for words in by_word.get("FVAR", []) for w in words if is_number(w)]
    sites: list[Site] = []
    left_out: list[str] = []
    part, u_carrier, in_fragment = 0, 0.05, False
    for words in lines:
        key = words[0].upper()
        if key in ("HKLF", "END"):
            break
        if key in {"FRAG", "FEND"}:
            in_fragment = key == "FRAG"
        if key == "PART" and len(words) > 1 and words[1].lstrip("-").isdigit():
            part = int(words[1])
        if in_fragment or key.split("_")[0][:4] in _INSTRUCTIONS or not _is_atom(words):
            continue
        number = int(words[1])
        if not 1 <= number <= len(elements) or elements[number - 1] is None:
            if key[:1] != "Q":  # peaks of a difference map are no atoms
                left_out.append(words[0])
            continue
        x, y, z, *rest = (_free_variable(float(word), free) for word in words[2:12])
        occ = rest[0] if rest else 1.0
        u = rest[1:]
        raw_u = float(words[6]) if len(words) > 6 else 0.05
        aniso = _aniso(u) if len(u) >= 6 else None
        u_iso = abs(raw_u) * u_carrier if -5.0 < raw_u < -0.5 else (u[0] if u else 0.05)
        if aniso is not None:
            u_iso = float(equivalent_u(np.array([aniso]), cell)[0])
        element = elements[number - 1]
        assert element is not None
        if element not in ("H", "D"):
            u_carrier = u_iso
        if not words[0].upper().startswith("Q") or element_of(words[0]) == element:
            sites.append(Site(words[0], element, (x, y, z), occ, u_iso, aniso, part))
    return sites, left_out


def _is_atom(words: list[str]) -> bool:
    if len(words) < 5 or not _ATOM.match(words[0]) or not words[1].isdigit():
        return False
    return all(is_number(word) for word in words[2:12])


def _aniso(u: list[float]) -> tuple[float, ...]:
    """SHELX writes U11 U22 U33 U23 U13 U12."""
    return u[0], u[1], u[2], u[5], u[4], u[3]


def _free_variable(value: float, free: list[float]) -> float:
    """A parameter as SHELX codes it: 10 + p is p held fixed, 10n + p is p × variable n,
    −(10n + p) is p × (1 − variable n)."""
    if abs(value) < 5.0:
        return value
    n = int((abs(value) + 5.0) / 10.0)
    p = abs(value) - 10.0 * n
    if n == 1:
        return p if value > 0 else -p
    variable = free[n - 1] if n <= len(free) else 1.0
    return p * variable if value > 0 else p * (1.0 - variable)
