"""Checks on the decoded crystal: explained density, distances, charges, mass density."""

import gemmi
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from patterson_gui.app.explorer.check_atoms import AtomsCheck
from patterson_gui.crystal.material import Material
from patterson_gui.gui.widgets import theme
from patterson_gui.gui.widgets.icons import icon
from patterson_gui.gui.widgets.labels import format_number, text_label
from patterson_gui.gui.widgets.plain_text import PlainLabel, plain_tip

WELL, BADLY = 0.97, 0.90  # explained share of the density: good from, error below
LIKE = 0.98  # least correlation of decoded and encoded density that counts as good
HONEST = "Stability is not judged: no energy is calculated."
LONGEST = 28  # characters of a formula
Verdict = str  # good | warning | error | undecided


class _Line(QWidget):
    """A verdict: icon and text."""

    def __init__(self) -> None:
        super().__init__()
        self.mark = PlainLabel()
        self.mark.setFixedWidth(20)
        self.words = text_label("")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.words, 0, 1)
        self.verdict: Verdict = "undecided"

    def set(self, verdict: Verdict, text: str, tip: str = "") -> None:
        self.verdict = verdict
        self.words.setText(text)
        self.setToolTip(plain_tip(tip))
        self.restyle()

    def restyle(self) -> None:
        look = theme.current()
        colour = {
            "good": look.good, "warning": look.warning, "error": look.error,
        }.get(self.verdict, look.dim)  # fmt: skip
        self.mark.setPixmap(icon(self.verdict, colour).pixmap(16, 16))


class ValidityBox(QFrame):
    """One line for each check."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.heading = PlainLabel("PLAUSIBILITY")
        self.heading.setObjectName("heading")
        self.formula = text_label("–")
        self.formula.setObjectName("view-title")
        self.lines = [_Line() for _ in range(5)]
        self.honest = text_label(HONEST, dim=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 12)
        layout.setSpacing(4)
        layout.addWidget(self.heading)
        layout.addWidget(self.formula)
        for line in self.lines:
            layout.addWidget(line)
        layout.addWidget(self.honest)
        self.show_nothing("Nothing is decoded yet.")

    @property
    def verdicts(self) -> list[Verdict]:
        """Of the visible lines."""
        return [line.verdict for line in self.lines if not line.isHidden()]

    @property
    def texts(self) -> list[str]:
        """Of the visible lines."""
        return [line.words.text() for line in self.lines if not line.isHidden()]

    def show_nothing(self, text: str) -> None:
        """Show a text in place of the checks."""
        self.formula.setText(text)
        for line in self.lines:
            line.hide()

    def show_check(self, material: Material, check: AtomsCheck) -> None:
        """Show the checks of the decoded atoms."""
        n = len(material)
        formula = material.formula
        self.formula.setToolTip(plain_tip(formula))
        if len(formula) > LONGEST:
            formula = formula[: LONGEST - 1] + "…"  # a formula cannot wrap
        self.formula.setText(
            f"{formula} · {n} atom{'' if n == 1 else 's'}" if n else "No atoms were found"
        )
        found = lines_of(material, check)
        for line, (verdict, text, tip) in zip(self.lines, found, strict=False):
            line.set(verdict, text, tip)
            line.show()
        for line in self.lines[len(found) :]:
            line.hide()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            for line in self.lines:
                line.restyle()


def lines_of(material: Material, check: AtomsCheck) -> list[tuple[Verdict, str, str]]:
    """Verdict, text and tooltip of each check."""
    share = check.explained
    verdict = "good" if share >= WELL else "warning" if share >= BADLY else "error"
    lines = [
        (
            verdict,
            f"Its atoms explain {100 * min(share, 0.999):.1f} % of the density",
            "The rest of the decoded density belongs to no atom. If the share is low, the latent "
            "does not represent an arrangement of atoms.",
        )
    ]
    validity = check.validity
    if validity is None:
        if len(material):
            lines.append(("error", "The decoded unit cell is too flat for a crystal", ""))
    else:
        lines += [_distance(material, check), _charges(check)]
        lines.append(("good" if 0.3 < validity.density < 25 else "warning",
                      f"Density {format_number(validity.density, 2)} g/cm³", ""))  # fmt: skip
    if check.agreement is not None:
        same = "same atoms" if check.same_atoms else "other atoms"
        like = check.agreement >= LIKE
        verdict = "good" if like and check.same_atoms else "warning"
        lines.append((
            verdict, f"Like the encoded crystal: r {check.agreement:.3f}, {same}",
            "Correlation of decoded and encoded density, and whether the composition is the "
            "same.",
        ))  # fmt: skip
    return lines


def _distance(material: Material, check: AtomsCheck) -> tuple[Verdict, str, str]:
    validity = check.validity
    assert validity is not None
    tip = validity.sentences[0]
    if validity.pair is None:
        return "good", "One atom, far from its copies", tip
    if not validity.distances_ok and validity.closest_pair is not None:
        close = [gemmi.Element(int(material.numbers[k])) for k in validity.closest_pair]
        apart = validity.closest_ratio * sum(element.covalent_r for element in close)
        return "error", f"Atoms overlap: {close[0].name}–{close[1].name} {apart:.2f} Å apart", tip
    first, last = (gemmi.Element(int(material.numbers[k])).name for k in validity.pair)
    return "good", f"Shortest distance {validity.shortest:.2f} Å, {first}–{last}", tip


def _charges(check: AtomsCheck) -> tuple[Verdict, str, str]:
    validity = check.validity
    assert validity is not None
    tip = validity.sentences[1]
    if validity.neutral is None:
        return "undecided", f"Charges: {validity.charges}", tip
    if not validity.neutral:
        return "warning", "Charges do not balance", tip
    if "no charges" in validity.charges:
        return "good", validity.charges.capitalize(), tip
    return "good", f"Charges balance: {validity.charges}", tip
