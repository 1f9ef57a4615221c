"""Names of space groups as files write them, and the settings that they can mean."""

import re
from functools import lru_cache

import gemmi

from patterson_gui.errors import UserError

# Texts that do not belong to the symbol, in or outside brackets: "P 21/c (No. 14)".
_NUMBER_AFTER = re.compile(
    r"[\[({]?\s*(?:#|no\.?\s|no\.)\s*\d+\s*[\])}]?|[\[({]\s*\d{2,3}\s*[\])}]", re.IGNORECASE
)
_UNIQUE_AXIS = re.compile(
    r"[\[({,;]?\s*unique\s*(?:axis)?\s*[-=:]?\s*([abc])\b(?:[- ]?axis)?\s*[\])}]?",
    re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"[\[({,;]?\s*(?:origin|setting)\s*(?:choice|at)?\s*[-:=]?\s*(?:no\.?\s*)?([12])\s*[\])}]?",
    re.IGNORECASE,
)
_ORIGIN_SHORT = re.compile(r"(?<=\S)[\s,(]*O([12])\)?\s*$")
# "origin at -3m": the site symmetry at the origin. In choice 2 it has a centre of symmetry.
_ORIGIN_AT = re.compile(
    r"[\[({,;]?\s*origin\s+at\s+(?:an?\s+)?(cent(?:re|er)|[-\d/mn]+)[^\])}]*[\])}]?", re.IGNORECASE
)
_CENTRES = ("centre", "center", "-1", "-3", "-3m", "2/m", "mmm", "4/m", "4/mmm", "6/m", "m-3")
_AXES = re.compile(
    r"[\[({,;]?\s*\b(hexagonal|rhombohedral|obverse)\s*(?:axes|setting)?\s*[\])}]?", re.IGNORECASE
)
_AFTER_COLON = re.compile(r":\s*([-\w]+)\s*$")
# No symbol ends in one of these letters, apart from the lattice R itself.
_LAST_LETTER = re.compile(r"(?<=[^\s:])\s*(hr|[hrsz])\s*$", re.IGNORECASE)
_CODES = {"z": "2", "s": "1", "hr": "h"}
_SPELLINGS = (
    (re.compile(r"<[^>]*>|[_{}$\\]|\^"), ""),  # subscripts of HTML, TeX and CIF
    (re.compile(r"\((\d)\)"), r"\1"),  # P2(1)/c
    (re.compile(r"="), "/"),  # P2_1=c
    (re.compile(r"[−–‐]"), "-"),
    (re.compile(r"(?:^|(?<=[\s/\dA-Za-z]))([1346])\s*(?:-(?=\s|$)|[\u0304\u0305])"), r"-\1"),
)
# Full symbols: "F 4/m -3 2/m", "P 21/n 21/m 21/a", "R -3 2/m".
_TWOFOLD = re.compile(r"(?<=[\s\da-z])(?:21|2)\s*/\s*(?=[a-z])", re.IGNORECASE)
_CUBIC_AXIS = re.compile(r"4[123]?\s*/\s*(?=[a-z]\s*-\s*3)", re.IGNORECASE)


def settings_named(name: str, code: str = "") -> list[gemmi.SpaceGroup]:
    """The tabulated settings that a Hermann–Mauguin name can mean, the most usual first.

    Understood are short, full and old symbols ("Fm3m", "P 2/m 2/m 2/m"), spellings such as
    "P2(1)/c" and "P 2_1/c", and qualifiers: ":1", ":2", ":H", ":R", the last letters Z and S of
    the ICSD (origin choice 2 and 1), H and R, "(unique axis c)". A short monoclinic symbol can
    mean any unique axis, "P 21/b" for example c or a; b is the most usual.

    Parameters
    ----------
    code : coordinate-system code of the CIF dictionary: "2", "h", "b1", "ba-c".

    Returns
    -------
    Settings of one space group; empty where the name is unknown. What a qualifier excludes is
    left out.
    """
    text, qualifiers = _without_qualifiers(name.strip().strip("'\"").strip())
    found = _tabulated(text)
    for qualifier in (*qualifiers, code.strip()):
        found = _qualified(found, qualifier.lower())
    return found


def meant_by(name: str) -> list[gemmi.SpaceGroup]:
    """The settings that a name or Hall symbol typed by a user can mean, the most usual first.

    Raises
    ------
    UserError : there is no space group of this name.
    """
    settings = settings_named(name)
    if not settings and (group := setting_with_hall_symbol(name)) is not None:
        settings = [group]
    if not settings:
        raise UserError(
            f"The space group “{name.strip()}” is not known: write a Hermann-Mauguin symbol, such "
            "as P 21/c, C 1 2/c 1 or R -3 c:H."
        )
    return settings


def setting_with_hall_symbol(text: str) -> gemmi.SpaceGroup | None:
    """The tabulated setting with exactly this Hall symbol; None: there is none.

    Many misspelt names can be read as Hall symbols of other groups: they must not be.
    """
    return next((g for g in gemmi.spacegroup_table() if _key(g.hall) == _key(text)), None)


def same_type(number: int, code: str = "") -> list[gemmi.SpaceGroup]:
    """The tabulated settings of a space group by its number, the standard one first."""
    found = [group for group in gemmi.spacegroup_table() if group.number == number]
    return _qualified(found, code.strip().lower())


def _without_qualifiers(text: str) -> tuple[str, list[str]]:
    """The symbol alone, and what follows or accompanies it, as codes."""
    qualifiers = []
    text = _NUMBER_AFTER.sub(" ", text)
    if match := _ORIGIN_AT.search(text):
        text = _ORIGIN_AT.sub(" ", text)
        qualifiers.append("2" if match[1].lower() in _CENTRES else "1")
    for pattern in (_UNIQUE_AXIS, _ORIGIN, _AXES):
        if match := pattern.search(text):
            text = pattern.sub(" ", text)
            word = match[1].lower()
            qualifiers.append("h" if word == "obverse" else word if len(word) == 1 else word[0])
    if match := _ORIGIN_SHORT.search(text):
        text = text[: match.start()]
        qualifiers.append(match[1])
    text = text.strip(" ,;")
    if match := _AFTER_COLON.search(text):
        text = text[: match.start()].strip()
        qualifiers.append(match[1].lower())
    if match := _LAST_LETTER.search(text):
        text = text[: match.start()].strip()
        qualifiers.append(match[1].lower())
    return text, [_CODES.get(qualifier, qualifier) for qualifier in qualifiers]


def _tabulated(text: str) -> list[gemmi.SpaceGroup]:
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    for spelling in (text, _short_symbol(text)):
        # gemmi knows symbols with the letter e and cubic ones without a bar as well.
        usual = gemmi.find_spacegroup_by_name(" ".join(spelling.split()))
        symbol = spelling if usual is None else usual.hm
        if found := _table().get(_key(spelling)) or _table().get(_key(symbol)):
            return sorted(found, key=lambda group: usual is None or group.hm != usual.hm)
    return []


def _short_symbol(text: str) -> str:
    """'P 21/n 21/m 21/a' → 'P n m a', 'F 4/m -3 2/m' → 'F m -3 m'; others are not changed."""
    text = _CUBIC_AXIS.sub("", text)
    short, n = _TWOFOLD.subn("", text)
    return short if n >= 2 or "3" in short else text


def _key(symbol: str) -> str:
    return "".join(symbol.split()).lower()


@lru_cache(maxsize=1)
def _table() -> dict[str, list[gemmi.SpaceGroup]]:
    """Settings by full and short symbols without blanks, in lower case."""
    table: dict[str, list[gemmi.SpaceGroup]] = {}
    short: dict[str, list[gemmi.SpaceGroup]] = {}
    for group in gemmi.spacegroup_table():
        table.setdefault(_key(group.hm), []).append(group)
        if 3 <= group.number <= 15:
            lattice, *elements = group.hm.split()
            name = lattice + "".join(element for element in elements if element != "1")
            short.setdefault(_key(name), []).append(group)
        elif str(group.ext) == "H":  # the PDB writes H 3 for R 3 in hexagonal axes
            short.setdefault(_key("H" + group.hm[1:]), []).append(group)
    for name, groups in short.items():
        order = {"b": 0, "c": 1, "a": 2}
        usual = sorted(groups, key=lambda group: order.get(unique_axis(group), 3))
        table.setdefault(name, usual)
    return table


def unique_axis(group: gemmi.SpaceGroup) -> str:
    """'a', 'b' or 'c' of a monoclinic setting; '' for other groups."""
    if not 3 <= group.number <= 15:
        return ""
    elements = group.hm.split()[1:]
    if len(elements) < 3:
        return "b"
    return "abc"[next(i for i, element in enumerate(elements) if element != "1")]


def _qualified(groups: list[gemmi.SpaceGroup], code: str) -> list[gemmi.SpaceGroup]:
    """The groups that a qualifier allows. One that says nothing about them changes nothing."""
    if not code or not groups:
        return groups
    ext = {str(group.ext).strip("\x00").lower() for group in groups} - {""}
    axes = {unique_axis(group) for group in groups} - {""}
    if ext and code[0] in "12hr":
        wanted = code[0]
        return [g for g in groups if str(g.ext).strip("\x00").lower() == wanted]
    if axes and (letter := code.lstrip("-")[:1]) in ("a", "b", "c"):
        exact = [g for g in groups if str(g.qualifier) == code]
        return exact or [g for g in groups if unique_axis(g) == letter]
    exact = [g for g in groups if str(g.qualifier) == code.lstrip("12")]
    return exact or groups
