"""Looking at the result: :func:`overlay.draw` over the photograph, :func:`scene3d.figure` in space."""
