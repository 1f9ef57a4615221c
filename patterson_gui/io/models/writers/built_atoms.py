"""Write the atoms built into a prediction, with remarks on how they were found."""

from pathlib import Path

import gemmi

import patterson_gui
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.errors import UserError
from patterson_gui.io.models.writers.models import write_model


def write_built_model(
    path: Path, prediction: Prediction, model: gemmi.Structure | None = None
) -> None:
    """Write the atoms built into a prediction, as mmCIF or PDB by the ending of `path`.

    `model` : the same atoms moved onto the true structure; None: the atoms as they were built.

    Raises
    ------
    UserError : no atoms were built, or the file cannot be written.
    """
    if prediction.model is None:
        raise UserError(
            "There are no built atoms to save: predict with “Build atoms” (--atoms) first."
        )
    remarks = built_remarks(prediction)
    if model is not None:
        remarks = (*remarks, "The atoms were moved onto the true model given with the data.")
    write_model(path, model or prediction.model, remarks)


def built_remarks(prediction: Prediction) -> tuple[str, ...]:
    """Sentences for the head of a file: how the atoms were found, and how well they agree with
    the amplitudes."""
    data = prediction.amplitudes
    built = prediction.built
    refined = built is None or built.refined
    how = "Built" if refined else "Found by a network in a density predicted"
    remarks = [
        f"{how} by patterson_gui {patterson_gui.__version__} from amplitudes |F| alone, "
        "without phases and without a known model" + ("." if refined else "; not refined.")
    ]
    if built is not None:
        of = "" if built.n_expected is None else f" of {built.n_expected} expected"
        remarks.append(
            f"{built.n_atoms} atoms{of}; R1 {built.r1:.4f} over {len(data)} reflections of the "
            f"P 1 cell to {data.d_min:.2f} Å."
        )
    if not prediction.has_hand:
        remarks.append("The crystal has a centre of symmetry and no hand.")
    elif prediction.hand is not None:
        remarks.append(
            f"The hand was determined from {prediction.hand.how}: "
            f"{prediction.hand.score:.3g} against {prediction.hand.other_score:.3g} for the other."
        )
    elif not prediction.hand_determined:
        remarks.append("The hand is not determined: the mirror image explains the data as well.")
    return tuple(remarks)
