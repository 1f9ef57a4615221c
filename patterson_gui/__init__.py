"""From a crystal's Patterson map to its electron density and its atoms.

`import patterson_gui as pg` gives the functions below. Each is loaded when it is first used,
so that the import itself takes no time and loads neither torch nor Qt. Type checkers find the
same names in `__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

# The public names and the modules that define them.
_HOMES = {
    "Crystal": "patterson_gui.api.crystals",
    "DensityMap": "patterson_gui.api.maps",
    "PeakTable": "patterson_gui.api.maps",
    "PredictionResult": "patterson_gui.api.prediction_result",
    "UserError": "patterson_gui.errors",
    "example": "patterson_gui.api.opening",
    "example_path": "patterson_gui.api.opening",
    "fragment": "patterson_gui.api.fragments",
    "open": "patterson_gui.api.opening",
    "patterson": "patterson_gui.api.patterson",
    "predict": "patterson_gui.api.prediction",
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
