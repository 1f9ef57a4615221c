"""Write predicted phases and amplitudes as MTZ, with the labels that Coot opens by itself."""

from pathlib import Path

import gemmi
import numpy as np

import patterson_gui
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.files import replace_file
from patterson_gui.io.text.plain_text import plain

_HISTORY_WIDTH = 80


def write_phases(path: Path, prediction: Prediction, *, name: str = "prediction") -> None:
    """Write H K L FP SIGFP FWT PHWT FOM (types H H H F Q F P W), in P1.

    FP and SIGFP are the measured amplitudes; SIGFP is NaN for calculated data. FWT and PHWT are
    the coefficients of the predicted map, so that other programs calculate the same map from
    them. Origin and hand are those of the prediction.
    """
    data = prediction.amplitudes
    f = coefficients_from_map(prediction.density.grid, data.cell, data.hkl)
    mtz = _start(data, name)
    mtz.title = _line(f"{name}: predicted phases")[:70]
    for label, kind in (("FWT", "F"), ("PHWT", "P"), ("FOM", "W")):
        mtz.add_column(label, kind)
    phases = np.asarray(prediction.phases_deg, dtype=np.float32)
    table = [*_measured(data), np.abs(f), phases, prediction.fom]
    mtz.set_data(np.column_stack(table).astype(np.float32))
    mtz.history = _history(prediction)
    with replace_file(path) as temporary:
        mtz.write_to_file(str(temporary))


def write_amplitudes(path: Path, data: Amplitudes, *, name: str = "crystal") -> None:
    """Write H K L FP SIGFP (types H H H F Q) in the data's own space group."""
    mtz = _start(data, name)
    mtz.title = _line(f"{name}: amplitudes")[:70]
    mtz.set_data(np.column_stack(_measured(data)).astype(np.float32))
    mtz.history = [_line(f"From patterson_gui {patterson_gui.__version__}: {data.label}")]
    with replace_file(path) as temporary:
        mtz.write_to_file(str(temporary))


def _start(data: Amplitudes, name: str) -> gemmi.Mtz:
    """An MTZ with the columns H K L FP SIGFP and no values yet."""
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = data.spacegroup
    mtz.set_cell_for_all(data.cell)
    dataset = mtz.add_dataset("patterson_gui")
    dataset.crystal_name = _line(name)[:40] or "crystal"
    dataset.project_name = "patterson_gui"
    mtz.set_cell_for_all(data.cell)
    mtz.add_column("FP", "F")
    mtz.add_column("SIGFP", "Q")
    return mtz


def _measured(data: Amplitudes) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    sigma = np.full(len(data), np.nan) if data.sigma is None else data.sigma
    columns = [*np.asarray(data.hkl).T, data.f, sigma]
    return [np.asarray(column, dtype=np.float32) for column in columns]


def _history(prediction: Prediction) -> list[str]:
    settings = prediction.settings
    return [
        _line(text)
        for text in (
            f"From patterson_gui {patterson_gui.__version__}, method {settings.method}, "
            f"seed {settings.seed}",
            f"Amplitudes: {prediction.amplitudes.label}",
            f"R {prediction.r_factor:.4f}, hand {prediction.hand_word}, origin arbitrary",
            "FWT/PHWT: coefficients of the predicted map; FP/SIGFP: the data used",
        )
    ]


def _line(text: str) -> str:
    """An MTZ record: ASCII, at most 80 characters."""
    return plain(text)[:_HISTORY_WIDTH]
