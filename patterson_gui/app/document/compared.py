"""A map that is shown beside the prediction, to be compared with it."""

from typing import Protocol

from patterson_gui.crystal.maps.density_map import DensityMap


class ComparedMap(Protocol):
    """The map and what is to be said about it."""

    @property
    def density(self) -> DensityMap:
        """Aligned to the prediction that is shown."""
        ...

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        ...

    @property
    def sentence(self) -> str:
        """How similar the two are."""
        ...
