"""Which elements a crystal may have, and how many atoms of each, by its stated contents."""

from collections.abc import Mapping

from patterson_gui.crystal.measured.contents import Contents

# Å³ for each atom other than hydrogen in a crystal of any kind: less than in organic crystals
# (`ORGANIC_VOLUME_PER_ATOM`), because minerals and metals are denser.
MEAN_VOLUME_PER_ATOM = 17.0
_WITHOUT_CONTENTS = ("C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I")
_EMPTY = 45.0  # Å³ for each atom, more than in any crystal of known contents


def choices_and_counts(
    contents: Contents | None, volume: float
) -> tuple[tuple[str, ...], Mapping[str, float] | None]:
    """Elements to choose from, hydrogen left out, and the atoms of each in the cell if stated.

    Files often state a formula unit, or one atom of each element, in place of the cell's contents.
    A formula that leaves more than `_EMPTY` Å³ for each atom is multiplied until it fills the
    cell; one that has at most one atom of each is no formula.
    """
    chosen = contents.elements if contents is not None else _WITHOUT_CONTENTS
    choices = tuple(e for e in chosen if e not in ("H", "D")) or ("C",)
    if contents is None or contents.counts is None:
        return choices, None
    counts = {e: float(contents.counts.get(e, 0.0)) for e in choices}
    total = sum(counts.values())
    if total <= 0 or max(counts.values()) <= 1:
        return choices, None
    if volume / total > _EMPTY:
        factor = max(1, round(volume / total / MEAN_VOLUME_PER_ATOM))
        counts = {e: n * factor for e, n in counts.items()}
    return choices, counts


def notes_on_contents(contents: Contents | None, volume: float) -> tuple[str, ...]:
    """What `choices_and_counts` makes of the stated contents where that is not what they say."""
    choices, counts = choices_and_counts(contents, volume)
    if contents is None:
        return (f"No elements are stated: {', '.join(choices)} are tried.",)
    if not contents.counts:
        return ()
    if counts is None:
        return (
            f"The numbers of atoms ({contents.source}) are taken as a list of elements, because "
            "none is above one.",
        )
    stated = sum(contents.counts.get(element, 0.0) for element in choices)
    factor = sum(counts.values()) / stated
    if factor > 1.5:
        return (f"The contents ({contents.source}) are taken {factor:.0f} times to fill the cell.",)
    return ()
