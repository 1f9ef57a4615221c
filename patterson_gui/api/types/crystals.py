"""Crystals as the functions return and take them: the program's own, with a way to save them."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Self

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.maps import DensityMap
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.comparison.truth import refuse_other_cell, truth_of
from patterson_gui.errors import UserError


class Crystal(ground.Crystal):
    """What is known of a crystal, and a way to save it.

    Its attributes are described at `patterson_gui.crystal.crystal.Crystal`, of which this is
    a subclass; its maps are `DensityMap`s with `peaks` and `save`.
    """

    @classmethod
    def of(cls, crystal: ground.Crystal) -> Self:
        """The same crystal as one of this class; nothing is copied."""
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
        from patterson_gui.crystal.maps.patterson import patterson
        from patterson_gui.io.bundle.pgz import write_bundle

        path = path_of(path, "path")
        if path.suffix.lower() != ".pgz":
            raise UserError(
                f"A crystal is saved as a bundle, so '{path.name}' must end in .pgz: change the "
                "name."
            )
        data = self.amplitudes
        write_bundle(path, self, patterson=None if data is None else patterson(data))


def crystal_of(source: ground.Crystal | PathLike) -> Crystal:
    """A crystal as it is, or the one in a file.

    Raises
    ------
    UserError : it is neither, or the file cannot be read.
    """
    if isinstance(source, ground.Crystal):
        return Crystal.of(source)
    if isinstance(source, str | Path):
        from patterson_gui.api.opening import open_crystal  # it makes crystals of this module

        return open_crystal(source)
    raise UserError(
        "Give a crystal, as patterson_gui.open returns it, or the path of a file, not an object "
        f"of type {type(source).__name__}."
    )


def judged_by(crystal: Crystal, truth: ground.Crystal | PathLike | None) -> ground.Crystal | None:
    """The crystal with the truth that predictions for it are compared with.

    Parameters
    ----------
    truth : a model of the same crystal; None: what the crystal itself has, its model or map.

    Returns
    -------
    None where there is no truth.

    Raises
    ------
    UserError : the model has another cell, or cannot be read.
    """
    if truth is None:
        return truth_of(crystal)
    if isinstance(truth, ground.Crystal):
        model = truth.model
        if model is None:
            raise UserError("The crystal given as truth has no model: give one of a model.")
    else:
        from patterson_gui.io.opening.models import read_model

        model = read_model(path_of(truth, "truth"))
    refuse_other_cell(model, crystal)
    return replace(crystal, model=model, truth=None)
