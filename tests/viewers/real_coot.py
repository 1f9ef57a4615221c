"""Run by the Python that has Coot's own code: a Coot without a window, with its remote control.

Its files are read and written by the real code; what only a window has is kept by the stand-in.
"""

import sys
import time
from pathlib import Path

import coot_headless_api

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.bridges.coot_standin import FakeCoot, RemoteControl


class RealCoot(FakeCoot):
    """Reads, writes and interpolates by Coot's own code."""

    def __init__(self) -> None:
        super().__init__()
        self._real = coot_headless_api.molecules_container_t(False)

    def _kept(self, number: int, kind: str, path: str) -> int:
        if number < 0:
            return -1
        # A map that it takes for one of microscopy (P1, 90 90 90) uses up a number more.
        self.molecules += [None] * (number - len(self.molecules))
        assert self.open_by_hand(path, kind, path) == number
        return number

    def read_ccp4_map(self, path: str, difference: int) -> int:
        return self._kept(self._real.read_ccp4_map(path, bool(difference)), "map", path)

    def read_pdb(self, path: str) -> int:
        return self._kept(self._real.read_pdb(path), "model", path)

    def close_molecule(self, number: int) -> None:
        self._real.close_molecule(number)
        super().close_molecule(number)

    def write_pdb_file(self, number: int, path: str) -> int:
        return self._real.write_coordinates(number, path)

    def export_map(self, number: int, path: str) -> int:
        return self._real.write_map(number, path)

    def densities(self, number: int, places: list[list[float]]) -> list[float]:
        """What Coot's interpolation says at places in Å."""
        return [self._real.get_density_at_position(number, *place) for place in places]

    def fit(self, model: int, density: int) -> dict[str, float]:
        """Correlation of each residue with the map, by Coot."""
        told = self._real.density_correlation_analysis(model, density)
        return {
            str(one.residue_spec.res_no): one.function_value
            for chain in told.cviv
            for one in chain.rviv
        }

    def numbers(self) -> dict[str, int]:
        """Molecule numbers by name."""
        return {m.name: i for i, m in enumerate(self.molecules) if m is not None}


control = RemoteControl(version=sys.argv[1], coot=RealCoot())
print(f"port {control.port}", flush=True)
while True:
    time.sleep(1)  # the thread of `control` answers until the test ends this program
