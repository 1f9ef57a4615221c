"""`evaluate FILE --kind crystal`: how well crystals survive being encoded and decoded."""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patterson_gui.cli.commands import tell
from patterson_gui.crystal.materials.cube import Kind, Sample, unit_cell_sample, window_sample
from patterson_gui.errors import UserError
from patterson_gui.io.files import make_folder

if TYPE_CHECKING:
    from patterson_gui.crystal.material import Material

_WINDOWS = 4  # unit cells for each window that is judged beside them
_GENERATED = 20  # most samples of each kind that nothing was encoded to


def evaluate_crystals_command(options: argparse.Namespace) -> None:
    """`evaluate FILE --kind crystal --n N --seed S --json R.json`."""
    from patterson_gui.cli.progress import progress_bar
    from patterson_gui.io.report.tables import write_figures
    from patterson_gui.nets.inference.crystal_coder import load_coder
    from patterson_gui.nets.inference.evaluate_crystals import generated, judge

    if options.json is not None:
        make_folder(options.json.parent)
    both: tuple[Kind, ...] = ("crystal", "lattice") if options.kind == "crystal" else ("lattice",)
    coders = {kind: load_coder(kind, options.model) for kind in both}
    rejected: Counter[str] = Counter()
    materials = _drawn(options, rejected)
    figures: dict[str, Any] = {
        "kind": options.kind,
        "seed": options.seed,
        "network": coders[both[0]].name,
        "how": _HOW,
        "rejected": dict(sorted(rejected.items())),
    }
    with progress_bar("Evaluating") as report:
        from patterson_gui.crystal.prediction import Progress

        share = 0.6 if len(both) > 1 else 0.9
        first = both[0]
        samples = [(m.label, _sample(m, first, options.seed, i)) for i, m in enumerate(materials)]
        judged = judge(
            coders[first], samples, lambda f: report(Progress(share * f, "encoding and decoding"))
        )
        figures |= judged.figures()
        if len(both) > 1:
            few = materials[: max(1, len(materials) // _WINDOWS)]
            windows = [(m.label, _sample(m, "lattice", options.seed, i)) for i, m in enumerate(few)]
            seen = judge(
                coders["lattice"], windows, lambda f: report(Progress(0.6 + 0.3 * f, "windows"))
            )
            figures["lattice"] = seen.figures()
        report(Progress(0.9, "samples that nothing was encoded to"))
        n = min(_GENERATED, len(materials))
        figures["generated"] = generated(coders[first], judged.latents, n, options.seed)
    figures["cases"] = judged.cases()
    if options.json is not None:
        write_figures(options.json, figures)
    _print(figures)


def _drawn(options: argparse.Namespace, rejected: "Counter[str]") -> "list[Material]":
    """n crystals at random, of the split asked for where the file or a table has one."""
    from patterson_gui.io.datasets.splits import read_split_table
    from patterson_gui.io.opening.materials import open_materials
    from patterson_gui.nets.inference.crystal_coder import refuse_unknown_elements

    path: Path = options.input
    file = open_materials(path)
    table = read_split_table(options.splits) if options.splits is not None else None

    def split_of(i: int) -> str | None:
        told = file.fields(i)
        if table is not None:
            return table.splits.get(told.get("material_id", "").lower())
        return told.get("split")

    splits = {split_of(i) for i in range(len(file))}
    by_split = options.split in splits
    if splits != {None} and not by_split:
        tell(f"{path.name} has nothing of the split '{options.split}': all of it is drawn from.")
    order = np.random.default_rng(options.seed).permutation(len(file))
    drawn: list[Material] = []
    for i in order.tolist():
        if len(drawn) == options.n:
            break
        if by_split and split_of(i) != options.split:
            continue
        try:
            material = file.material(i)
            refuse_unknown_elements(material)
            if options.kind == "crystal":
                unit_cell_sample(material)
            else:
                window_sample(material)
        except UserError as error:
            rejected[_reason(error)] += 1
            continue
        drawn.append(material)
    if not drawn:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in rejected.most_common())
        raise UserError(
            f"No crystal that can be encoded is in {path.name}"
            f"{' (' + reasons + ')' if reasons else ''}: choose another file or split."
        )
    if len(drawn) < options.n:
        tell(f"Only {len(drawn)} of the {options.n} crystals asked for could be drawn.")
    return drawn


def _reason(error: UserError) -> str:
    text = str(error)
    if "does not fit" in text:
        return "the unit cell does not fit the cube"
    if "plutonium" in text:
        return "elements beyond plutonium"
    return "no lattice" if "no lattice" in text else "could not be read"


def _sample(material: "Material", kind: Kind, seed: int, i: int) -> Sample:
    from scipy.spatial.transform import Rotation

    if kind == "crystal":
        return unit_cell_sample(material)
    rng = np.random.default_rng([seed, i])
    turn = Rotation.random(rng=rng).as_matrix()
    return window_sample(material, turn, rng.random(3))


def _print(figures: dict[str, Any]) -> None:
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


_HOW = {
    "decoded": "atoms segmented in the decoded density, refined against the latent they came from "
    "(291 numbers of the density, 9 of the lattice)",
    "decoded_segmentation_alone": "atoms as segmented in the decoded density, nothing refined",
    "true_density": "atoms segmented in the true density, refined against it; of windows the "
    "lattice is known",
    "true_density_segmentation_alone": "atoms as segmented in the true density, nothing refined",
    "units": "squared errors in (e/Å³)², densities Z-weighted Gaussians of 1 Å on 30³ points",
}
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
