"""Every state that an object of the four kinds can be in, as the planners write it, and what GitOps tools have to make
of it."""
