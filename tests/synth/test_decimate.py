from __future__ import annotations

import numpy as np
import pytest

from people3d.synth.decimate import simplify


def _sphere(rings: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """A closed ball of triangles, outwards."""
    from scipy.spatial import ConvexHull

    i = np.arange(rings * rings)
    z = 1 - 2 * (i + 0.5) / len(i)
    angle = i * np.pi * (3 - 5**0.5)
    points = np.stack([np.cos(angle) * np.sqrt(1 - z**2), np.sin(angle) * np.sqrt(1 - z**2), z], 1)
    faces = ConvexHull(points).simplices
    a, b, c = (points[faces[:, k]] for k in range(3))
    inwards = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    faces[inwards] = faces[inwards][:, ::-1]
    return points, faces


def _volume(points: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (points[faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c))) / 6


def test_a_ball_stays_closed_and_round():
    points, faces = _sphere()
    kept, coarse = simplify(points, faces, 150, np.ones(len(points)))
    assert len(coarse) <= 150 and coarse.max() == len(kept) - 1
    edges = {tuple(sorted((int(f[k]), int(f[k - 1])))) for f in coarse for k in range(3)}
    assert len(kept) - len(edges) + len(coarse) == 2  # Euler: closed, no handle
    assert _volume(points[kept], coarse) == pytest.approx(_volume(points, faces), rel=0.1)


def test_locked_vertices_stay():
    points, faces = _sphere()
    importance = np.ones(len(points))
    importance[:20] = np.inf
    kept, _ = simplify(points, faces, 100, importance)
    assert set(range(20)) <= set(kept.tolist())
