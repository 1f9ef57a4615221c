"""Write one small valid file for each reader, which the fuzzer then damages."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.dataset_building.build_crystals import build_material_dataset
from patterson_gui.io.dataset_building.build_proteins import build_dataset
from patterson_gui.io.datasets.crystals import MaterialDataSetSettings
from patterson_gui.io.datasets.proteins import DataSetSettings, cube
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.materials import write_materials
from patterson_gui.io.sessions.files import mark_of, write_session
from patterson_gui.io.sessions.session import (
    CameraPart,
    LayerPart,
    OpenedPart,
    PredictionPart,
    Session,
    ViewPart,
    WindowPart,
)
from patterson_gui.io.training.run_folder import (
    EpochRecord,
    Preview,
    RunFolder,
    write_metrics,
    write_preview,
)
from tests.crystal.example_materials import hematite, perovskite, rock_salt
from tests.io import reflection_files as reflections
from tests.io.dipeptide import PDB
from tests.io.small_proteins import write_protein

_SMALL_CIF = (
    reflections.CELL_CORE.replace("x,y,z -x,1/2+y,1/2-z", "x,y,z\n'-x,1/2+y,1/2-z'\n").replace(
        " -x,-y,-z x,1/2-y,1/2+z", "'-x,-y,-z'\n'x,1/2-y,1/2+z'"
    )
    + """_chemical_formula_sum 'C10 H12 O2'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_U_iso_or_equiv
_atom_site_occupancy
O1 O 0.1234(5) 0.2345(4) 0.3456(3) 0.045 1
C1 C 0.2234 0.3345 0.4456 0.050 1
C2 C 0.3234 0.1345 0.2456 0.050 0.5
H1 H 0.4234 0.0345 0.1456 0.060 1
"""
)
_RES = """TITL test in P2(1)/c
CELL 0.71073 8.5 9.5 12.5 90 103 90
ZERR 4 0 0 0 0 0 0
LATT 1
SYMM -x, 1/2+y, 1/2-z
SFAC C H O
UNIT 40 48 8
L.S. 4
FVAR 1.0 0.5
O1 3 0.12340 0.23450 0.34560 11.00000 0.04500 0.05 0.06 =
  0.01 0.02 0.01
C1 1 0.22340 0.33450 0.44560 11.00000 0.05000
C2 1 0.32340 0.13450 0.24560 21.00000 0.05000
AFIX 43
H1 2 0.42340 0.03450 0.14560 11.00000 -1.20000
AFIX 0
HKLF 4
END
"""
_XSF = """CRYSTAL
PRIMVEC
 5.64 0.0 0.0
 0.0 5.64 0.0
 0.0 0.0 5.64
PRIMCOORD
 2 1
 11 0.0 0.0 0.0
 17 2.82 2.82 2.82
"""
_GEN = """2 S
Na Cl
1 1 0.0 0.0 0.0
2 2 2.82 2.82 2.82
0 0 0
5.64 0 0
0 5.64 0
0 0 5.64
"""
_CFG = """Number of particles = 2
A = 1.0 Angstrom (basic length-scale)
H0(1,1) = 5.64 A
H0(1,2) = 0 A
H0(1,3) = 0 A
H0(2,1) = 0 A
H0(2,2) = 5.64 A
H0(2,3) = 0 A
H0(3,1) = 0 A
H0(3,2) = 0 A
H0(3,3) = 5.64 A
.NO_VELOCITY.
entry_count = 3
22.98977
Na
0.0 0.0 0.0
35.453
Cl
0.5 0.5 0.5
"""
_CHGCAR = (
    "NaCl\n1.0\n 4 0 0\n 0 4 0\n 0 0 4.5\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n\n 6 6 6\n"
    + "".join(f" {0.01 * i:.10E}" + ("\n" if i % 5 == 4 else "") for i in range(216))
    + "\naugmentation occupancies 1 3\n 0.1E+00 0.2E+00 0.3E+00\n"
)
_QE = """&SYSTEM
 ibrav = 0, nat = 2, ntyp = 2, ecutwfc = 30
/
ATOMIC_SPECIES
Na 22.99 Na.upf
Cl 35.45 Cl.upf
CELL_PARAMETERS angstrom
5.64 0 0
0 5.64 0
0 0 5.64
ATOMIC_POSITIONS crystal
Na 0 0 0
Cl 0.5 0.5 0.5
"""
_AIMS = """lattice_vector 5.64 0 0
lattice_vector 0 5.64 0
lattice_vector 0 0 5.64
atom 0.0 0.0 0.0 Na
atom 2.82 2.82 2.82 Cl
"""
_BUNDLE = Path(__file__).parents[1] / "older_files" / "bundle-1.pgz"
_TABLE = "entry\tsplit\tcluster30\n1abc\ttrain\t1\n2abc\tval\t2\n3abc\ttest\t3\n"


def write_seeds(folder: Path) -> dict[str, Path]:
    """The valid files by the name of their kind. Files of one kind share a folder."""
    seeds: dict[str, Path] = {}

    def put(kind: str, name: str, write: Callable[[Path], object]) -> Path:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        path = folder / kind / name
        write(path)
        seeds[kind] = path
        return path

    def text(kind: str, name: str, content: str) -> Path:
        return put(kind, name, lambda path: path.write_text(content, encoding="utf-8"))

    _models(text, put)
    _reflections(text, put)
    _maps_and_bundles(put)
    _data_sets(folder, put)
    _training(folder, text, put, seeds)
    text("split table", "splits.tsv", _TABLE)
    text("settings", "settings.json", _settings())
    put("pgsession", "a.pgsession", _session)
    return seeds


def _session(path: Path) -> None:
    """A session of a model with a prediction, as the window writes it."""
    model = path.with_name("model.pdb")
    model.write_text(PDB)
    when = datetime(2026, 11, 30, tzinfo=UTC)
    mark = mark_of(model, path.parent)
    name = "prediction-0123456789abcdef.pgz"
    session = Session(
        name="a",
        saved=when,
        opened=OpenedPart(file=mark, beside=(mark,), model=mark, box_if_no_cell=True),
        truth=mark,
        predictions=(PredictionPart(name="one", time=when, bundle=name, r=0.5, shown=True),),
        view=ViewPart(layers={"true": LayerPart(level=1.5, style="surface")}),
        window=WindowPart(
            cameras={"true": CameraPart(rotation=(1, 0, 0, 0), target=(1, 2, 3), span=9)},
            docks="AAAA",
        ),
    )
    write_session(path, session, {name: lambda to: shutil.copy(_BUNDLE, to)})


def _models(text: Callable[..., Path], put: Callable[..., Path]) -> None:
    structure = gemmi.read_pdb_string(PDB)
    structure.setup_entities()
    text("pdb", "model.pdb", PDB)
    text("mmcif", "model.cif", structure.make_mmcif_document().as_string())
    text("cif", "small.cif", _SMALL_CIF)
    text("res", "model.res", _RES)
    crystals = [rock_salt(), perovskite(), hematite()]
    put("extxyz", "crystals.extxyz", lambda path: write_materials(path, crystals))
    put("poscar", "POSCAR", lambda path: write_materials(path, [rock_salt()]))
    for kind, content in (
        ("xsf", _XSF), ("gen", _GEN), ("cfg", _CFG), ("espresso", _QE), ("aims", _AIMS),
        ("chgcar", _CHGCAR),
    ):  # fmt: skip
        text(kind, f"atoms.{kind}", content)


def _reflections(text: Callable[..., Path], put: Callable[..., Path]) -> None:
    f, sigma, hkl = reflections.F, reflections.SIGMA, reflections.HKL
    columns = [
        ("FP", "F", f),
        ("SIGFP", "Q", sigma),
        ("I", "J", f**2),
        ("SIGI", "Q", 2 * f * sigma),
    ]
    put("mtz", "data.mtz", lambda path: reflections.write_mtz(path, columns))
    core = reflections.CELL_CORE
    items = {"F_meas_au": f, "F_meas_sigma_au": sigma.round(3)}
    cell = core.replace("_cell_length_", "_cell.length_").replace("_cell_angle_", "_cell.angle_")
    cell = cell.replace("_symmetry_equiv_pos_as_xyz", "_symmetry_equiv.pos_as_xyz")
    text("mmcif-sf", "data-sf.cif", cell + reflections.cif_loop("_refln", items))
    squared = {"F_squared_meas": (f**2).round(2), "F_squared_sigma": (2 * f * sigma).round(2)}
    text("fcf", "data.fcf", core + reflections.cif_loop("_refln", squared, "_"))
    text("hkl", "data.hkl", reflections.hkl_text())
    put("hkl", "data.ins", lambda path: path.write_text(reflections.INS))
    text("ins", "data.ins", reflections.INS)
    put("hkl", "data.hkl", lambda path: path.write_text(reflections.hkl_text()))
    (text("ins", "data.hkl", reflections.hkl_text()), text("ins", "data.ins", reflections.INS))
    head = (
        "!FORMAT=XDS_ASCII    MERGE=FALSE    FRIEDEL'S_LAW=TRUE\n!SPACE_GROUP_NUMBER=   14\n"
        "!UNIT_CELL_CONSTANTS= 8.5 9.5 12.5 90.000 103.000 90.000\n!X-RAY_WAVELENGTH= 0.71073\n"
        "!NUMBER_OF_ITEMS_IN_EACH_DATA_RECORD=5\n!ITEM_H=1\n!ITEM_K=2\n!ITEM_L=3\n!ITEM_IOBS=4\n"
        "!ITEM_SIGMA(IOBS)=5\n!END_OF_HEADER\n"
    )
    rows = zip(hkl.tolist(), f, sigma, strict=True)
    body = "".join(
        f"{h:6d}{k:6d}{m:6d}{a * a:12.3E}{2 * a * s:12.3E}\n" for (h, k, m), a, s in rows
    )
    text("xds", "XDS_ASCII.HKL", f"{head}{body}!END_OF_DATA\n")
    rows = zip(hkl.tolist(), f, sigma, strict=True)
    body = "".join(f"{h:4d}{k:4d}{m:4d}{a * a:8.1f}{2 * a * s:8.1f}\n" for (h, k, m), a, s in rows)
    cell_line = "     8.500     9.500    12.500    90.000   103.000    90.000 p21/c\n"
    text("scalepack", "data.sca", f"    1\n -985\n{cell_line}{body}")


def _maps_and_bundles(put: Callable[..., Path]) -> None:
    structure = gemmi.read_pdb_string(PDB)
    structure.name = "ala-gly"
    crystal = make_fragment(structure, "A", "1", "2", d_min=2.0)
    grid = np.random.default_rng(1).normal(size=(12, 12, 12)).astype(np.float32)
    group = gemmi.SpaceGroup("P 1")
    density = DensityMap(grid, gemmi.UnitCell(10, 10, 10, 90, 90, 90), group, MapKind.TRUE, 2.0)
    put("ccp4", "density.ccp4", lambda path: write_map(path, density))
    put("pgz", "bundle.pgz", lambda path: write_bundle(path, crystal))


def _data_sets(folder: Path, put: Callable[..., Path]) -> None:
    (folder / "models").mkdir()
    write_protein(folder / "models" / "1abc.pdb", "ALA GLY SER ALA")
    settings = DataSetSettings(cell=cube(30.0))
    put(
        "hdf5 proteins", "proteins.h5",
        lambda path: build_dataset([folder / "models"], path, settings, jobs=1),
    )  # fmt: skip
    crystals = folder / "extxyz" / "crystals.extxyz"
    put(
        "hdf5 crystals", "crystals.h5",
        lambda path: build_material_dataset([crystals], path, MaterialDataSetSettings()),
    )  # fmt: skip


def _training(
    folder: Path, text: Callable[..., Path], put: Callable[..., Path], seeds: dict[str, Path]
) -> None:
    from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
    from patterson_gui.io.training.settings import TrainingSettings, write_settings
    from patterson_gui.nets.architectures.registry import build
    from patterson_gui.nets.architectures.weights import save_weights
    from patterson_gui.nets.training.checkpoints import Checkpoint, save_checkpoint
    from patterson_gui.nets.training.state import Position

    config = {"narrow": 2, "wide": 3, "blocks": 1}
    network = build("resunet1", config)
    card = ModelCard(
        name="small", network="resunet1", config=config,
        scales=CardScales(patterson=300.0, density=3.0),
        data=SeenData(cell_edges=(12.0, 12.0), d_min=(1.5, 2.0), shapes=((24, 24, 24),)),
    )  # fmt: skip
    state = network.state_dict()
    put("weights", "small.safetensors", lambda path: save_weights(path, state, card))
    put("card", "small.safetensors", lambda path: save_weights(path, state, card))
    seeds["card"] = folder / "card" / "small.json"
    record = EpochRecord(
        epoch=1, step=1, samples=4, seconds=1.0, learning_rate=0.1, train_loss=0.3,
        shells=(2.0, 1.5), shell_phase_error_deg=(80.0, float("nan")),
    )  # fmt: skip
    position = Position(epoch=2, step=3, batch_size=4, accumulation=1, seconds=0.3)
    scales = {"patterson": 1.0, "density": 2.0}
    for kind in ("checkpoint index", "checkpoint part"):
        (folder / kind).mkdir()
        save_checkpoint(
            RunFolder(folder / kind),
            Checkpoint("resunet1", config, "ab", position, scales, (record,), state, {}, state),
        )
        seeds[kind] = folder / kind / "checkpoint.json"
    (seeds["checkpoint part"],) = (folder / "checkpoint part").glob("*.pt")
    put("metrics", "metrics.csv", lambda path: write_metrics(path, [record, record]))
    cube_ = np.ones((4, 4, 4), np.float32)
    cell = np.array([10.0, 10, 10, 90, 90, 90])
    preview = Preview(cube_, cube_, cube_, cell, 2.0, 1, "A-G")
    put("preview", "preview.npz", lambda path: write_preview(path, preview))
    training = TrainingSettings.model_validate({"data": "a.h5", "output": "run"})
    put("training settings", "settings.json", lambda path: write_settings(path, training))


def _settings() -> str:
    from patterson_gui.app.settings import Settings

    settings = Settings()
    settings.add_recent(Path("/data/a.pdb"))
    return json.dumps(settings.model_dump(mode="json"))
