"""The results of a prediction or an evaluation: tables on the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from patterson_gui.crystal.prediction import Prediction

_BAR = 24  # characters of a full bar


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
    by = f"{figures['starts']} starts"
    if figures["network"]:
        by = f"network {figures['network']}" + (f", {by}" if figures["starts"] else "")
    print(
        f"{by} in {_show(figures['seconds'], 2)} s on {figures['device']}, seed {figures['seed']}"
    )
    _print_atoms(figures["atoms"])
    told = figures["hand_determined"]
    if fixed is None or aligned is None:
        hand = "chosen by the method" if told else "undetermined"
        print(f"No truth to compare with; the hand is {hand}.")
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
    if told:
        print(f"Aligned: origin shifted to the truth, hand {hand}; the method had chosen a hand.")
    else:
        print(
            f"Aligned: origin shifted to the truth, hand {hand}; from |F| alone both are "
            "undetermined."
        )


def _print_atoms(atoms: dict[str, Any] | None) -> None:
    if atoms is None:
        return
    expected = f" of {atoms['n_expected']}" if atoms["n_expected"] else ""
    how = "built" if atoms["refined"] else "found by a network, not refined"
    line = f"{atoms['n_built']}{expected} atoms {how}, R1 {_show(atoms['R1'], 3)}"
    if "recall_0_1" in atoms:
        line += (
            f"; {100 * atoms['recall_0_1']:.0f} % of the true ones within 0.1 Å, "
            f"{100 * atoms['recall_0_5']:.0f} % within 0.5 Å"
        )
        if atoms["element_accuracy"] is not None:
            line += f", {100 * atoms['element_accuracy']:.0f} % of these of the right element"
    print(line)


def print_summary(figures: dict[str, Any]) -> None:
    """The table of an evaluation, and the paper's two plots by resolution shell."""
    fixed, aligned = figures["fixed"], figures["aligned"]
    cell = figures["cell"] if figures["cell"] == "auto" else f"{figures['cell']:g} Å"
    print(
        f"{figures['n']} × {figures['kind']} of {figures['length']} residues, cell {cell}, "
        f"{figures['d_min']:g} Å, {figures['method']}"
        + (f" ({', '.join(figures['networks'])})" if figures["networks"] else "")
    )
    rows = [("fixed frame: median r", _show(fixed["median_r"], 4))]
    if "median_r_central" in fixed:
        rows.append(("fixed frame: median r, central 6 Å", _show(fixed["median_r_central"], 4)))
    hand = fixed["hand_right_fraction"]
    rows += [
        ("fixed frame: hand right", "not determined" if hand is None else _percent(hand)),
        ("aligned: median r", _show(aligned["median_r"], 4)),
        ("aligned: solved (r ≥ 0.80)", _percent(aligned["solved_fraction"])),
        ("aligned: mean phase error", f"{_show(figures['mean_phase_error_deg'], 1)}°"),
        ("  its median over the cases", f"{_show(aligned['median_phase_error_deg'], 1)}°"),
        ("  90 % of the cases below", f"{_show(aligned['phase_error_deg_90th_percentile'], 1)}°"),
        *_atom_rows(figures["atoms"]),
        *_segmented_rows(figures["segmented"]),
        ("verdict from the data right", _percent(figures["verdict_right_fraction"])),
        ("median R", _show(figures["median_R"], 3)),
        ("starts per case", _show(figures["mean_starts"], 1)),
        ("seconds per case", _show(figures["seconds_per_case"], 3)),
    ]
    for label, value in rows:
        print(f"  {label:36}{value:>16}")
    _print_shells(figures["shells"])


def _atom_rows(atoms: dict[str, Any] | None) -> list[tuple[str, str]]:
    if atoms is None:
        return []
    return [
        ("atoms: within 0.1 Å", _percent(atoms["recall_0_1"])),
        ("atoms: within 0.5 Å", _percent(atoms["recall_0_5"])),
        ("  of those built, within 0.5 Å", _percent(atoms["precision_0_5"])),
        ("  their rmsd", f"{_show(atoms['rmsd'], 3)} Å"),
        ("atoms: right element", _percent(atoms["element_accuracy"])),
        ("atoms: median R1", _show(atoms["median_R1"], 4)),
    ]


def _segmented_rows(found: dict[str, Any] | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    return [
        ("found by the network: within 0.5 Å", _percent(found["recall"])),
        ("  of those found, within 0.5 Å", _percent(found["precision"])),
        ("  median distance", f"{_show(found['position_median_A'], 3)} Å"),
        ("  right element", _percent(found["element_right_fraction"])),
    ]


def _print_shells(shells: Sequence[Mapping[str, Any]]) -> None:
    """Both plots as bars, shell by shell: the paper's mean phase error and share below 60°."""
    print(f"  {'shell / Å':13}{'mean phase error':>{_BAR + 9}}   {'cases below 60°':>{_BAR + 8}}")
    print(f"  {'':13}0°{'90°':>{_BAR - 2}}{'':12}0 %{'100 %':>{_BAR - 3}}")
    for shell in shells:
        limits = f"{shell['d_max']:5.2f} – {shell['d_min']:4.2f}"
        error, share = shell["mean_phase_error_deg"], shell["fraction_below_60"]
        print(
            f"  {limits:13}{_bar(error / 90.0)} {error:6.1f}°    {_bar(share)} {100 * share:6.1f} %"
        )


def _bar(share: float) -> str:
    """`share` (0 to 1) of a bar, in eighths of a character; dots where it ends."""
    eighths = round(min(1.0, max(0.0, share)) * _BAR * 8)
    whole, rest = divmod(eighths, 8)
    bar = "█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    return bar.ljust(_BAR, "·")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _show(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
