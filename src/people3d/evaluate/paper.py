"""The numbers of the paper's tables (Moon, Chang and Lee, ICCV 2019: main text 1 to 6, supplement 7 to 10).

Labels are the paper's; "Ours" there is the paper's method. Columns of sequences and actions follow the data sets.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperTable:
    """``rows`` are a label and one number a column, None where the paper has none."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


def _table(title: str, columns: str, text: str) -> PaperTable:
    """From lines of ``label | numbers``; a row of fewer numbers than columns gives the last ones."""
    names, rows = tuple(columns.split()), []
    for line in text.strip().splitlines():
        label, numbers = line.split(" | ")
        values = [float(n) for n in numbers.split()]
        rows.append((label.strip(), (*[None] * (len(names) - len(values)), *values)))
    return PaperTable(title, names, tuple(rows))


_ACTIONS = "Dir. Dis. Eat Gre. Phon. Pose Pur. Sit SitD. Smo. Phot. Wait Walk WalkD. WalkP. Avg"
_SEQUENCES = "S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 Avg"
_GROUPS = "Hd. Nck. Sho. Elb. Wri. Hip Kn. Ank. Avg"

PAPER_TABLES: dict[int, PaperTable] = {
    1: _table(
        "Joint and disjoint learning of RootNet and PoseNet, Human3.6M protocol 2: mm, and seconds per frame",
        "MRPE MPJPE s",
        """
        Joint learning | 138.2 116.7 0.132
        Disjoint learning (Ours) | 120.0 57.3 0.141
        """,
    ),
    2: _table(
        "DetectNet and RootNet settings, MuPoTS-3D: %",
        "AP_box AP_root_25 AUC 3DPCK_abs",
        """
        R50, k alone | 43.8 5.2 39.2 9.6
        R50, RootNet | 43.8 28.5 39.8 31.5
        X101-32, RootNet | 45.0 31.0 39.8 31.5
        true boxes, RootNet | 100.0 31.4 39.8 31.6
        true boxes, true roots | 100.0 100.0 39.8 80.2
        """,
    ),
    3: _table(
        "PA-MPJPE on Human3.6M, protocol 1: mm",
        _ACTIONS,
        """
        Yasin [50] | 88.4 72.5 108.5 110.2 97.1 81.6 107.2 119.0 170.8 108.2 142.5 86.9 92.1 165.7 102.0 108.3
        Rogez [40] | 88.1
        Chen [5] | 71.6 66.6 74.7 79.1 70.1 67.6 89.3 90.7 195.6 83.5 93.3 71.2 55.7 85.9 62.5 82.7
        Moreno [32] | 67.4 63.8 87.2 73.9 71.5 69.9 65.1 71.7 98.6 81.3 93.3 74.6 76.5 77.7 74.6 76.5
        Zhou [53] | 47.9 48.8 52.7 55.0 56.8 49.0 45.5 60.8 81.1 53.7 65.5 51.6 50.4 54.8 55.9 55.3
        Martinez [26] | 39.5 43.2 46.4 47.0 51.0 41.4 40.6 56.5 69.4 49.2 56.0 45.0 38.0 49.5 43.1 47.7
        Kanazawa [19] | 56.8
        Sun [43] | 42.1 44.3 45.0 45.4 51.5 43.2 41.3 59.3 73.3 51.0 53.0 44.0 38.3 48.0 44.8 48.3
        Fang [7] | 38.2 41.7 43.7 44.9 48.5 40.2 38.2 54.5 64.4 47.2 55.3 44.3 36.7 47.3 41.7 45.7
        Sun [44] | 36.9 36.2 40.6 40.4 41.9 34.9 35.7 50.1 59.4 40.4 44.9 39.0 30.8 39.8 36.7 40.6
        Ours (PoseNet) | 31.0 30.6 39.9 35.5 34.8 30.2 32.1 35.0 43.8 35.7 37.6 30.1 24.6 35.7 29.3 34.0
        Ours (Full) | 32.5 31.5 41.5 36.7 36.3 31.9 33.2 36.5 44.4 36.7 38.7 31.2 25.6 37.1 30.5 35.2
        """,
    ),
    4: _table(
        "MPJPE on Human3.6M, protocol 2: mm",
        _ACTIONS,
        """
        Chen [5] | 89.9 97.6 90.0 107.9 107.3 93.6 136.1 133.1 240.1 106.7 139.2 106.2 87.0 114.1 90.6 114.2
        Tome [46] | 65.0 73.5 76.8 86.4 86.3 68.9 74.8 110.2 173.9 85.0 110.7 85.8 71.4 86.3 73.1 88.4
        Moreno [32] | 69.5 80.2 78.2 87.0 100.8 76.0 69.7 104.7 113.9 89.7 102.7 98.5 79.2 82.4 77.2 87.3
        Zhou [53] | 68.7 74.8 67.8 76.4 76.3 84.0 70.2 88.0 113.8 78.0 98.4 90.1 62.6 75.1 73.6 79.9
        Jahangiri [17] | 74.4 66.7 67.9 75.2 77.3 70.6 64.5 95.6 127.3 79.6 79.1 73.4 67.4 71.8 72.8 77.6
        Mehta [28] | 57.5 68.6 59.6 67.3 78.1 56.9 69.1 98.0 117.5 69.5 82.4 68.0 55.3 76.5 61.4 72.9
        Martinez [26] | 51.8 56.2 58.1 59.0 69.5 55.2 58.1 74.0 94.6 62.3 78.4 59.1 49.5 65.1 52.4 62.9
        Kanazawa [19] | 88.0
        Fang [7] | 50.1 54.3 57.0 57.1 66.6 53.4 55.7 72.8 88.6 60.3 73.3 57.7 47.5 62.7 50.6 60.4
        Sun [43] | 52.8 54.8 54.2 54.3 61.8 53.1 53.6 71.7 86.7 61.5 67.2 53.4 47.1 61.6 63.4 59.1
        Sun [44] | 47.5 47.7 49.5 50.2 51.4 43.8 46.4 58.9 65.7 49.4 55.8 47.8 38.9 49.0 43.8 49.6
        Ours (PoseNet) | 50.5 55.7 50.1 51.7 53.9 46.8 50.0 61.9 68.0 52.5 55.9 49.9 41.8 56.1 46.9 53.3
        Rogez [41] | 76.2 80.2 75.8 83.3 92.2 79.9 71.7 105.9 127.1 88.0 105.7 83.7 64.9 86.6 84.0 87.7
        Mehta [29] | 58.2 67.3 61.2 65.7 75.8 62.2 64.6 82.0 93.0 68.8 84.5 65.1 57.6 72.0 63.6 69.9
        Ours (Full) | 51.5 56.8 51.2 52.2 55.2 47.7 50.9 63.3 69.9 54.2 57.4 50.4 42.5 57.5 47.7 54.4
        """,
    ),
    5: _table(
        "Root-relative 3DPCK on MuPoTS-3D by sequence: %",
        _SEQUENCES,
        """
        Rogez [41], all | 67.7 49.8 53.4 59.1 67.5 22.8 43.7 49.9 31.1 78.1 50.2 51.0 51.6 49.3 \
        56.2 66.5 65.2 62.9 66.1 59.1 53.8
        Mehta [29], all | 81.0 60.9 64.4 63.0 69.1 30.3 65.0 59.6 64.1 83.9 68.0 68.6 62.3 59.2 \
        70.1 80.0 79.6 67.3 66.6 67.2 66.0
        Ours, all | 94.4 77.5 79.0 81.9 85.3 72.8 81.9 75.7 90.2 90.4 79.2 79.9 75.1 72.7 81.1 89.9 \
        89.6 81.8 81.7 76.2 81.8
        Rogez [41], matched | 69.1 67.3 54.6 61.7 74.5 25.2 48.4 63.3 69.0 78.1 53.8 52.2 60.5 60.9 \
        59.1 70.5 76.0 70.0 77.1 81.4 62.4
        Mehta [29], matched | 81.0 65.3 64.6 63.9 75.0 30.3 65.1 61.1 64.1 83.9 72.4 69.9 71.0 72.9 \
        71.3 83.6 79.6 73.5 78.9 90.9 70.8
        Ours, matched | 94.4 78.6 79.0 82.1 86.6 72.8 81.9 75.8 90.2 90.4 79.4 79.9 75.3 81.0 81.0 \
        90.7 89.6 83.1 81.7 77.3 82.5
        """,
    ),
    6: _table(
        "Root-relative 3DPCK on MuPoTS-3D by joint, all true people: %",
        _GROUPS,
        """
        Rogez [41] | 49.4 67.4 57.1 51.4 41.3 84.6 56.3 36.3 53.8
        Mehta [29] | 62.1 81.2 77.9 57.7 47.2 97.3 66.3 47.6 66.0
        Ours | 79.1 92.6 85.1 79.4 67.0 96.6 85.7 73.1 81.8
        """,
    ),
    7: _table(
        "Localisation of the root, Human3.6M protocol 2: mm",
        "MRPE MRPE_x MRPE_y MRPE_z",
        """
        Baseline [41, 28] | 267.8 27.5 28.3 261.9
        W/o limb joints | 226.2 24.5 24.9 220.2
        RANSAC | 213.1 24.3 24.3 207.1
        RootNet (Ours) | 120.0 23.3 23.0 108.1
        """,
    ),
    8: _table(
        "Seconds per frame (TitanX Maxwell)",
        "DetectNet RootNet PoseNet total",
        """
        Ours | 0.120 0.010 0.011 0.141
        """,
    ),
    9: _table(
        "Absolute 3DPCK on MuPoTS-3D by sequence: %",
        _SEQUENCES,
        """
        Ours, all | 59.5 44.7 51.4 46.0 52.2 27.4 23.7 26.4 39.1 23.6 18.3 14.9 38.2 26.5 36.8 23.4 \
        14.4 19.7 18.8 25.1 31.5
        Ours, matched | 59.5 45.3 51.4 46.2 53.0 27.4 23.7 26.4 39.1 23.6 18.3 14.9 38.2 29.5 36.8 \
        23.6 14.4 20.0 18.8 25.4 31.8
        """,
    ),
    10: _table(
        "Absolute 3DPCK on MuPoTS-3D by joint, all true people: %",
        _GROUPS,
        """
        Ours | 37.3 35.3 33.7 33.8 30.4 30.3 31.0 25.0 31.5
        """,
    ),
}
