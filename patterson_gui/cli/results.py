"""The results of a prediction or an evaluation: files in a folder, tables on the terminal."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.metrics import Comparison, aligned_density
from patterson_gui.crystal.patterson import PattersonSettings, patterson
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.io.bundle import write_bundle
from patterson_gui.io.figures import figures as figures_of
from patterson_gui.io.maps import write_map
from patterson_gui.io.phases import write_phases
from patterson_gui.io.tables import write_figures


def write_results(
    folder: Path, crystal: Crystal, prediction: Prediction, comparison: Comparison | None
) -> dict[str, Any]:
    """Maps, phases, figures and bundle of one prediction; returns the figures.

    `predicted.ccp4` and `phases.mtz` stand in the fixed frame, nothing aligned to the
    truth; where there is a truth, `predicted-aligned.ccp4` and `true.ccp4` lie over each
    other. All maps end at the resolution that was used.
    """
    figures = one_case(crystal, prediction, comparison)
    data = crystal.amplitudes or prediction.amplitudes
    patterson_map = patterson(data, PattersonSettings(d_min=prediction.settings.d_min))
    write_map(folder / "patterson.ccp4", patterson_map)
    write_map(folder / "predicted.ccp4", prediction.density)
    write_phases(folder / "phases.mtz", prediction)
    if comparison is not None:
        write_map(folder / "predicted-aligned.ccp4", aligned_density(prediction, comparison))
        crystal = _with_true_map(crystal, prediction)
        if crystal.truth is not None:
            write_map(folder / "true.ccp4", crystal.truth)
    write_figures(folder / "figures.json", figures)
    write_figures(folder / "figures.csv", figures)
    write_bundle(
        folder / "prediction.pgz",
        crystal,
        prediction=prediction,
        patterson=patterson_map,
        figures=figures,
    )
    return figures


def _with_true_map(crystal: Crystal, prediction: Prediction) -> Crystal:
    from patterson_gui.crystal.structure_factors import true_density

    if crystal.model is None:
        return crystal
    return replace(crystal, truth=true_density(crystal.model, prediction.amplitudes.d_min))


def one_case(
    crystal: Crystal, prediction: Prediction, comparison: Comparison | None
) -> dict[str, Any]:
    """The figures of one prediction, under the names an evaluation uses as well."""
    figures = figures_of(crystal, prediction, comparison)
    fixed, aligned = figures["fixed"], figures["aligned"]
    figures["n"] = 1
    figures["median_R"] = figures["R"]
    figures["seconds_per_case"] = figures["seconds"]
    figures["mean_phase_error_deg"] = None
    if comparison is not None:
        figures["mean_phase_error_deg"] = aligned["mean_phase_error_deg"]
        fixed |= {"median_r": fixed["r"], "hand_right_fraction": None}
        aligned |= {
            "median_r": aligned["r"],
            "solved_fraction": float(comparison.solved),
        }
    return figures


def print_result(figures: dict[str, Any], prediction: Prediction) -> None:
    """The figures as a short table, and what must be known to read them."""
    print_figures(figures)
    for note in prediction.notes:
        print(f"Note: {note}")


def print_figures(figures: dict[str, Any]) -> None:
    """The table of one prediction's figures."""
    fixed, aligned = figures["fixed"], figures["aligned"]
    print(figures["provenance"])
    print(figures["verdict"])
    print(f"R {_show(figures['R'], 3)}   self-consistency {_show(figures['self_consistency'], 3)}")
    print(
        f"{figures['starts']} starts in {_show(figures['seconds'], 2)} s on {figures['device']}, "
        f"seed {figures['seed']}"
    )
    if fixed is None or aligned is None:
        print("No truth to compare with; the hand is undetermined.")
        return
    print(f"{'':34}{'fixed frame':>14}{'aligned':>12}")
    for label, key, digits in (
        ("Pearson r, whole cell", "r", 3),
        ("Pearson r, within 2 Å of the atoms", "r_masked", 3),
        ("mean phase error, °", "mean_phase_error_deg", 1),
        ("|F|-weighted phase error, °", "weighted_phase_error_deg", 1),
    ):
        print(f"{label:36}{_show(fixed[key], digits):>12}{_show(aligned[key], digits):>12}")
    hand = "inverted" if aligned["inverted"] else "kept"
    print(
        f"Aligned: origin shifted to the truth, hand {hand}; from |F| alone both are undetermined."
    )


def print_summary(figures: dict[str, Any]) -> None:
    """The table of an evaluation, and its figures by resolution shell."""
    fixed, aligned = figures["fixed"], figures["aligned"]
    cell = figures["cell"] if figures["cell"] == "auto" else f"{figures['cell']:g} Å"
    print(
        f"{figures['n']} × {figures['kind']} of {figures['length']} residues, cell {cell}, "
        f"{figures['d_min']:g} Å, {figures['method']}"
    )
    for label, value in (
        ("fixed frame: median r", _show(fixed["median_r"], 4)),
        ("fixed frame: hand right", "not determined"),
        ("aligned: median r", _show(aligned["median_r"], 4)),
        ("aligned: solved (r ≥ 0.80)", f"{100 * aligned['solved_fraction']:.1f} %"),
        ("aligned: mean phase error", f"{_show(figures['mean_phase_error_deg'], 1)}°"),
        ("verdict from the data right", f"{100 * figures['verdict_right_fraction']:.1f} %"),
        ("median R", _show(figures["median_R"], 3)),
        ("starts per case", _show(figures["mean_starts"], 1)),
        ("seconds per case", _show(figures["seconds_per_case"], 3)),
    ):
        print(f"  {label:30}{value:>16}")
    print("  shell / Å        phase error   cases below 60°")
    for shell in figures["shells"]:
        limits = f"{shell['d_max']:5.2f} – {shell['d_min']:4.2f}"
        error, share = shell["mean_phase_error_deg"], 100 * shell["fraction_below_60"]
        print(f"  {limits}  {error:10.1f}°  {share:14.1f} %")


def _show(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
