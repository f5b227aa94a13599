"""`leeboard why`: one timeline from cause to champion."""
