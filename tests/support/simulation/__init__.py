"""A cluster, its users and any number of operators in virtual time, for tests of what a crash or a race leaves."""
