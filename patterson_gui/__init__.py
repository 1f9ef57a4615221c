"""From a crystal's Patterson map to its electron density and its atoms.

`import patterson_gui as pg` gives the functions below. Each is loaded when it is first used,
so that the import itself takes no time and loads neither torch nor Qt. Type checkers find the
same names in `__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

# The public names and the modules that define them.
_HOMES = {
    "Amplitudes": "patterson_gui.crystal.reciprocal.reflections",
    "Composition": "patterson_gui.crystal.composition",
    "Crystal": "patterson_gui.api.types.crystals",
    "DecodedCrystal": "patterson_gui.api.types.latents",
    "DecodedCrystals": "patterson_gui.api.types.latents",
    "DensityMap": "patterson_gui.api.types.maps",
    "DifferenceData": "patterson_gui.api.types.differences",
    "Evaluation": "patterson_gui.api.types.evaluation",
    "HarkerTable": "patterson_gui.api.types.sections",
    "HeavySites": "patterson_gui.api.types.heavy_sites",
    "Info": "patterson_gui.api.machine",
    "Latent": "patterson_gui.api.types.latents",
    "Material": "patterson_gui.crystal.material",
    "PeakTable": "patterson_gui.api.types.maps",
    "PhasedCrystal": "patterson_gui.api.types.phased_crystal",
    "PredictionResult": "patterson_gui.api.types.prediction_result",
    "Screening": "patterson_gui.api.types.screening",
    "Section": "patterson_gui.api.types.sections",
    "SegmentedAtoms": "patterson_gui.api.segmentation",
    "SolvedStructure": "patterson_gui.api.types.solved_structure",
    "TrainingResult": "patterson_gui.api.training.train",
    "UserError": "patterson_gui.errors",
    "build_dataset": "patterson_gui.api.training.datasets",
    "decode": "patterson_gui.api.materials",
    "differences": "patterson_gui.api.patterson_maps.differences",
    "encode": "patterson_gui.api.materials",
    "estimate_training": "patterson_gui.api.training.train",
    "evaluate": "patterson_gui.api.evaluation",
    "example": "patterson_gui.api.opening",
    "example_path": "patterson_gui.api.opening",
    "fetch": "patterson_gui.api.viewers",
    "find_learning_rate": "patterson_gui.api.training.train",
    "find_sites": "patterson_gui.api.heavy_atoms.sites",
    "fragment": "patterson_gui.api.fragments",
    "harker_sections": "patterson_gui.api.patterson_maps.sections",
    "harker_sites": "patterson_gui.api.patterson_maps.sections",
    "info": "patterson_gui.api.machine",
    "interpolate": "patterson_gui.api.materials",
    "known_crystals_path": "patterson_gui.api.materials",
    "measured_example_path": "patterson_gui.api.opening",
    "open": "patterson_gui.api.opening",
    "patterson": "patterson_gui.api.patterson_maps.patterson",
    "phases": "patterson_gui.api.heavy_atoms.phases",
    "plugins": "patterson_gui.api.viewers",
    "predict": "patterson_gui.api.prediction",
    "sample": "patterson_gui.api.materials",
    "screen": "patterson_gui.api.solving.screen",
    "section": "patterson_gui.api.patterson_maps.sections",
    "segment": "patterson_gui.api.segmentation",
    "send": "patterson_gui.api.viewers",
    "solve": "patterson_gui.api.solving.solve",
    "train": "patterson_gui.api.training.train",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'patterson_gui' has no attribute '{name}'")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
