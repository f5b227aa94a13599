"""A cluster that somebody has, used for the demo: its own programs and servers come into a namespace of their own."""
