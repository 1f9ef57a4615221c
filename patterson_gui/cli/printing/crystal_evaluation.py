"""The figures of an evaluation on crystals as tables."""

from typing import Any

_NAMES = {"crystal": "unit cells", "lattice": "windows onto the crystal"}
_GENERATED_NAMES = {
    "prior": "Random samples",
    "around_known": "Samples around known crystals",
    "midpoints": "Midpoints between two crystals",
}
_WAYS = {
    "decoded": "decoded",
    "decoded_up_to_28_atoms": "decoded, up to 28 atoms",
    "decoded_segmentation_alone": "  segmentation alone",
    "true_density": "true density",
    "true_density_segmentation_alone": "  segmentation alone",
}


def print_crystal_summary(figures: dict[str, Any]) -> None:
    """The tables of an evaluation on crystals."""
    _print_block(f"{figures['n']} {_NAMES[figures['kind']]}", figures)
    if "lattice" in figures:
        _print_block(f"{figures['lattice']['n']} windows onto the crystal", figures["lattice"])
    for name, found in figures["generated"].items():
        print(
            f"{_GENERATED_NAMES[name]:32} {found['valid_fraction']:6.1%} valid: distances "
            f"{found['distances_fraction']:.1%}, neutral {found['neutral_fraction']:.1%}; atoms "
            f"explain {found['explained_median']:.1%} of the density (median of {found['n']})"
        )
    print("Energies are not judged.")


def _print_block(title: str, figures: dict[str, Any]) -> None:
    print(f"{title}: reconstruction MSE {figures['reconstruction_mse_median']:.2g} (median)")
    print(f"{'':32} count   element  (±1)      median     80 %     95 %")
    for name, words in _WAYS.items():
        f = figures[name]
        if not f["n"]:
            continue
        print(
            f"  {words:30} {f['count_exact_fraction']:6.1%}  {f['element_exact_fraction']:6.1%}  "
            f"{f['element_within_neighbour_fraction']:6.1%}  {f['position_median_A']:8.4f} "
            f"{f['position_p80_A']:8.4f} {f['position_p95_A']:8.4f} Å"
        )
    print(
        f"  encoded in {figures['encode_s_median']:.3f} s, decoded in "
        f"{figures['decode_density_s_median']:.3f} s, with atoms in "
        f"{figures['decode_with_atoms_s_median']:.2f} s (medians)"
    )
