import pytest

import patterson_gui as pg


@pytest.fixture(scope="session")
def example():
    """Two residues alone in a 12 Å cell, calculated to 1.5 Å, with their model."""
    return pg.example()


@pytest.fixture(scope="session")
def result(example):
    """The example solved by retrieval, no atoms built."""
    return pg.predict(example, method="retrieval", atoms=False, progress=False)
