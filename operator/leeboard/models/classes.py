"""Classes as texts, by which the positive one is found whatever the type of the labels was."""

from typing import Any

import numpy as np


def class_text(value: Any) -> str:
    """A class as text, so that 1, 1.0, "1", True and "true" are the same one."""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, int | np.integer):
        return str(value)
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = str(value)
    return {"true": "1", "false": "0"}.get(text.lower(), text[:-2] if _is_whole(text) else text)


def _is_whole(text: str) -> bool:
    return text.endswith(".0") and text[:-2].lstrip("-").isdecimal()
