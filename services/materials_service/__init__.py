"""Grain coarsening as jobs behind a bounded queue."""
