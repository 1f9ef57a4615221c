"""The figures of an evaluation on proteins as a table, and as bars by resolution shell."""

from collections.abc import Mapping, Sequence
from typing import Any

from patterson_gui.cli.printing.numbers import percent, rounded

_BAR = 24  # characters of a full bar


def print_summary(figures: dict[str, Any]) -> None:
    """The table of an evaluation, and the paper's two plots by resolution shell."""
    fixed, aligned = figures["fixed"], figures["aligned"]
    cell = figures["cell"] if figures["cell"] == "auto" else f"{figures['cell']:g} Å"
    print(
        f"{figures['n']} × {figures['kind']} of {figures['length']} residues, cell {cell}, "
        f"{figures['d_min']:g} Å, {figures['method']}"
        + (f" ({', '.join(figures['networks'])})" if figures["networks"] else "")
    )
    rows = [("fixed frame: median r", rounded(fixed["median_r"], 4))]
    if "median_r_central" in fixed:
        rows.append(("fixed frame: median r, central 6 Å", rounded(fixed["median_r_central"], 4)))
    hand = fixed["hand_right_fraction"]
    rows += [
        ("fixed frame: hand right", "not determined" if hand is None else percent(hand)),
        ("aligned: median r", rounded(aligned["median_r"], 4)),
        ("aligned: solved (r ≥ 0.80)", percent(aligned["solved_fraction"])),
        ("aligned: mean phase error", f"{rounded(figures['mean_phase_error_deg'], 1)}°"),
        ("  its median over the cases", f"{rounded(aligned['median_phase_error_deg'], 1)}°"),
        ("  90 % of the cases below", f"{rounded(aligned['phase_error_deg_90th_percentile'], 1)}°"),
        *_atom_rows(figures["atoms"]),
        *_segmented_rows(figures["segmented"]),
        ("verdict from the data right", percent(figures["verdict_right_fraction"])),
        ("median R", rounded(figures["median_R"], 3)),
        ("starts per case", rounded(figures["mean_starts"], 1)),
        ("seconds per case", rounded(figures["seconds_per_case"], 3)),
    ]
    for label, value in rows:
        print(f"  {label:36}{value:>16}")
    _print_shells(figures["shells"])


def _atom_rows(atoms: dict[str, Any] | None) -> list[tuple[str, str]]:
    if atoms is None:
        return []
    return [
        ("atoms: within 0.1 Å", percent(atoms["recall_0_1"])),
        ("atoms: within 0.5 Å", percent(atoms["recall_0_5"])),
        ("  of those built, within 0.5 Å", percent(atoms["precision_0_5"])),
        ("  their rmsd", f"{rounded(atoms['rmsd'], 3)} Å"),
        ("atoms: right element", percent(atoms["element_accuracy"])),
        ("atoms: median R1", rounded(atoms["median_R1"], 4)),
    ]


def _segmented_rows(found: dict[str, Any] | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    return [
        ("found by the network: within 0.5 Å", percent(found["recall"])),
        ("  of those found, within 0.5 Å", percent(found["precision"])),
        ("  median distance", f"{rounded(found['position_median_A'], 3)} Å"),
        ("  right element", percent(found["element_right_fraction"])),
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
