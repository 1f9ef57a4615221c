"""Read and write extended XYZ: frames of atoms, each with a line of key=value pairs.

A file can hold thousands of frames. It is first split into frames, which is fast; a crystal is
built only when it is asked for. Plain XYZ is read too, as atoms without a lattice. ASE takes 0.1
to 0.3 ms for a frame and stops at the first wrong one; this reader takes a fifth of that time and
names the wrong frame.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NoReturn

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.structure import refuse_impossible, structure_of
from patterson_gui.errors import UserError
from patterson_gui.io.source_file import SourceFile

_PAIR = re.compile(
    r"""([^\s=,"'{}\[\]]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|\{([^}]*)\}|(\[.*?\](?=\s|$)|\S+))"""
)
_PLAIN = ("species:S:1", "pos:R:3")
_NUMBERS = {gemmi.Element(z).name: z for z in range(1, 119)} | {"D": 1}
_ATOM = re.compile(r"\A[A-Za-z]{1,2}(?:\s+[-+.\d][-+.\deE]*){3}")
_FIELDS = {
    "identifier": ("material_id", "identifier", "id"),
    "name": ("name", "formula"),
    "split": ("split",),
}
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*)+")
# Many programs write formulas with spaces but without quotes.
_BARE_FORMULA = re.compile(r"(?<!\S)formula=((?:[A-Z][a-z]?[\d.]*(?:\s+|$))+)")
_ONE = re.compile(r"(?<=[A-Za-z])1(?!\d)")


def looks_like_xyz(text: str) -> bool:
    """Whether a text begins with a number of atoms, any line, and a line with an atom."""
    lines = text.lstrip("\n").split("\n", 3)
    if len(lines) < 2 or not lines[0].strip().isdecimal():
        return False
    if "Lattice=" in lines[1] or "Properties=" in lines[1]:
        return True
    return len(lines) > 2 and bool(_ATOM.match(lines[2].lstrip()))


def is_xyz(source: SourceFile) -> bool:
    """Whether a file begins like XYZ, extended or plain."""
    return looks_like_xyz(source.head_text)


def xyz_structures(source: SourceFile) -> Iterator[gemmi.Structure]:
    """The structure of each frame. Raises `UserError` after the last one if the file is damaged."""
    frames = xyz_materials(source)
    for i in range(len(frames)):
        yield structure_of(frames.material(i))
    if frames.damage is not None:
        raise frames.damage


def xyz_materials(source: SourceFile) -> "Frames":
    """The crystal of each frame."""
    return Frames(source.text, source.name)


class Frames:
    """The frames of a file, built on demand.

    Attributes
    ----------
    damage : the error that ended the frames before the end of the text; None: there was none.
    """

    def __init__(self, text: str, name: str) -> None:
        """`name` : name of the file, for errors."""
        self.name = name
        self.damage: UserError | None = None
        self._lines = text.split("\n")
        self._starts: list[int] = []
        self._split()

    def __len__(self) -> int:
        return len(self._starts)

    def fields(self, i: int) -> dict[str, str]:
        """The key=value pairs of frame i, without quotes."""
        return _pairs(self._comment(i))

    def material(self, i: int) -> Material:
        """Frame i.

        Raises
        ------
        UserError : an unknown element, an invalid number or an impossible lattice.
        """
        where = f"Frame {i + 1} of {self.name}"
        fields = self.fields(i)
        start, n = self._starts[i], int(self._lines[self._starts[i]])
        symbols, positions = _columns(self._lines[start + 2 : start + 2 + n], fields, where)
        name, identifier, split = (
            next((fields[key] for key in _FIELDS[what] if fields.get(key)), "")
            for what in ("name", "identifier", "split")
        )
        if not fields and not name:
            name = self._comment(i).strip()[:60]
        numbers = _numbers_of(symbols, where)
        material = Material(
            positions, numbers, _lattice(fields, where), _tidy(name), identifier, split
        )
        return refuse_impossible(material, where)

    def _comment(self, i: int) -> str:
        return self._lines[self._starts[i] + 1]

    @cached_property
    def _end(self) -> int:
        """Number of lines up to the last that is not empty."""
        end = len(self._lines)
        while end and not self._lines[end - 1].strip():
            end -= 1
        return end

    def _split(self) -> None:
        at = 0
        while at < self._end:
            head = self._lines[at]
            if not head.strip():
                at += 1
                continue
            try:
                n = int(head)
            except ValueError:
                self._break_off(f"line {at + 1} should give the number of atoms of", "correct it")
                return
            if n < 0 or at + 2 + n > max(self._end, at + 2):
                have = max(0, self._end - at - 2)
                self._break_off(f"it has only {have} of the {n} atoms of", "get the file again")
                return
            self._starts.append(at)
            at += 2 + n

    def _break_off(self, why: str, what: str) -> None:
        self.damage = UserError(
            f"{self.name} cannot be read to its end, because {why} frame {len(self) + 1}: {what}."
        )


def extended_xyz(materials: Sequence[Material], provenance: str = "") -> str:
    """The materials as frames, positions and lattices to a millionth of an Å."""
    return "".join(_frame(material, provenance) for material in materials)


def _frame(material: Material, provenance: str) -> str:
    fields = {}
    if material.lattice is not None:
        fields["Lattice"] = " ".join(f"{x:.6f}" for x in material.lattice.ravel())
    fields["Properties"] = ":".join(_PLAIN)
    fields["pbc"] = "F F F" if material.lattice is None else "T T T"
    fields |= {
        "material_id": material.identifier,
        "formula": material.formula,
        "name": material.name if material.name != material.formula else "",
        "split": material.split,
        "provenance": provenance,
    }
    pairs = " ".join(f"{key}={_quoted(value)}" for key, value in fields.items() if value)
    symbols = [gemmi.Element(z).name for z in material.numbers.tolist()]
    rows = (
        f"{symbol} {x:.6f} {y:.6f} {z:.6f}\n"
        for symbol, (x, y, z) in zip(symbols, material.positions.tolist(), strict=True)
    )
    return f"{len(material)}\n{pairs}\n{''.join(rows)}"


def _quoted(value: str) -> str:
    plain = " ".join(value.split()).replace('"', "'").replace("\\", "/")
    return plain if re.fullmatch(r"[\w.:+-]+", plain) else f'"{plain}"'


def _pairs(comment: str) -> dict[str, str]:
    fields = {
        match[1]: next((group for group in match.groups()[1:] if group is not None), "")
        for match in _PAIR.finditer(comment)
    }
    if bare := _BARE_FORMULA.search(comment):
        fields["formula"] = bare[1].strip()
    return fields


def _tidy(name: str) -> str:
    """'Zr1 C1 N2' → 'ZrCN2'; names that are no formula stay as they are."""
    joined = name.replace(" ", "")
    return _ONE.sub("", joined) if _FORMULA.fullmatch(joined) else name


def _columns(
    rows: list[str], fields: Mapping[str, str], where: str
) -> tuple[list[str], NDArray[np.float64]]:
    """Symbols (or atomic numbers) and positions (n, 3), Å."""
    species, pos, width = _layout(fields.get("Properties", ":".join(_PLAIN)), where)
    words = " ".join(rows).split()
    if len(words) != width * len(rows):
        words = []
        # Plain XYZ may have further columns, but a line must not be too short.
        for number, row in enumerate(rows, start=1):
            parts = row.split()
            if len(parts) < width or ("Properties" in fields and len(parts) != width):
                raise UserError(
                    f"{where} has {len(parts)} columns instead of {width} in the line of atom "
                    f"{number}: correct it or get the file again."
                )
            words += parts[:width]
    try:
        columns = [np.array(words[pos + k :: width], np.float64) for k in range(3)]
    except ValueError as error:
        raise UserError(
            f"{where} has a coordinate that is not a number ({error}): correct it."
        ) from error
    return words[species::width], np.stack(columns, 1)


def _layout(properties: str, where: str) -> tuple[int, int, int]:
    """Columns of the element and of the position, and the number of columns."""
    parts = properties.split(":")
    at, found, sizes = 0, {}, {}
    try:
        for name, _, size in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            found[name], sizes[name] = at, int(size)
            at += sizes[name]
        if min(sizes.values()) < 1 or any(sizes.get(n, 3) != 3 for n in ("pos", "positions")):
            raise ValueError("impossible numbers of columns")
    except ValueError as error:
        raise UserError(
            f"{where} has Properties that cannot be read ('{properties[:60]}'): correct them."
        ) from error
    species = found.get("species", found.get("Z", found.get("numbers")))
    pos = found.get("pos", found.get("positions"))
    if species is None or pos is None:
        raise UserError(
            f"{where} lacks the elements or positions of its atoms (Properties name no "
            f"{'species' if species is None else 'pos'}): add them."
        )
    return species, pos, at


def _numbers_of(symbols: list[str], where: str) -> NDArray[np.int64]:
    try:
        return np.array([_NUMBERS[symbol] for symbol in symbols], np.int64)
    except KeyError:
        return np.array([_number_of(symbol, where) for symbol in symbols], np.int64)


def _number_of(symbol: str, where: str) -> int:
    if symbol.isdecimal() and 1 <= int(symbol) < 119:
        return int(symbol)
    number = _NUMBERS.get(symbol.capitalize())
    if number is None:
        raise UserError(f"{where} names '{symbol[:20]}', which is not an element: correct it.")
    return number


def _lattice(fields: Mapping[str, str], where: str) -> NDArray[np.float64] | None:
    """(3, 3) Å; None: there is none, or `pbc` is false along every axis."""
    text = fields.get("Lattice", fields.get("lattice"))
    periodic = fields.get("pbc", "T").replace(",", " ").strip("[]").upper().split()
    if text is None or all(word in ("F", "FALSE", "0") for word in periodic):
        return None
    try:
        values = [float(word) for word in text.replace(",", " ").strip("[]").split()]
    except ValueError as error:
        _refuse_lattice(where, text, error)
    if len(values) == 3:
        values = np.diag(values).ravel().tolist()
    if len(values) != 9 or not np.isfinite(values).all():
        _refuse_lattice(where, text)
    lattice = np.array(values).reshape(3, 3)
    return lattice if lattice.any() else None


def _refuse_lattice(where: str, text: str, error: Exception | None = None) -> NoReturn:
    raise UserError(
        f"{where} has a lattice that is not nine numbers ('{text[:60]}'): correct it."
    ) from error
