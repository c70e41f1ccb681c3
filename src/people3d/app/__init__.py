"""``people3d app``: a page in the browser (extra ``app``, docs/app.md)."""
