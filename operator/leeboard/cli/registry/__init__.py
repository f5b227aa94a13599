"""Moving versions into a registry and out of it: import, export, restore."""
