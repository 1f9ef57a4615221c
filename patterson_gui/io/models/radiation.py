"""Say that amplitudes of a model are those of X-rays where its crystal was measured otherwise."""

import gemmi

from patterson_gui.io.formats.experiment import Experiment, radiation_of_method


def notes_on_radiation(experiment: Experiment) -> tuple[str, ...]:
    """A note where the crystal was measured by neutrons or electrons; () otherwise."""
    radiation, _ = experiment.resolved()
    if radiation == "xray":
        return ()
    return (
        f"The file is of {radiation} diffraction: its amplitudes are calculated with X-ray "
        "scattering factors.",
    )


def notes_on_method(structure: gemmi.Structure) -> tuple[str, ...]:
    """The same by the method of a macromolecular model (EXPDTA, _exptl.method)."""
    method = dict(structure.info.items()).get("_exptl.method", "")
    return notes_on_radiation(Experiment(radiation=radiation_of_method(method)))
