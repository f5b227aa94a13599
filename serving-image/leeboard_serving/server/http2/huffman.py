"""The Huffman code of header compression. Source: RFC 7541, section 5.2 and appendix B.

The code is canonical: it follows from the length of each symbol's code. It is read four bits at a time, by a table of
the tree's nodes; no code is shorter than five bits, so that four bits complete one symbol at most.
"""

from __future__ import annotations

_LENGTHS = bytes.fromhex(
    "0d171c1c1c1c1c1c1c181e1c1c1e1c1c1c1c1c1c1c1c1e1c1c1c1c1c1c1c1c1c060a0a0c0d06080b0a0a080b080606060505"
    "050606060606060607080f060c0a0d06070707070707070707070707070707070707070707070807080d130d0e060f050605"
    "06050606060507070606060506070605050607070707070f0b0e0d1c14161414161616171617171717171817181816171817"
    "1717171516171617171816151416161717151716161815161717151516151716171714161616171616171a1a141316171619"
    "1a1a1a1b1b1a181913151a1b1b1a1b1815151a1a1c1b1b1b14181415161515171616191918181a171a1b1a1a1b1b1b1b1b1c"
    "1b1b1b1b1b1a1e"
)
"""Of the codes of the 256 bytes and of the end of a text, bits."""
_END = 256
_LONGEST_PADDING = 7


def _tree() -> list[list[int]]:
    """Nodes as their two children: another node (0 or more), a symbol as -1 - symbol."""
    nodes = [[0, 0]]
    code, before = 0, 0
    for symbol in sorted(range(_END + 1), key=lambda one: (_LENGTHS[one], one)):
        length = _LENGTHS[symbol]
        code <<= length - before
        before = length
        node = 0
        for bit in range(length - 1, 0, -1):
            side = code >> bit & 1
            if not nodes[node][side]:
                nodes[node][side] = len(nodes)
                nodes.append([0, 0])
            node = nodes[node][side]
        nodes[node][code & 1] = -1 - symbol
        code += 1
    return nodes


def _table(nodes: list[list[int]]) -> tuple[list[int], list[int]]:
    """By node and four bits: the node after them (-1: none), and the symbol that they complete (-1: none)."""
    following, symbols = [], []
    for start in range(len(nodes)):
        for nibble in range(16):
            node, symbol = start, -1
            for bit in (3, 2, 1, 0):
                node = nodes[node][nibble >> bit & 1]
                if node < 0:
                    node, symbol = 0, -1 - node
                    if symbol == _END:
                        node, symbol = -1, -1
                        break
            following.append(node)
            symbols.append(symbol)
    return following, symbols


def _ends(nodes: list[list[int]]) -> frozenset[int]:
    """Nodes at which a text may end: padding is the beginning of the code of its end, which is all ones."""
    found, node = {0}, 0
    for _ in range(_LONGEST_PADDING):
        node = nodes[node][1]
        found.add(node)
    return frozenset(found)


_NODES = _tree()
_FOLLOWING, _SYMBOLS = _table(_NODES)
_MAY_END = _ends(_NODES)


def decoded(data: bytes) -> bytes:
    """A text in its code. Raises ValueError where it is none."""
    node, text = 0, bytearray()
    for byte in data:
        for nibble in (byte >> 4, byte & 15):
            place = node << 4 | nibble
            node = _FOLLOWING[place]
            if node < 0:
                raise ValueError("the code of the end stands within a text")
            if (symbol := _SYMBOLS[place]) >= 0:
                text.append(symbol)
    if node not in _MAY_END:
        raise ValueError("a text ends within a code")
    return bytes(text)
