"""`leeboard describe`: what is with one object, on one screen."""
