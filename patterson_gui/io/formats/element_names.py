"""Find the element of an atom from its type symbol, or from its label held against the formula.

Type symbols are those of the core CIF dictionary ("Fe3+"), and groups that stand for one site in
some databases ("NH4", "H2O"). Labels of atoms say less: "HO1" is a hydrogen atom on O1 in most
crystals and holmium in few, "Wat1" is the oxygen atom of water. The formula of the crystal decides.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import gemmi

# Names of points that are no atoms: dummies, centroids, lone pairs, vacancies.
_NO_ATOMS = frozenset(
    (
        "du", "dum", "dummy", "bq", "lp", "vac", "va", "x", "xx", "cnt", "cent", "centroid",
        "ghost", "gh", "q", "ep", "ps",
    )
)  # fmt: skip
_WATER = frozenset({"hoh", "ow", "dod"})
_SPECIAL = {"cval": "C", "siva": "Si"}  # names of tables of scattering factors
_HYDROGEN = frozenset({"H", "D"})
_PART = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")
_GROUP = re.compile(r"(?:[A-Z][a-z]?\d*){2,}(?:[+-]+\d*)?")
_NAME = re.compile(r"[A-Za-z]{1,2}(?:[\d_'\"*+-][\w'\"*+-]*)?")  # a label in place of a type
_SIMPLE = re.compile(r"([A-Za-z]{1,2})[\d.]*[+-]*[\d.]*")


@dataclass(frozen=True)
class FoundElement:
    """The element of an atom.

    Attributes
    ----------
    hydrogens : number of hydrogen atoms that the name of the group includes, as 4 in NH4.
    other : another element that the name may mean, as H for the label HO1 read as holmium; ''
        where the formula decided, or there is none.
    """

    element: str
    hydrogens: float = 0.0
    other: str = ""


def element_of_type(symbol: str, formula: Collection[str] = ()) -> FoundElement | None:
    """The element of a type symbol: 'Fe3+' → Fe, 'NH4' → N with 4 H; None: it is no atom.

    `formula` : the elements of the crystal; it decides between 'CO' as cobalt and as a group.
    """
    symbol = symbol.strip()
    if symbol.lower() in _NO_ATOMS:
        return None
    if symbol.upper() in ("2H", "2H+"):
        return FoundElement("D")
    found: list[FoundElement] = []
    simple = _SIMPLE.fullmatch(symbol)
    if simple and (element := _scatterer(simple[1])) and not _is_a_group(symbol, element, formula):
        found.append(FoundElement(element))
    if (group := _group(symbol)) is not None:
        found.append(group)
    if special := _SPECIAL.get(symbol.lower()):
        found.append(FoundElement(special))
    first_letters = re.match(r"[A-Za-z]+", symbol)
    word = first_letters[0] if first_letters else ""
    if _is_water(word) or (word.lower() == "w" and formula and "W" not in formula):
        found.insert(0, FoundElement("O"))
    elif not found and _NAME.fullmatch(symbol) and not _names_several(symbol):
        found += [FoundElement(e) for end in (2, 1) if (e := _scatterer(word[:end]))]
    return _allowed(found, formula) or next(iter(found), None)


def element_of_label(label: str, formula: Collection[str] = ()) -> FoundElement | None:
    """The element of a label: 'Ca2' → Ca, 'Wat1' → O; None: it names no atom.

    `formula` : the elements of the crystal; an element that is not among them is not taken. Empty:
    the formula is not known.
    """
    letters = re.match(r"\d*([A-Za-z]+)", label.strip())
    word = letters[1] if letters else ""
    if not word or word.lower() in _NO_ATOMS:
        return None
    names = []
    if _is_water(word) or label.upper().startswith(("H2O", "D2O")):
        names.append("O")
    else:
        names += [element for end in (2, 1) if (element := _scatterer(word[:end]))]
        if word.lower() in ("w", "wa"):
            names.append("O")  # of water, where the formula has no tungsten
    names = list(dict.fromkeys(names))
    if not formula:
        other = names[1] if len(names) > 1 and word.lower() != "w" else ""
        return FoundElement(names[0], other=other) if names else None
    possible = [name for name in names if _is_in(name, formula)]
    if not possible:
        return None
    other = possible[1] if len(possible) > 1 else ""
    return FoundElement(possible[0], other=other)


def first_sight(label: str) -> str | None:
    """The element that the first letters of a label name, two if possible: 'Wat1' → W."""
    letters = re.match(r"\d*([A-Za-z]+)", label.strip())
    word = letters[1] if letters else ""
    return next((e for end in (2, 1) if (e := _scatterer(word[:end]))), None)


def elements_in_formula(text: str) -> frozenset[str]:
    """The elements of a chemical formula: 'C10 H12 Cl2 O'. Empty where it cannot be understood."""
    letters = re.sub(r"[^A-Za-z ]", " ", text)
    # Some files have only capitals, so that CA may be calcium; both readings are possible.
    all_capitals = letters.upper() == letters
    found: set[str] = set()
    for word in letters.split():
        if all_capitals and len(word) == 2 and (element := _scatterer(word)):
            found.add(element)
            found |= {e for letter in word if (e := _scatterer(letter))} if _pair(word) else set()
            continue
        for part in re.findall(r"[A-Z][a-z]?", word):
            if element := _scatterer(part):
                found.add(element)
    return frozenset(found)


def _names_several(symbol: str) -> bool:
    """Whether a symbol such as 'CN' consists of the names of several elements."""
    parts = re.findall(r"[A-Z][a-z]?", symbol)
    return len(parts) > 1 and all(_scatterer(part) for part in parts)


def _is_water(word: str) -> bool:
    return word.lower() in _WATER or word.lower().startswith("wat")


def _pair(word: str) -> bool:
    return all(_scatterer(letter) for letter in word)


def _group(symbol: str) -> FoundElement | None:
    """The one atom of a group that is not hydrogen: 'H2O' → O; None: it is no such group."""
    if not _GROUP.fullmatch(symbol):
        return None
    text = re.sub(r"[+-]+\d*$", "", symbol)
    counts: dict[str, float] = {}
    # 'NH4' is read as N H4: nihonium has no scattering factor. So is 'OH', as no element is Oh.
    for part in re.findall(r"[A-Z][a-z]?\d*", text):
        name, number = _PART.fullmatch(part).groups()  # type: ignore[union-attr]
        element = _scatterer(name)
        if element is None:
            return None
        counts[element] = counts.get(element, 0.0) + float(number or 1)
    heavy = [element for element in counts if element not in _HYDROGEN]
    hydrogens = sum(n for element, n in counts.items() if element in _HYDROGEN)
    if len(heavy) != 1 or counts[heavy[0]] != 1 or not hydrogens:
        return None
    return FoundElement(heavy[0], hydrogens)


def _is_a_group(symbol: str, element: str, formula: Collection[str]) -> bool:
    """Whether capitals such as 'CO' or 'PO4' mean two elements, not one."""
    pair = symbol[:2]
    if not (pair.isalpha() and pair.isupper() and len(pair) == 2 and _pair(pair)):
        return False
    if formula:
        return element not in formula and (element == "Po" or set(pair) <= set(formula))
    return element == "Po"  # no crystal with polonium is likely


def _allowed(found: list[FoundElement], formula: Collection[str]) -> FoundElement | None:
    return next((each for each in found if _is_in(each.element, formula)), None)


def _is_in(element: str, formula: Collection[str]) -> bool:
    """Whether a formula has an element; formulas often count deuterium as hydrogen."""
    return element in formula or (element in _HYDROGEN and bool(_HYDROGEN & set(formula)))


def _scatterer(name: str) -> str | None:
    """The element of this name if it has an X-ray scattering factor; None: there is none."""
    element = gemmi.Element(name.capitalize())
    known = element.atomic_number > 0 and (element.it92 is not None)
    return str(element.name) if known and element.name == name.capitalize() else None
