"""Start Lightning Fabric: the device, the precision and the number of processes of a training."""

import logging
import os

import torch
from lightning_fabric import Fabric

from patterson_gui.errors import UserError
from patterson_gui.io.training.settings import TrainingSettings


def start_fabric(settings: TrainingSettings) -> Fabric:
    """Launch Fabric on the device of the settings, for the processes that were started.

    `torchrun` and SLURM start several processes and set environment variables; without these a
    training is one process.

    Raises
    ------
    UserError : the settings ask for a GPU but torch finds none.
    """
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "No CUDA device can be used because torch sees none: choose the device cpu or auto, "
            "or install a CUDA build of torch."
        )
    gpu = settings.device != "cpu" and torch.cuda.is_available()
    if gpu:
        torch.set_float32_matmul_precision("high")
    here, machines = processes_started()
    half = settings.precision == "bf16" or (settings.precision == "auto" and gpu)
    # Its messages on standard error repeat the events.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    fabric = Fabric(
        accelerator="cuda" if gpu else "cpu",
        devices=here,
        num_nodes=machines,
        strategy="ddp" if here * machines > 1 else "auto",
        precision="bf16-mixed" if half else "32-true",
    )
    fabric.launch()
    return fabric


def leave_processes() -> None:
    """Leave the group of processes, if there is one."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def processes_started() -> tuple[int, int]:
    """The number of processes per machine, and of machines."""
    asked = os.environ
    if "LOCAL_WORLD_SIZE" in asked:  # torchrun
        here = int(asked["LOCAL_WORLD_SIZE"])
        return here, int(asked["WORLD_SIZE"]) // here
    # In an interactive SLURM session the tasks are allocated but not started.
    if "SLURM_PROCID" in asked and asked.get("SLURM_JOB_NAME") not in ("bash", "interactive"):
        machines = int(asked.get("SLURM_NNODES", 1))
        return int(asked.get("SLURM_NTASKS", 1)) // machines, machines
    return 1, 1
