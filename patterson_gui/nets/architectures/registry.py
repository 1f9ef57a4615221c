"""The networks by name, what they are given, and the units they work in.

A network is a class with a configuration (a frozen pydantic model) under a name:

    @register("resunet1", ResUNetConfig1)
    class ResUNet3D(Network): ...

    network = build("resunet1", {})
    density = network(inputs)            # (B, 1, nu, nv, nw), scaled

Name and configuration together say everything about a network but its weights; a card stores
them, so that `build(network.name, network.config.model_dump())` is the same network again.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Self, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import Role


@dataclass(frozen=True)
class NetworkInputs:
    """What is known before anything is predicted: nothing here knows a phase.

    Attributes
    ----------
    patterson : (B, 1, nu, nv, nw), Patterson / `Scales.patterson`, origin peak at [0, 0, 0].
    amplitudes : (B, nu, nv, nw // 2 + 1), the modulus that `torch.fft.rfftn` of the scaled
        density must have: |F| nu nv nw / (V `Scales.density`); zero where nothing was measured.
    cell_volume : (B,), Å³.
    extra : (B, C, nu, nv, nw) or None, further channels in the frame of the density, as a
        partial structure's map; only networks with `extra_channels` take them.
    observed : (B, nu, nv, nw // 2 + 1) bool or None, false where an amplitude within the
        resolution limit was not measured; None: all were.
    cells : (B, 6) or None, a, b, c in Å and α, β, γ in degrees; a network that tells the hand
        by geometry leaves the hand alone where it is not told the cell.
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
        """The map to show beside what is predicted from it."""
        return self.patterson

    def to(self, device: torch.device | str) -> Self:
        """The same on another device."""
        moved: dict[str, Any] = {
            name: None if value is None else value.to(device) for name, value in vars(self).items()
        }
        return type(self)(**moved)


@dataclass(frozen=True)
class MapInputs:
    """A density, for networks that encode it or look for atoms in it.

    Attributes
    ----------
    density : (B, 1, nu, nv, nw) density / `Scales.density`.
    lattices : (B, 3, 3) Å, rows a, b, c; None where the network is not to know them.
    windows : (B,) bool, whether the density goes on outside the box; None: it does not.
    """

    density: Tensor
    lattices: Tensor | None = None
    windows: Tensor | None = None

    @property
    def shown(self) -> Tensor:
        """The map to show beside what is predicted from it."""
        return self.density


class Scales(BaseModel):
    """One constant each for a whole data set, so that its values lie within −1 … 1.

    They belong to the weights' card: a measured set must be put on absolute scale first.
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
        """Put a batch in the units of the networks.

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
    """What every network's configuration is: frozen, and intolerant of misspelt fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Network(nn.Module, ABC):
    """A density from what is known of a crystal.

    Attributes
    ----------
    name : the name it was built by.
    config : its configuration.
    takes : the type of what it is given.
    role : what it is for; a card keeps it.
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
        """How much speaks for a density rather than its inverse, as log odds.

        Parameters
        ----------
        density : (B, 1, nu, nv, nw) scaled, whoever phased it.
        cells : (B, 6), Å and degrees.

        Returns
        -------
        (B,), or None from a network that cannot tell.
        """
        return None

    def channels(self, inputs: NetworkInputs) -> Tensor:
        """(B, 1 + extra_channels, nu, nv, nw) what goes in, after `check`."""
        self.check(inputs)
        if inputs.extra is None:
            return inputs.patterson
        return torch.cat((inputs.patterson, inputs.extra), 1)

    def check(self, inputs: NetworkInputs) -> None:
        """Raise UserError when the grid or the channels do not suit this network."""
        self.check_grid(inputs.shape)
        given = 0 if inputs.extra is None else inputs.extra.shape[1]
        if given != self.extra_channels:
            raise UserError(
                f"The network '{self.name}' was built for {self.extra_channels} extra channels "
                f"but is given {given}: choose another network or other inputs."
            )

    def check_grid(self, shape: tuple[int, int, int]) -> None:
        """Raise UserError when this network cannot work on a grid of `shape`."""
        if any(n % self.multiple or n < self.smallest for n in shape):
            raise UserError(
                f"The network '{self.name}' cannot work on a grid of "
                f"{' × '.join(map(str, shape))} points: every side must be a multiple of "
                f"{self.multiple} and at least {self.smallest}."
            )


class SelfTaught(Network):
    """A network that says itself what its training lowers, instead of the settings.

    Attributes
    ----------
    begins_with : how many examples it wants to see before its training begins.
    """

    begins_with: ClassVar[int] = 0

    def begin_from(self, inputs: Iterable[Any]) -> None:
        """Take the first weights from some examples."""

    @abstractmethod
    def own_loss(self, inputs: Any, true: Tensor) -> Tensor:
        """What training lowers.

        Parameters
        ----------
        true : (B, 1, nu, nv, nw) scaled density.

        Returns
        -------
        (), the mean over the batch; whatever is drawn comes from torch's random state.
        """


@dataclass(frozen=True)
class _Entry:
    config: type[NetworkConfig]
    make: Callable[[Any], Network]


Make = TypeVar("Make", bound=Callable[[Any], Network])

_ENTRIES: dict[str, _Entry] = {}


class _Loaded:
    done: ClassVar[bool] = False


def register(name: str, config: type[NetworkConfig]) -> Callable[[Make], Make]:
    """Class decorator: the network called `name`, made by calling the class with its config."""

    def keep(make: Make) -> Make:
        if name in _ENTRIES:
            raise ValueError(f"two networks are called {name!r}")
        _ENTRIES[name] = _Entry(config, make)
        return make

    return keep


def names() -> list[str]:
    """All networks there are, sorted by name."""
    return list(_entries())


def build(name: str, config: Mapping[str, Any] | None = None) -> Network:
    """Build the network `name`, its weights as initialised from torch's random state.

    Raises
    ------
    UserError : there is no such network, or its configuration is not like that.
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
    """Every network, sorted by name. Networks register when the modules of this folder load."""
    if not _Loaded.done:
        for module in iter_modules(import_module(__package__).__path__):
            import_module(f"{__package__}.{module.name}")
        _Loaded.done = True
    return dict(sorted(_ENTRIES.items()))
