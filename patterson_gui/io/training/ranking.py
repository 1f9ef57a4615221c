"""Which of several networks is best for some data: the one that was most accurate when validated.

Two maps with the same amplitudes correlate as the mean of cos Δφ, weighted by |F|². A correlation
of 0.3 is thus a phase error of about 73°, where 90° is chance. Nobody can interpret such a map.
"""

import math

from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import ModelCard

HOPELESS = 0.3  # median r with the true density: networks below it are hopeless


def validated_accuracy(card: ModelCard) -> float | None:
    """Median r on structures that the network was not trained on; None: it was not validated."""
    r = card.metrics.get("val_r_median")
    return float(r) if isinstance(r, int | float) else None


def n_validated(card: ModelCard) -> int:
    """Number of structures behind the validated accuracy; 0: not known."""
    unseen, most = card.data.validation_examples, card.settings.get("validation_samples")
    return min(unseen, most) if isinstance(most, int) else unseen


def cautious_accuracy(card: ModelCard) -> float:
    """Validated accuracy less its largest standard error; 0 for a network not validated.

    The standard deviation of a number between 0 and 1 is 0.5 at most, so 0.5 / √n is the largest
    standard error of a mean over n structures. A few lucky ones thus do not rank a network first.
    """
    r, n = validated_accuracy(card), n_validated(card)
    if r is None:
        return 0.0
    return r - 0.5 / math.sqrt(n) if n else r


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

    Hopeless ones come last, and before them those that were not validated. Then the cautious
    accuracy decides in tenths, as networks are validated on different crystals. Within a tenth
    those come first that were validated on such a volume per atom, then the more accurate by
    hundredths, then those for the narrowest range of cells.

    Parameters
    ----------
    n_atoms : non-hydrogen atoms in the cell; None: not known.
    """
    low, high = card.data.cell_edges
    crowding = card.data.volume_per_atom
    outside = False
    if n_atoms and crowding is not None:
        outside = not crowding[0] <= data.cell.volume / n_atoms <= crowding[1]
    accuracy = cautious_accuracy(card)
    return (
        why_hopeless(card) is not None,
        validated_accuracy(card) is None,
        -round(accuracy, 1),
        outside,
        -round(accuracy, 2),
        high / low,
        -accuracy,
    )
