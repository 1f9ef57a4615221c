"""What a card says about its network, in words and as a table."""

from patterson_gui.io.training.model_cards import ModelCard, SeenData
from patterson_gui.io.training.ranking import n_validated, validated_accuracy

TASKS = {
    "phasing": "Patterson map → density",
    "atoms": "density → atoms",
    "crystals": "crystal ↔ 300 numbers",
}
TASK_NAMES = {"phasing": "density", "atoms": "atoms", "crystals": "crystals"}
_KINDS = {"dialanine": "dialanines", "dipeptide": "dipeptides", "fragment": "fragments"}


def card_words(card: ModelCard) -> str:
    """What a network was trained on, and its figures on unseen structures; a line for each."""
    lines = [f"Trained for {seen_words(card.data)}."]
    figures = []
    r, error = validated_accuracy(card), card.metrics.get("val_phase_error_deg")
    if r is not None:
        figures.append(f"median r {r:.3f}")
    if isinstance(error, int | float):
        figures.append(f"mean phase error {error:.0f}°")
    if figures:
        lines.append(f"On unseen structures, not aligned: {', '.join(figures)}.")
    if card.parameters:
        lines.append(f"{card.network}, {card.parameters / 1e6:.2g} million weights.")
    return "\n".join(lines)


def seen_words(data: SeenData) -> str:
    """What a network was trained on."""
    least, most = data.lengths
    what = _KINDS.get(data.kind, "molecules")
    if data.kind == "fragment":
        what += f" of {_range(least, most)} residues"
    oblique = "" if data.orthogonal else ", also oblique ones"
    edges, limits = _range(*data.cell_edges), _range(*data.d_min)
    return f"{what} in cells of {edges} Å{oblique}, data to {limits} Å"


def card_rows(card: ModelCard) -> list[tuple[str, str]]:
    """Heading and text of each line of a card; what is not known has no line."""
    data, metrics = card.data, card.metrics
    figures = [
        (words, metrics.get(name), digits, unit)
        for words, name, digits, unit in (
            ("median r", "val_r_median", 3, ""),
            ("mean r", "val_r_mean", 3, ""),
            ("mean phase error", "val_phase_error_deg", 1, "°"),
        )
    ]
    told = ", ".join(
        f"{words} {value:.{digits}f}{unit}"
        for words, value, digits, unit in figures
        if isinstance(value, int | float)
    )
    if told and (n := n_validated(card)):
        told += f", of {n:,} structures"
    training = [
        f"{value:,.0f} {words}"
        for words, value in (("examples", metrics.get("samples")), ("s", metrics.get("seconds")))
        if isinstance(value, int | float)
    ]
    if isinstance(metrics.get("epoch"), int):
        training.insert(0, f"epoch {metrics['epoch']}")
    weights = f", {card.parameters:,} weights ({card.precision})" if card.parameters else ""
    examples = f"{data.examples:,} for training, {data.validation_examples:,} unseen"
    room = data.volume_per_atom
    rows = [
        ("Task", TASKS[card.role]),
        ("Architecture", card.network + weights),
        ("Trained for", f"{seen_words(data)}, B {_range(*data.b_iso)} Å²"),
        ("Volume per atom", "" if room is None else f"{_range(*room)} Å³"),
        ("Data set", data.file),
        ("Examples", examples if data.examples else ""),
        ("Training", ", ".join(training)),
        ("On unseen structures", told or "not validated"),
        ("Program", card.program),
        ("Licence", card.licence),
        ("File", "" if card.folder is None else str(card.weights)),
        *(("" if i else "Notes", note) for i, note in enumerate(card.notes)),
    ]
    return [(heading, text) for heading, text in rows if text]


def _range(low: float, high: float) -> str:
    return f"{low:g}" if f"{low:g}" == f"{high:g}" else f"{low:g}–{high:g}"
