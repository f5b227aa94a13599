"""How fast the server answers, beside its peers, on the same machine in the same run."""
