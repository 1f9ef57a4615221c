"""Which of several networks is best for some data: the one that was most accurate when validated.

Two maps with the same amplitudes correlate as the mean of cos Δφ, weighted by |F|². A correlation
of 0.3 is thus a phase error of about 73°, where 90° is chance. Nobody can interpret such a map.
"""

from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import ModelCard

HOPELESS = 0.3  # median r with the true density: networks below it are hopeless


def validated_accuracy(card: ModelCard) -> float | None:
    """Median r on structures that the network was not trained on; None: it was not validated."""
    r = card.metrics.get("val_r_median")
    return float(r) if isinstance(r, int | float) else None


def why_hopeless(card: ModelCard) -> str | None:
    """Why nothing useful can be expected of a network, as the end of a sentence; None: it can."""
    r = validated_accuracy(card)
    if card.role != "phasing" or r is None or r >= HOPELESS:
        return None
    return (
        f"it was hardly better than chance on unseen structures (median r {round(r, 2) + 0.0:.2f})"
    )


def preference(
    card: ModelCard, data: Amplitudes, n_atoms: int | None
) -> tuple[bool, bool, float, bool, float, float, float]:
    """Sort key of suitable networks, the best first.

    Hopeless ones come last, and before them those that were not validated. Then accuracy decides
    in tenths, as networks are validated on different crystals. Within a tenth those come first
    that were validated on such a volume per atom, then the more accurate by hundredths, then those
    for the narrowest range of cells.

    Parameters
    ----------
    n_atoms : non-hydrogen atoms in the cell; None: not known.
    """
    low, high = card.data.cell_edges
    crowding = card.data.volume_per_atom
    outside = False
    if n_atoms and crowding is not None:
        outside = not crowding[0] <= data.cell.volume / n_atoms <= crowding[1]
    r = validated_accuracy(card)
    accuracy = 0.0 if r is None else r
    return (
        why_hopeless(card) is not None,
        r is None,
        -round(accuracy, 1),
        outside,
        -round(accuracy, 2),
        high / low,
        -accuracy,
    )
