"""Pictures of figures: pages that need nothing else, no scripts, no fonts, nothing from a network."""
