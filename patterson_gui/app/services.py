"""Functions of solvers, networks and bridges, which the command line hands to the application.

Solvers and bridges live on floors that neither the application nor the window imports; the
command line, which knows all floors, fills this in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import SampleKind
from patterson_gui.crystal.materials.latent import CrystalCoder
from patterson_gui.crystal.prediction import PredictionSettings, Predictor
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.viewer_scene import Bridge, Viewer

# Why a network cannot be used on data, as the end of a sentence; None if it can.
WhyUnsuitable = Callable[
    [ModelCard, Amplitudes, Composition | None, PredictionSettings], str | None
]


@dataclass(frozen=True)
class CrystalServices:
    """The functions that the Explorer calls.

    Attributes
    ----------
    coder : the trained network for one kind of sample; slow the first time. `UserError` where
        there is none.
    known : the crystals whose latents make the map; slow the first time. `UserError` where none
        came with the program.
    """

    coder: Callable[[SampleKind], CrystalCoder]
    known: Callable[[], Sequence[Material]]


@dataclass(frozen=True)
class Services:
    """The functions that the application calls.

    Attributes
    ----------
    predict : turns amplitudes into a density.
    device_names : what it can run on, "cpu" first; may be slow the first time.
    bridge_to : the bridge to another program; slow the first time.
    why_unsuitable : why a trained network cannot be used on some data; quick.
    trainer : the program that trains a network, as a process of its own; its arguments are
        added (`app/training/training.py`).
    architectures : the networks that can be trained, by name; slow the first time.
    prepare : loads what a first prediction needs, so that it starts at once; slow, and
        called in a background thread after the first picture.
    crystals : encoding and decoding crystals.
    """

    predict: Predictor
    device_names: Callable[[], list[str]]
    bridge_to: Callable[[Viewer], Bridge]
    why_unsuitable: WhyUnsuitable
    trainer: tuple[str, ...]
    architectures: Callable[[], list[str]]
    prepare: Callable[[], None]
    crystals: CrystalServices
