"""Weighted means of repeated measurements, with their uncertainties."""

import numpy as np
from numpy.typing import NDArray


def weighted_means(
    value: NDArray[np.float64], sigma: NDArray[np.float64], group: NDArray[np.intp], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Means of `n` groups of measurements, each with at least one.

    Parameters
    ----------
    value, sigma, group : (m,) measurements, the σ > 0 of each, and the group of each, 0..n − 1.

    Returns
    -------
    mean : (n,) Σwx/Σw with w = 1/σ².
    sigma : (n,) the larger of 1/√Σw and the standard error found from the scatter,
        √(Σw(x − mean)²/((k − 1)Σw)) of k measurements, as SHELXL does.
    number : (n,) k.
    """
    weight = sigma**-2.0
    total = np.bincount(group, weight, minlength=n)
    mean = np.bincount(group, weight * value, minlength=n) / total
    number = np.bincount(group, minlength=n)
    scatter = np.bincount(group, weight * (value - mean[group]) ** 2, minlength=n)
    external = np.sqrt(scatter / (total * np.maximum(number - 1, 1)))
    return mean, np.maximum(1.0 / np.sqrt(total), external), number
