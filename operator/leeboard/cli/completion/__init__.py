"""`leeboard completion`: what a shell offers after TAB, from the parsers and, for names, from the cluster."""
