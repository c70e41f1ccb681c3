"""The data sets that can be packed, checked and browsed, by name. A new one is one file and one line here."""

from __future__ import annotations

from people3d.data.coco import COCO
from people3d.data.human36m import HUMAN36M
from people3d.data.labels import Dataset
from people3d.data.mpi_inf_3dhp import MPI_INF_3DHP
from people3d.data.mpii import MPII
from people3d.data.muco import MUCO
from people3d.data.mupots import MUPOTS
from people3d.data.own import OWN
from people3d.data.pw3d import PW3D

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset for dataset in (HUMAN36M, MPII, MUCO, COCO, MUPOTS, PW3D, MPI_INF_3DHP, OWN)
}


def get_dataset(name: str) -> Dataset:
    """Raises ``ValueError`` listing the names there are."""
    if name not in DATASETS:
        raise ValueError(f"no data set {name!r}; there are {', '.join(DATASETS)}")
    return DATASETS[name]
