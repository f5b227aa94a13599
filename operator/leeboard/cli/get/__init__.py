"""`leeboard get`: tables of models, versions, runs and monitors."""
