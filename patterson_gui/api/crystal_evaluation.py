"""Evaluate the crystal network: encode and decode crystals, and compare them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from patterson_gui.api.types.evaluation import Evaluation
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import Sample, SampleKind, unit_cell_sample, window_sample
from patterson_gui.crystal.prediction import Progress
from patterson_gui.errors import UserError
from patterson_gui.io.datasets.splits import read_split_table
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.opening.materials import open_materials
from patterson_gui.nets.inference.crystal_coder import load_coder, refuse_unknown_elements
from patterson_gui.nets.inference.evaluate_crystals import evaluate_generated, evaluate_samples

_WINDOWS = 4  # unit cells for each window that is evaluated
_GENERATED = 20  # largest number of generated samples of each kind

_HOW = {
    "decoded": "atoms segmented in the decoded density, refined against the latent they came from "
    "(291 numbers of the density, 9 of the lattice)",
    "decoded_segmentation_alone": "atoms as segmented in the decoded density, nothing refined",
    "true_density": "atoms segmented in the true density, refined against it; of windows the "
    "lattice is known",
    "true_density_segmentation_alone": "atoms as segmented in the true density, nothing refined",
    "units": "squared errors in (e/Å³)², densities Z-weighted Gaussians of 1 Å on 30³ points",
}


@machine_faults_as_sentences()
def evaluate_crystals(
    path: Path,
    kind: SampleKind,
    *,
    n: int,
    seed: int,
    model: str | None,
    splits: Path | None,
    split: str,
    report: Callable[[Progress], None],
) -> Evaluation:
    """Encode and decode n crystals of a file, and compare the results with the originals.

    Parameters
    ----------
    kind : 'crystal': unit cells, and windows of a quarter of them; 'lattice': windows only.
    splits : a table of splits; None: the splits of the file.
    split : draw only crystals of this split, if the file or the table has splits.

    Raises
    ------
    UserError : the file, the table or the network cannot be used, or no crystal fits.
    """
    both: tuple[SampleKind, ...] = ("crystal", "lattice") if kind == "crystal" else ("lattice",)
    first = both[0]
    coders = {name: load_coder(name, model) for name in both}
    rejected: Counter[str] = Counter()
    notes: list[str] = []
    materials = _drawn(path, kind, n, seed, splits, split, rejected, notes)
    figures: dict[str, Any] = {
        "kind": kind,
        "seed": seed,
        "network": coders[first].name,
        "how": _HOW,
        "rejected": dict(sorted(rejected.items())),
    }
    share = 0.6 if len(both) > 1 else 0.9
    samples = [(m.label, _sample(m, first, seed, i)) for i, m in enumerate(materials)]
    evaluation = evaluate_samples(
        coders[first], samples, lambda f: report(Progress(share * f, "encoding and decoding"))
    )
    figures |= evaluation.figures()
    if len(both) > 1:
        few = materials[: max(1, len(materials) // _WINDOWS)]
        windows = [(m.label, _sample(m, "lattice", seed, i)) for i, m in enumerate(few)]
        seen = evaluate_samples(
            coders["lattice"], windows, lambda f: report(Progress(0.6 + 0.3 * f, "windows"))
        )
        figures["lattice"] = seen.figures()
    report(Progress(0.9, "generated samples"))
    drawn = min(_GENERATED, len(materials))
    figures["generated"] = evaluate_generated(coders[first], evaluation.latents, drawn, seed)
    figures["cases"] = evaluation.cases()
    return Evaluation(figures, tuple(notes))


def _drawn(
    path: Path,
    kind: SampleKind,
    n: int,
    seed: int,
    splits: Path | None,
    split: str,
    rejected: Counter[str],
    notes: list[str],
) -> list[Material]:
    """n random crystals, of the requested split if the file or a table has splits.

    Adds the number of unusable crystals to `rejected`, by reason, and sentences to `notes`.
    """
    file = open_materials(path)
    table = read_split_table(splits) if splits is not None else None

    def split_of(i: int) -> str | None:
        fields = file.fields(i)
        if table is not None:
            return table.splits.get(fields.get("material_id", "").lower())
        return fields.get("split")

    found = {split_of(i) for i in range(len(file))}
    by_split = split in found
    if found != {None} and not by_split:
        notes.append(f"{path.name} has no split '{split}': crystals of all splits are used.")
    order = np.random.default_rng(seed).permutation(len(file))
    drawn: list[Material] = []
    for i in order.tolist():
        if len(drawn) == n:
            break
        if by_split and split_of(i) != split:
            continue
        try:
            material = file.material(i)
            refuse_unknown_elements(material)
            if kind == "crystal":
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
            f"{path.name} holds no crystal that can be encoded"
            f"{' (' + reasons + ')' if reasons else ''}: choose another file or split."
        )
    if len(drawn) < n:
        notes.append(f"Only {len(drawn)} of the {n} requested crystals could be used.")
    return drawn


def _reason(error: UserError) -> str:
    text = str(error)
    if "does not fit" in text:
        return "the unit cell does not fit the cube"
    if "plutonium" in text:
        return "elements beyond plutonium"
    return "no lattice" if "no lattice" in text else "could not be read"


def _sample(material: Material, kind: SampleKind, seed: int, i: int) -> Sample:
    if kind == "crystal":
        return unit_cell_sample(material)
    rng = np.random.default_rng([seed, i])
    turn = Rotation.random(rng=rng).as_matrix()
    return window_sample(material, turn, rng.random(3))
