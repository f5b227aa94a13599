"""What cannot be said in ONNX."""


class Unconvertible(Exception):
    """A model, or a part of one, that is served as it was trained; the message says why, in words for its owner."""
