"""`leeboard lineage`: where a version comes from, back to the first."""
