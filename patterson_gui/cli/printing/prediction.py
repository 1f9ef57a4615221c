"""The figures of one prediction as a table."""

from typing import Any

from patterson_gui.cli.printing.numbers import rounded


def print_figures(figures: dict[str, Any]) -> None:
    """The table of one prediction's figures."""
    fixed, aligned = figures["fixed"], figures["aligned"]
    print(figures["provenance"])
    print(figures["verdict"])
    print(
        f"R {rounded(figures['R'], 3)}   self-consistency {rounded(figures['self_consistency'], 3)}"
    )
    n = figures["starts"]
    by = f"{n} start{'' if n == 1 else 's'}"
    if figures["network"]:
        by = f"network {figures['network']}" + (f", {by}" if figures["starts"] else "")
    print(
        f"{by} in {rounded(figures['seconds'], 2)} s on {figures['device']}, seed {figures['seed']}"
    )
    _print_atoms(figures["atoms"])
    hand_determined = figures["hand_determined"]
    if fixed is None or aligned is None:
        hand = "is chosen by the method" if hand_determined else "is undetermined"
        if not figures["has_hand"]:
            hand = "does not exist, as the crystal has a centre of symmetry"
        print(f"No truth to compare with; the hand {hand}.")
        return
    print(f"{'':34}{'fixed frame':>14}{'aligned':>12}")
    for label, key, digits in (
        ("Pearson r, whole cell", "r", 3),
        ("Pearson r, within 2 Å of the atoms", "r_masked", 3),
        ("mean phase error, °", "mean_phase_error_deg", 1),
        ("|F|-weighted phase error, °", "weighted_phase_error_deg", 1),
    ):
        print(f"{label:36}{rounded(fixed[key], digits):>12}{rounded(aligned[key], digits):>12}")
    hand = "inverted" if aligned["inverted"] else "kept"
    if not figures["has_hand"]:
        print("Aligned: origin shifted to the truth; the crystal has no hand.")
    elif hand_determined:
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
    line = f"{atoms['n_built']}{expected} atoms {how}, R1 {rounded(atoms['R1'], 3)}"
    if "recall_0_1" in atoms:
        line += (
            f"; {100 * atoms['recall_0_1']:.0f} % of the true ones within 0.1 Å, "
            f"{100 * atoms['recall_0_5']:.0f} % within 0.5 Å"
        )
        if atoms["element_accuracy"] is not None:
            line += f", {100 * atoms['element_accuracy']:.0f} % of these of the right element"
    print(line)
