"""Fixtures: the supplied crystal networks and the supplied data set of known crystals."""

from collections.abc import Callable

import numpy as np
import pytest

from patterson_gui.crystal.material import Material
from patterson_gui.io.datasets.crystals import MaterialDataSet, read_material_dataset
from patterson_gui.io.resources import known_crystals_path, resources_folder
from patterson_gui.nets.inference.crystal_coder import NetworkCoder, load_coder


@pytest.fixture(scope="session")
def coder() -> NetworkCoder:
    """For unit cells."""
    return load_coder("crystal", folders=[resources_folder() / "models"])


@pytest.fixture(scope="session")
def window_coder() -> NetworkCoder:
    """For windows onto the crystal."""
    return load_coder("lattice", folders=[resources_folder() / "models"])


@pytest.fixture(scope="session")
def known_data() -> MaterialDataSet:
    return read_material_dataset(known_crystals_path())


@pytest.fixture(scope="session")
def known(known_data: MaterialDataSet) -> Callable[[str], Material]:
    """The known crystal of an identifier, as 'mp-27'."""
    places = {name: i for i, name in enumerate(known_data.arrays.identifiers)}

    def material(identifier: str) -> Material:
        return known_data.material(places[identifier])

    return material


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
