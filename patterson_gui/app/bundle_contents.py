"""What goes into a bundle (.pgz) of the open crystal, collected for a job to write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from patterson_gui.app.document.compare_with_truth import TruthComparison
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.view_state import Layer, LayerKey, layer_of
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.io.bundle.write_pgz import AlignedPrediction, write_bundle
from patterson_gui.io.report.figures import figures


def bundle_writer(
    document: Document,
    crystal: Crystal,
    prediction: Prediction | None,
    compared: TruthComparison | None,
    *,
    as_shown: bool = False,
) -> Callable[[Path], None]:
    """A function that writes a bundle, and can run in a job: it keeps what is open now.

    Parameters
    ----------
    crystal : the open one.
    compared : the prediction compared with the truth, where that is known.
    as_shown : keep how the maps are shown: their levels and styles.
    """
    patterson, values = document.patterson, None
    aligned = None
    if compared is not None:
        aligned = AlignedPrediction(compared.aligned, compared.aligned_model)
    levels: dict[str, float] = {}
    styles: dict[str, Literal["mesh", "surface"]] = {}
    if as_shown:
        there = (patterson, document.displayed_prediction, document.truth, crystal.opened_map)
        maps = [density for density in there if density is not None]
        levels, styles = _levels_of(document.layers, maps), _styles_of(document.layers, maps)
    if crystal.truth is None and document.truth is not None:
        crystal = replace(crystal, truth=document.truth)
    settings: dict[str, Any] = {"patterson": asdict(document.patterson_settings)}
    if prediction is not None:
        settings["prediction"] = asdict(prediction.settings)
        values = figures_of(crystal, prediction, compared)
    return lambda path: write_bundle(
        path, crystal, prediction=prediction, patterson=patterson, aligned=aligned,
        figures=values, levels=levels, styles=styles, settings=settings,
    )  # fmt: skip


def figures_of(
    crystal: Crystal, prediction: Prediction, compared: TruthComparison | None
) -> dict[str, Any]:
    """The figures of a prediction, with those of its comparison with the truth."""
    if compared is None:
        return figures(crystal, prediction, None)
    return figures(crystal, prediction, compared.comparison, compared.atoms, compared.atoms_fixed)


def _levels_of(layers: Mapping[LayerKey, Layer], maps: Sequence[DensityMap]) -> dict[str, float]:
    """Contour levels in rmsd by kind of map, as a bundle keeps them."""
    return {
        density.kind.value: layers[layer_of(density.kind)].level.in_rmsd(density)
        for density in maps
    }


def _styles_of(
    layers: Mapping[LayerKey, Layer], maps: Sequence[DensityMap]
) -> dict[str, Literal["mesh", "surface"]]:
    """How maps are drawn, by kind of map, as a bundle keeps it."""
    return {
        density.kind.value: "surface"
        if layers[layer_of(density.kind)].style == "surface"
        else "mesh"
        for density in maps
    }
