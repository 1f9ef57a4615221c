"""The crystal that API functions return, with `save`."""

from dataclasses import fields
from typing import Self

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.maps.patterson import patterson
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.write_pgz import write_bundle


class Crystal(ground.Crystal):
    """A crystal with `save`.

    Its attributes are described at `patterson_gui.crystal.crystal.Crystal`, of which this is
    a subclass; its maps are `DensityMap`s with `peaks` and `save`.
    """

    @classmethod
    def of(cls, crystal: ground.Crystal) -> Self:
        """Convert a crystal to this class; arrays are shared."""
        if isinstance(crystal, cls):
            return crystal
        values = {field.name: getattr(crystal, field.name) for field in fields(crystal)}
        for name in ("opened_map", "truth"):
            if values[name] is not None:
                values[name] = DensityMap.of(values[name])
        return cls(**values)

    def save(self, path: PathLike) -> None:
        """Write the crystal as a bundle (.pgz): its amplitudes, model and maps, and the
        Patterson map of its amplitudes.

        Raises
        ------
        UserError : the name does not end in .pgz, or the file cannot be written.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> pg.example().save("EX.pgz")
        """
        path = path_of(path, "path")
        if path.suffix.lower() != ".pgz":
            raise UserError(
                f"A crystal is saved as a bundle, so '{path.name}' must end in .pgz: change the "
                "name."
            )
        data = self.amplitudes
        write_bundle(path, self, patterson=None if data is None else patterson(data))
