"""How traffic moves from one version to the next: selection, weights, analysis and the steps between."""
