"""Reading what was drawn: XML without namespaces, and its elements by their class."""

from xml.etree import ElementTree


def parse(drawn):
    """Fails where it is not well-formed."""
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own text
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root


def of_class(root, names, tag=None):
    """The elements that have all of these classes."""
    wanted = set(names.split())
    return [one for one in root.iter() if wanted <= set(one.get("class", "").split()) and tag in (None, one.tag)]


def text(node):
    """All text in it, one space between words."""
    return " ".join(" ".join(node.itertext()).split())
