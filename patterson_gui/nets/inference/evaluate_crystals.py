"""Evaluate the crystal network: encoding and decoding of crystals, and atoms found in densities.

The network gets only the density and the lattice of each crystal. The results are compared with the
atoms of the crystal's file.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import EDGE, Sample, gaussian_density, images
from patterson_gui.crystal.materials.latent import Latent, between
from patterson_gui.crystal.materials.validity import check
from patterson_gui.errors import Cancelled
from patterson_gui.nets.inference.crystal_coder import NetworkCoder

PAPER_ATOMS = 28  # the paper's atom counts are correct up to this number of atoms in the cube
_FARTHEST = 2.0  # Å: distances are capped here when atoms are paired
_SAME = 0.5  # Å

Array = NDArray[np.float64]


@dataclass(frozen=True)
class AtomComparison:
    """The comparison of found atoms with the true ones.

    Attributes
    ----------
    n_true, n_found : number of atoms in the cube.
    errors : Å, distance of each pair of a found and a true atom; no atom is in two pairs.
    exact, neighbours : number of true atoms with a found atom within 0.5 Å whose atomic number is
        the same, or differs by at most one.
    """

    n_true: int
    n_found: int
    errors: tuple[float, ...]
    exact: int
    neighbours: int


def compare_atoms(true: Sample, positions: Array, numbers: NDArray[np.int64]) -> AtomComparison:
    """Compare found atoms with those of a sample.

    Parameters
    ----------
    positions, numbers : (n, 3), Å in the cube, and (n,). For a window they include periodic copies
        around it, so that an atom on a face of the cube matches a true atom just outside.
    """
    inside = true.inside
    if not len(positions):
        return AtomComparison(int(inside.sum()), 0, (), 0, 0)
    apart = np.linalg.norm(true.positions[:, None] - positions, axis=-1)
    rows, columns = linear_sum_assignment(np.minimum(apart, _FARTHEST))
    in_cube = np.asarray(((positions >= 0) & (positions < EDGE)).all(axis=1))
    pairs = inside[rows]
    i, j = rows[pairs], columns[pairs]
    distance = apart[i, j]
    close = distance < _SAME
    differ = np.abs(true.numbers[i] - numbers[j])
    partnered = np.zeros(len(positions), bool)
    partnered[columns[apart[rows, columns] < _SAME]] = True
    counted = in_cube.copy()
    if true.kind == "lattice":
        # Rounding decides whether an atom on a face is inside the cube.
        counted &= ~partnered
        counted[j[close]] = True
        near = close | in_cube[j]
        distance = distance[near]
    return AtomComparison(
        int(inside.sum()),
        int(counted.sum()),
        tuple(distance.tolist()),
        int((close & (differ == 0)).sum()),
        int((close & (differ <= 1)).sum()),
    )


def summary(found: Sequence[AtomComparison]) -> dict[str, float]:
    """The figures of many crystals.

    Correct counts are a fraction of the crystals. Correct elements are a fraction of all true
    atoms; a missing atom counts as a wrong element. Position errors are over all pairs, including
    those of different elements.
    """
    errors = np.concatenate([[*r.errors] for r in found] or [[]])
    atoms = max(1, sum(r.n_true for r in found))
    median, p80, p95 = np.percentile(errors, (50, 80, 95)) if errors.size else [np.nan] * 3
    return {
        "n": len(found),
        "atoms": sum(r.n_true for r in found),
        "count_exact_fraction": _share(r.n_found == r.n_true for r in found),
        "atoms_found_fraction": float((errors < _SAME).sum() / atoms),
        "element_exact_fraction": sum(r.exact for r in found) / atoms,
        "element_within_neighbour_fraction": sum(r.neighbours for r in found) / atoms,
        "position_median_A": float(median),
        "position_p80_A": float(p80),
        "position_p95_A": float(p95),
    }


@dataclass
class Evaluation:
    """The atoms found in some samples by four procedures.

    Attributes
    ----------
    decoded : decode the latent, segment, and refine the atoms against the latent.
    segmented : decode the latent and segment, without refinement.
    true_density : segment the true density and refine the atoms against it.
    true_segmented : segment the true density, without refinement.
    """

    mse: list[float] = field(default_factory=list)
    explained: list[float] = field(default_factory=list)
    decoded: list[AtomComparison] = field(default_factory=list)
    segmented: list[AtomComparison] = field(default_factory=list)
    true_density: list[AtomComparison] = field(default_factory=list)
    true_segmented: list[AtomComparison] = field(default_factory=list)
    encode_s: list[float] = field(default_factory=list)
    decode_density_s: list[float] = field(default_factory=list)
    decode_s: list[float] = field(default_factory=list)
    latents: list[Latent] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """All figures, for all crystals and for those with up to 28 atoms in the cube."""
        few = [i for i, r in enumerate(self.decoded) if r.n_true <= PAPER_ATOMS]
        return {
            "n": len(self.mse),
            "reconstruction_mse_median": _median(self.mse),
            "reconstruction_mse_p90": float(np.percentile(self.mse, 90)) if self.mse else np.nan,
            "explained_median": _median(self.explained),
            "decoded": summary(self.decoded),
            "decoded_up_to_28_atoms": summary([self.decoded[i] for i in few]),
            "decoded_segmentation_alone": summary(self.segmented),
            "true_density": summary(self.true_density),
            "true_density_segmentation_alone": summary(self.true_segmented),
            "encode_s_median": _median(self.encode_s),
            "decode_density_s_median": _median(self.decode_density_s),
            "decode_with_atoms_s_median": _median(self.decode_s),
        }

    def cases(self) -> list[dict[str, Any]]:
        """One row for each sample."""
        rows = []
        for i, name in enumerate(self.names):
            one = self.decoded[i]
            rows.append(
                {
                    "name": name,
                    "mse": self.mse[i],
                    "atoms": one.n_true,
                    "found": one.n_found,
                    "element_exact": one.exact,
                    "worst_A": max(one.errors, default=float("nan")),
                    "explained": self.explained[i],
                    "seconds": self.decode_s[i],
                }
            )
        return rows


def evaluate_sample(coder: NetworkCoder, sample: Sample, name: str, evaluation: Evaluation) -> None:
    """Encode and decode one sample, and compare the result with it."""
    density = gaussian_density(sample.positions, sample.numbers)
    began = time.perf_counter()
    latent = coder.encode_density(density, sample.lattice, name)
    encoded = time.perf_counter()
    answer = coder.decode(latent)
    decoded = time.perf_counter()
    coder.decode_density(latent)
    evaluation.decode_density_s.append(time.perf_counter() - decoded)
    evaluation.encode_s.append(encoded - began)
    evaluation.decode_s.append(decoded - encoded)
    evaluation.mse.append(float(((answer.density - density).astype(np.float64) ** 2).mean()))
    evaluation.explained.append(answer.explained)
    evaluation.decoded.append(compare_atoms(sample, answer.sample.positions, answer.sample.numbers))
    for maps, into in (
        (answer.density, evaluation.segmented),
        (density, evaluation.true_segmented),
    ):
        seen = coder.segment(maps)
        into.append(compare_atoms(sample, seen.positions, seen.numbers))
    periodic = sample.lattice if sample.kind == "lattice" else None
    fit = coder.atoms_of_density(density, periodic)
    positions, numbers = fit.positions, fit.numbers
    if periodic is not None:
        positions, numbers, _ = images(positions, numbers, periodic)
    evaluation.true_density.append(compare_atoms(sample, positions, numbers))
    evaluation.latents.append(latent)
    evaluation.names.append(name)


def evaluate_samples(
    coder: NetworkCoder,
    samples: Sequence[tuple[str, Sample]],
    report: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Evaluate many samples.

    Raises
    ------
    Cancelled : soon after `cancelled()` turns true.
    """
    evaluation = Evaluation()
    for i, (name, sample) in enumerate(samples):
        if cancelled():
            raise Cancelled
        report(i / max(1, len(samples)))
        evaluate_sample(coder, sample, name, evaluation)
    return evaluation


def validity(materials: Sequence[tuple[Material, float]]) -> dict[str, Any]:
    """How many decoded crystals are plausible by distances and charges; energies are not checked.

    Parameters
    ----------
    materials : crystals, each with the fraction of its density that its atoms explain.
    """
    checks = [check(material) for material, _ in materials if len(material)]
    neutral = Counter(str(c.neutral) for c in checks)
    n = max(1, len(materials))
    return {
        "n": len(materials),
        "with_atoms_fraction": len(checks) / n,
        "distances_fraction": sum(c.distances_ok for c in checks) / n,
        "neutral_fraction": neutral["True"] / n,
        "neutrality_undecided_fraction": neutral["None"] / n,
        "valid_fraction": sum(bool(c.distances_ok and c.neutral) for c in checks) / n,
        "explained_median": _median([explained for _, explained in materials]),
    }


def evaluate_generated(
    coder: NetworkCoder, latents: Sequence[Latent], n: int, seed: int
) -> Mapping[str, Mapping[str, Any]]:
    """Decode n latents of each of three kinds that no crystal was encoded to: samples from the
    prior, samples around known crystals, and midpoints between two known crystals."""
    rng = np.random.default_rng(seed)

    def decoded(of: Sequence[Latent]) -> list[tuple[Material, float]]:
        answers = [coder.decode(latent) for latent in of]
        return [(answer.material, answer.explained) for answer in answers]

    sets = {"prior": [coder.sample(seed + i) for i in range(n)]}
    if latents:
        chosen = rng.integers(0, len(latents), n)
        sets["around_known"] = [
            coder.sample(seed + i, around=latents[k]) for i, k in enumerate(chosen)
        ]
    if len(latents) > 1:
        pairs = [rng.choice(len(latents), 2, replace=False) for _ in range(n)]
        sets["midpoints"] = [between(latents[a], latents[b], 0.5) for a, b in pairs]
    return {name: validity(decoded(of)) for name, of in sets.items()}


def _share(of: Iterable[bool]) -> float:
    values = list(of)
    return sum(values) / len(values) if values else float("nan")


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else float("nan")
