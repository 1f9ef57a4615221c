"""Split entries into training, validation and test sets, by a table or at random.

Similar proteins must be in the same split; otherwise a network is tested on what it has seen. All
entries of a cluster (for example of similar sequences) that a table names are in one split.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.hdf5 import SPLITS

HELD_BACK = 0.05  # share of the entries for validation, and the same for testing


@dataclass(frozen=True)
class SplitTable:
    """A table of entries with their splits or clusters.

    Attributes
    ----------
    entries : all entries, in lower case.
    splits : split by entry; empty if the table has no such column.
    clusters : cluster by entry, for each column whose name begins with "cluster".
    """

    path: Path
    sha256: str
    entries: frozenset[str]
    splits: Mapping[str, str]
    clusters: Mapping[str, Mapping[str, str]]

    def in_split(self, split: str | None) -> frozenset[str]:
        """The entries of one split; None: all entries."""
        if split is None:
            return self.entries
        if not self.splits:
            raise UserError(f"The table {self.path} has no column 'split': add it.")
        return frozenset(entry for entry, its in self.splits.items() if its == split)


def read_split_table(path: Path) -> SplitTable:
    """Read a tab-separated table with a column `entry` and `split`, `cluster…`, or both.

    Raises
    ------
    UserError : the table cannot be read, lacks the columns, or has contradicting rows.
    """
    try:
        content = path.read_bytes()
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(), delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"The table {path} cannot be read ({error}): give tab-separated text."
        ) from error
    columns = [name for name in (rows[0] if rows else ()) if name]
    clusters = [name for name in columns if name.lower().startswith("cluster")]
    if "entry" not in columns or not ("split" in columns or clusters):
        raise UserError(
            f"The table {path} needs tab-separated columns 'entry' and 'split' (or 'cluster…', "
            "to draw whole clusters at random): add them."
        )
    return SplitTable(
        path,
        hashlib.sha256(content).hexdigest(),
        frozenset(row["entry"].strip().lower() for row in rows if row["entry"]),
        _column(path, rows, "split") if "split" in columns else {},
        {name: _column(path, rows, name) for name in clusters},
    )


def _column(path: Path, rows: list[dict[str, str]], name: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for row in rows:
        entry, value = (row["entry"] or "").strip().lower(), (row[name] or "").strip()
        if entry and value and values.setdefault(entry, value) != value:
            raise UserError(
                f"The table {path} names {entry} twice, with {name} '{values[entry]}' and "
                f"'{value}': keep one of the rows."
            )
    return values


def split_entries(
    entries: Iterable[str], table: SplitTable | None, seed: int
) -> tuple[dict[str, str], str]:
    """The split of each entry, and a sentence that says how the splits were made.

    Entries that are not in the table are left out. Without a table, or with one that holds only
    clusters, splits are random and clusters are kept whole.

    Raises
    ------
    UserError : the table puts a cluster into two splits, or names an unknown split.
    """
    chosen = sorted(set(entries))
    if table is None:
        return drawn_by_group({entry: entry for entry in chosen}, seed), (
            f"entries drawn at random, seed {seed}"
        )
    name = f"{table.path.name} (sha256 {table.sha256})"
    if not table.splits:
        named = [entry for entry in chosen if entry in table.entries]
        return drawn_by_group(_groups(named, table.clusters.values()), seed), (
            f"clusters of {name} drawn at random, seed {seed}"
        )
    splits = {entry: table.splits[entry] for entry in chosen if entry in table.splits}
    for entry, split in splits.items():
        if split not in SPLITS:
            raise UserError(
                f"The table {table.path} puts {entry} into the split '{split}': "
                "use train, val or test."
            )
    for column, clusters in table.clusters.items():
        _refuse_divided_clusters(table.path, column, clusters, splits)
    return splits, f"by {name}"


def _refuse_divided_clusters(
    path: Path, column: str, clusters: Mapping[str, str], splits: Mapping[str, str]
) -> None:
    first: dict[str, str] = {}
    for entry, split in splits.items():
        other = first.setdefault(clusters[entry], entry) if entry in clusters else entry
        if splits[other] != split:
            raise UserError(
                f"The table {path} puts {other} into '{splits[other]}' and {entry} into "
                f"'{split}', though both belong to {column} {clusters[entry]}: a network would be "
                "tested on what it has seen; put the whole cluster into one split."
            )


def _groups(entries: list[str], columns: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """For each entry, the first entry of its group: all entries linked by any clusters."""
    leader = {entry: entry for entry in entries}

    def root(entry: str) -> str:
        while leader[entry] != entry:
            leader[entry] = leader[leader[entry]]
            entry = leader[entry]
        return entry

    for clusters in columns:
        first: dict[str, str] = {}
        for entry in entries:
            if entry in clusters:
                one, other = root(first.setdefault(clusters[entry], entry)), root(entry)
                leader[max(one, other)] = min(one, other)
    return {entry: root(entry) for entry in entries}


def drawn_by_group(group: Mapping[str, str], seed: int) -> dict[str, str]:
    """Random splits: whole groups go into val and test until each holds 5 % of the entries, all
    others into train.

    The order of the groups is that of a hash, which does not depend on a library's random numbers.
    """
    order = sorted(
        set(group.values()), key=lambda g: hashlib.sha256(f"{seed} {g}".encode()).digest()
    )
    wanted = HELD_BACK * len(group)
    sizes: defaultdict[str, int] = defaultdict(int)
    for its in group.values():
        sizes[its] += 1
    splits: dict[str, str] = {}
    waiting, held = ["val", "test"], 0
    for i, name in enumerate(order):
        # The last group goes into train, so that train is never empty.
        if waiting and i < len(order) - 1:
            splits[name] = waiting[0]
            held += sizes[name]
            if held >= wanted:
                waiting, held = waiting[1:], 0
        else:
            splits[name] = "train"
    return {entry: splits[its] for entry, its in group.items()}
