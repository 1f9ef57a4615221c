"""The base class of networks, their inputs and units, and the registry of their names.

A network is a class with a configuration (a frozen pydantic model) under a name:

    @register("resunet1", ResUNetConfig1)
    class ResUNet3D(Network): ...

    network = build("resunet1", {})
    density = network(inputs)            # (B, 1, nu, nv, nw), scaled

Name and configuration determine a network except for its weights. A card stores them, so that
`build(network.name, network.config.model_dump())` gives the same architecture.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Annotated, Any, ClassVar, Self, TypeVar

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from patterson_gui.errors import UserError
from patterson_gui.io.extensions import NETWORKS, Extension, load_extensions
from patterson_gui.io.training.model_cards import Role


@dataclass(frozen=True)
class NetworkInputs:
    """The input of phasing networks; it contains no phases.

    Attributes
    ----------
    patterson : (B, 1, nu, nv, nw), Patterson / `Scales.patterson`, origin peak at [0, 0, 0].
    amplitudes : (B, nu, nv, nw // 2 + 1), the modulus that `torch.fft.rfftn` of the scaled
        density must have: |F| nu nv nw / (V `Scales.density`); zero where nothing was measured.
    cell_volume : (B,), Å³.
    extra : (B, C, nu, nv, nw) or None, further channels in the frame of the density, such as the
        map of a partial structure; only networks with `extra_channels` accept them.
    observed : (B, nu, nv, nw // 2 + 1) bool or None, false where an amplitude within the
        resolution limit was not measured; None: all were.
    cells : (B, 6) or None, a, b, c in Å and α, β, γ in degrees; without the cell, a network
        that determines the hand from geometry does not change the hand.
    """

    patterson: Tensor
    amplitudes: Tensor
    cell_volume: Tensor
    extra: Tensor | None = None
    observed: Tensor | None = None
    cells: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nu, nv, nw)."""
        nu, nv, nw = self.patterson.shape[-3:]
        return nu, nv, nw

    @property
    def shown(self) -> Tensor:
        """The map to show beside the prediction."""
        return self.patterson

    def to(self, device: torch.device | str) -> Self:
        """A copy on another device."""
        moved: dict[str, Any] = {
            name: None if value is None else value.to(device) for name, value in vars(self).items()
        }
        return type(self)(**moved)


@dataclass(frozen=True)
class MapInputs:
    """A density, as input of networks that encode it or find atoms in it.

    Attributes
    ----------
    density : (B, 1, nu, nv, nw) density / `Scales.density`.
    lattices : (B, 3, 3) Å, rows a, b, c; None: not given to the network.
    windows : (B,) bool, whether the density continues outside the box; None: it does not.
    """

    density: Tensor
    lattices: Tensor | None = None
    windows: Tensor | None = None

    @property
    def shown(self) -> Tensor:
        """The map to show beside the prediction."""
        return self.density


class Scales(BaseModel):
    """The divisors that bring Patterson and density of a data set to −1 … 1.

    They are stored in the card of the weights. Measured data must be on absolute scale.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patterson: float = Field(gt=0, description="scaled Patterson = Patterson / this; e²/Å³")
    density: float = Field(gt=0, description="scaled density = density / this; e/Å³")

    def inputs(
        self,
        patterson: Tensor,
        moduli: Tensor,
        cell_volume: Tensor,
        extra: Tensor | None = None,
        observed: Tensor | None = None,
        cells: Tensor | None = None,
    ) -> NetworkInputs:
        """Scale a batch to the units of the network.

        Parameters
        ----------
        patterson : (B, 1, nu, nv, nw), e²/Å³.
        moduli : (B, nu, nv, nw // 2 + 1), |F| in electrons.
        cell_volume : (B,), Å³.
        """
        points = math.prod(patterson.shape[-3:])
        per_electron = points / (cell_volume.to(moduli.dtype) * self.density)
        return NetworkInputs(
            patterson=patterson / self.patterson,
            amplitudes=moduli * per_electron[:, None, None, None],
            cell_volume=cell_volume,
            extra=extra,
            observed=observed,
            cells=cells,
        )


class NetworkConfig(BaseModel):
    """Base class of configurations: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _odd(size: int) -> int:
    if size % 2 == 0:
        raise ValueError("the kernel size must be odd")
    return size


# Types of fields that several configurations have. They are no base class, because the fields of a
# base class would come first in the configurations that cards store.
Blocks = Annotated[int, Field(ge=0, le=64, description="residual blocks")]
ODD = AfterValidator(_odd)
_EXTRA = "input channels besides the Patterson, such as a partial structure's map"
ExtraChannels = Annotated[int, Field(ge=0, le=64, description=_EXTRA)]
SomeExtraChannels = Annotated[int, Field(ge=1, le=64, description=_EXTRA)]


class Network(nn.Module, ABC):
    """Base class of networks.

    Attributes
    ----------
    name : its name in the registry.
    config : its configuration.
    takes : the type of its input.
    role : its task, stored in the card.
    multiple : every side of the grid must be a multiple of this.
    smallest : no side of the grid may be shorter than this.
    extra_channels : channels that `NetworkInputs.extra` must have; 0: it must be None.
    """

    name: str
    config: NetworkConfig
    takes: ClassVar[type[NetworkInputs] | type[MapInputs]] = NetworkInputs
    role: ClassVar[Role] = "phasing"
    multiple: int = 1
    smallest: int = 1
    extra_channels: int = 0

    @property
    def n_parameters(self) -> int:
        """The number of trainable parameters."""
        return sum(p.numel() for p in self.parameters())

    @abstractmethod
    def forward(self, inputs: Any) -> Tensor:
        """(B, 1, nu, nv, nw) scaled density from what the network `takes`."""

    def handedness(self, density: Tensor, cells: Tensor) -> Tensor | None:
        """Log odds that a density has the right hand rather than its inverse.

        Parameters
        ----------
        density : (B, 1, nu, nv, nw) scaled, with phases of any source.
        cells : (B, 6), Å and degrees.

        Returns
        -------
        (B,); None from a network that cannot determine the hand.
        """
        return None

    def channels(self, inputs: NetworkInputs) -> Tensor:
        """(B, 1 + extra_channels, nu, nv, nw) the input channels, after `check`."""
        self.check(inputs)
        if inputs.extra is None:
            return inputs.patterson
        return torch.cat((inputs.patterson, inputs.extra), 1)

    def check(self, inputs: NetworkInputs) -> None:
        """Raise UserError if the network does not accept the grid or the channels."""
        self.check_grid(inputs.shape)
        given = 0 if inputs.extra is None else inputs.extra.shape[1]
        if given != self.extra_channels:
            raise UserError(
                f"The network '{self.name}' was built for {self.extra_channels} extra channels "
                f"but is given {given}: choose another network or other inputs."
            )

    def check_grid(self, shape: tuple[int, int, int]) -> None:
        """Raise UserError if the network does not accept a grid of `shape`."""
        if any(n % self.multiple or n < self.smallest for n in shape):
            raise UserError(
                f"The network '{self.name}' cannot work on a grid of "
                f"{' × '.join(map(str, shape))} points: every side must be a multiple of "
                f"{self.multiple} and at least {self.smallest}."
            )


class NetworkWithOwnLoss(Network):
    """A network with a loss of its own, used instead of the settings' loss.

    Attributes
    ----------
    n_initial_examples : number of examples from which it initialises its weights; 0: none.
    """

    n_initial_examples: ClassVar[int] = 0

    def initialise_from(self, inputs: Iterable[Any]) -> None:
        """Initialise the weights from examples."""

    @abstractmethod
    def own_loss(self, inputs: Any, true: Tensor) -> Tensor:
        """The loss that training minimises.

        Parameters
        ----------
        true : (B, 1, nu, nv, nw) scaled density.

        Returns
        -------
        (), the mean over the batch; random numbers come from torch's global state.
        """


@dataclass(frozen=True)
class _Entry:
    config: type[NetworkConfig]
    make: Callable[[Any], Network]


Make = TypeVar("Make", bound=Callable[[Any], Network])

_ENTRIES: dict[str, _Entry] = {}


class _Loaded:
    done: ClassVar[bool] = False
    extensions: ClassVar[tuple[Extension, ...]] = ()


def register(name: str, config: type[NetworkConfig]) -> Callable[[Make], Make]:
    """Class decorator that registers a network; it is built by calling the class with a config."""

    def keep(make: Make) -> Make:
        if name in _ENTRIES:
            raise ValueError(f"two networks are called {name!r}")
        _ENTRIES[name] = _Entry(config, make)
        return make

    return keep


def extensions() -> tuple[Extension, ...]:
    """The networks that other packages add, those that are switched off too."""
    _entries()
    return _Loaded.extensions


def names() -> list[str]:
    """All networks there are, sorted by name."""
    return list(_entries())


def build(name: str, config: Mapping[str, Any] | None = None) -> Network:
    """Build the network `name` with random weights from torch's global state.

    Raises
    ------
    UserError : there is no such network, or the configuration is invalid.
    """
    entry = _entry(name)
    try:
        checked = entry.config.model_validate(dict(config or {}))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "as a whole"
        raise UserError(
            f"The configuration of the network '{name}' cannot be used ({field}: "
            f"{first['msg']}): correct it or leave it out for the default."
        ) from error
    network = entry.make(checked)
    network.name, network.config = name, checked
    return network


def _entry(name: str) -> _Entry:
    entries = _entries()
    if name not in entries:
        raise UserError(f"There is no network called '{name}': choose one of {', '.join(entries)}.")
    return entries[name]


def _entries() -> dict[str, _Entry]:
    """Every network, sorted by name. Networks register when the modules of this folder load, and
    those of other packages when their entry points do."""
    if not _Loaded.done:
        for module in iter_modules(import_module(__package__).__path__):
            import_module(f"{__package__}.{module.name}")
        _Loaded.done = True
        _Loaded.extensions = tuple(load_extensions(NETWORKS, _check_network))
    return dict(sorted(_ENTRIES.items()))


def _check_network(given: Any, extension: Extension) -> None:
    """Refuse what is neither a registered network nor a module that may register some."""
    known = {id(entry.make) for entry in _ENTRIES.values()}
    if not isinstance(given, ModuleType) and id(given) not in known:
        raise TypeError(f"{given!r:.60} is not registered: decorate its class with @register")
