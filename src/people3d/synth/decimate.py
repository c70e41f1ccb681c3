"""A coarser mesh on a subset of a mesh's own vertices, so that shapes, weights and regressions stay valid as they are.

Half-edge collapses in the order of Garland and Heckbert's quadric error (1997): a vertex is merged into a neighbour,
never moved.
"""

from __future__ import annotations

import heapq

import numpy as np


def simplify(vertices: np.ndarray, faces: np.ndarray, target: int, importance: np.ndarray) -> tuple:
    """Collapse edges until ``target`` triangles are left or no edge can be collapsed.

    Args:
        vertices: (V, 3). faces: (F, 3).
        importance: (V,) what a vertex's error is multiplied with; infinite keeps the vertex.

    Returns:
        ``(kept, faces)``: (K,) indices of the vertices that are left, and (T, 3) triangles among those K.
    """
    triangles = {i: tuple(int(v) for v in f) for i, f in enumerate(faces)}
    around: list[set[int]] = [set() for _ in vertices]
    for i, f in triangles.items():
        for v in f:
            around[v].add(i)
    quadrics = _quadrics(vertices, faces) * np.minimum(importance, 1e9)[:, None, None]
    homogeneous = np.concatenate([vertices, np.ones((len(vertices), 1))], 1)
    locked = ~np.isfinite(importance)
    version = [0] * len(vertices)

    def neighbours(v: int) -> set[int]:
        return {w for t in around[v] for w in triangles[t]} - {v}

    def push(u: int, v: int) -> None:
        """The collapse of u into v."""
        if not locked[u]:
            p = homogeneous[v]
            cost = float(p @ (quadrics[u] + quadrics[v]) @ p) + 1e-9 * float(np.linalg.norm(vertices[u] - vertices[v]))
            heapq.heappush(heap, (cost, u, v, version[u], version[v]))

    heap: list = []
    for u in range(len(vertices)):
        for v in neighbours(u):
            push(u, v)
    while heap and len(triangles) > target:
        _, u, v, seen_u, seen_v = heapq.heappop(heap)
        if (version[u], version[v]) != (seen_u, seen_v) or not around[u]:
            continue
        shared = around[u] & around[v]
        if (
            len(shared) != 2
            or len(neighbours(u) & neighbours(v)) != 2
            or _flips(vertices, triangles, around[u] - shared, u, v)
        ):
            continue
        for t in shared:
            for w in triangles.pop(t):
                around[w].discard(t)
        for t in list(around[u]):
            triangles[t] = tuple(v if w == u else w for w in triangles[t])
            around[v].add(t)
        around[u].clear()
        quadrics[v] += quadrics[u]
        version[v] += 1
        for w in neighbours(v):
            push(v, w)
            push(w, v)
    kept = np.array(sorted({v for f in triangles.values() for v in f}))
    return kept, np.searchsorted(kept, np.array(list(triangles.values())))


def _quadrics(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 4, 4) sums over a vertex's triangles of the squared distance to their planes, by area."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    area = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-18)
    planes = np.concatenate([normals / area, -np.sum(normals / area * a, 1, keepdims=True)], 1)
    each = planes[:, :, None] * planes[:, None, :] * area[:, :, None]
    out = np.zeros((len(vertices), 4, 4))
    for i in range(3):
        np.add.at(out, faces[:, i], each)
    return out


def _flips(vertices, triangles, moved, u: int, v: int) -> bool:
    """Whether moving u to v turns a triangle over or makes it a sliver."""
    for t in moved:
        before = np.array([vertices[w] for w in triangles[t]])
        after = np.array([vertices[v if w == u else w] for w in triangles[t]])
        n0 = np.cross(before[1] - before[0], before[2] - before[0])
        n1 = np.cross(after[1] - after[0], after[2] - after[0])
        if n0 @ n1 < 0.2 * np.linalg.norm(n0) * np.linalg.norm(n1) or np.linalg.norm(n1) < 1e-10:
            return True
    return False
