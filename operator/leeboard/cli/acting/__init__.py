"""The commands that ask the operator for something: an annotation, set as the user, and the operator's answer."""
