"""Accuracy and time of encoding and decoding the known crystals.

The network was trained on them; `patterson-gui evaluate FILE --kind crystal` measures others.
"""

from itertools import islice

from table import Row

from patterson_gui.crystal.materials.cube import unit_cell_sample
from patterson_gui.io.datasets.crystals import read_material_dataset
from patterson_gui.io.resources import known_crystals_path
from patterson_gui.nets.inference.crystal_coder import load_coder
from patterson_gui.nets.inference.evaluate_crystals import evaluate_samples

_CRYSTALS = 100


def measure_crystals(share: float) -> list[Row]:
    """Encode, decode and find the atoms of known crystals."""
    print("crystals …", flush=True)
    coder, data = load_coder("crystal"), read_material_dataset(known_crystals_path())
    n = max(5, round(share * _CRYSTALS))
    chosen = islice(range(0, len(data), len(data) // n), n)
    samples = [(data.material(i).label, unit_cell_sample(data.material(i))) for i in chosen]
    figures = evaluate_samples(coder, samples).figures()
    decoded, true = figures["decoded"], figures["true_density"]
    return [
        Row(f"{n} unit cells, encoded and decoded:", None),
        Row("squared error, median", figures["reconstruction_mse_median"], at_most=0.006, digits=5),
        Row("atoms counted right", 100 * decoded["count_exact_fraction"], "%", at_least=90),
        Row("elements right", 100 * decoded["element_exact_fraction"], "%", at_least=90),
        Row("position error, median", decoded["position_median_A"], "Å", at_most=0.08, digits=4),
        Row("position error, 95 %", decoded["position_p95_A"], "Å", at_most=0.5, digits=4),
        Row(
            "elements right, true density",
            100 * true["element_exact_fraction"], "%", at_least=97,
        ),
        Row(
            "encode and decode",
            figures["encode_s_median"] + figures["decode_density_s_median"], "s", at_most=0.2,
        ),
        Row("encode, decode and find atoms", figures["decode_with_atoms_s_median"], "s", digits=2),
    ]  # fmt: skip
