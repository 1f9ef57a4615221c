"""A map of known crystals in latent space: principal directions and nearest neighbours.

Distances are those of densities: each direction of the latent is weighted by the change of the
density (`CrystalCoder.metric`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIRECTIONS = 10
FEWEST = 3  # least number of crystals for principal directions


@dataclass(frozen=True, eq=False)
class LatentMap:
    """Latents of known crystals and their principal directions.

    Attributes
    ----------
    rows : (n,) indices of these crystals among those given; some could not be encoded.
    vectors : (n, 300) float32 latents.
    metric : (300,) weights of the directions, e/Å³.
    mean : (300,) mean of the vectors.
    axes : (k, 300) orthonormal, in the weighted space; the scores are w·(v − mean) @ axes.T.
    spreads : (k,) standard deviation of the scores, e/Å³, largest first.
    shares : (k,) share of the variance of all weighted vectors, 0 to 1.
    directions : (k, 300) mean change of a latent per spread of its score. Components without
        weight in the metric (the lattice) change as they do in known crystals.
    coordinates : (n, k) scores in spreads; 0 is the mean.
    """

    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]
    metric: NDArray[np.float64]
    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    spreads: NDArray[np.float64]
    shares: NDArray[np.float64]
    directions: NDArray[np.float32]
    coordinates: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """(..., k) coordinates, in spreads, of vectors (..., 300)."""
        scores = ((vectors - self.mean) * self.metric) @ self.axes.T
        return np.asarray(scores / self.spreads)

    def moved(
        self, vector: NDArray[np.float32], coordinates: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """(300,) the vector moved to coordinates (k,); components outside the directions stay."""
        by = coordinates - self.place(vector)
        return np.asarray(vector + by @ self.directions, np.float32)

    def nearest(
        self, vector: NDArray[np.float32], most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The nearest known crystals, nearest first.

        Returns their indices into `rows` and their distances, rms e/Å³ of the cube.
        """
        away = (self.vectors - vector) * self.metric
        distances = np.sqrt(np.einsum("ij,ij->i", away, away))
        most = min(most, len(distances))
        found = np.argpartition(distances, most - 1)[:most]
        found = found[np.argsort(distances[found], kind="stable")]
        return found, distances[found]


def latent_map(
    vectors: NDArray[np.float32], metric: NDArray[np.float32], most: int = DIRECTIONS
) -> LatentMap:
    """Principal directions of latents (n, 300); rows that are NaN are left out.

    Parameters
    ----------
    metric : (300,) weights, as `CrystalCoder.metric`.
    most : largest number of directions.

    Raises
    ------
    ValueError : fewer than three crystals, or all have the same latent.
    """
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    if len(rows) < FEWEST:
        raise ValueError(f"{len(rows)} crystals have no principal directions")
    kept = vectors[rows]
    weights = metric.astype(np.float64)
    mean = kept.mean(axis=0, dtype=np.float64)
    centred = kept - mean
    weighted = centred * weights
    variances, axes = np.linalg.eigh(weighted.T @ weighted / len(rows))
    total = max(float(variances.clip(0).sum()), 1e-300)
    order = np.argsort(variances)[::-1][:most]
    order = order[variances[order] > 1e-12 * total]
    if len(order) == 0 or total <= 1e-300:
        raise ValueError("all crystals have the same latent")
    spreads = np.sqrt(variances[order])
    axes = axes[:, order].T
    # The sign of an axis is arbitrary: its largest component is made positive.
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    coordinates = weighted @ axes.T / spreads
    directions = coordinates.T @ centred / len(rows)
    return LatentMap(
        rows.astype(np.int64), kept, weights, mean, axes, spreads, spreads**2 / total,
        directions.astype(np.float32), coordinates,
    )  # fmt: skip
