"""Scores: metrics as pure functions, matching, one protocol a file, reports with their provenance."""
