"""Header compression against the examples of its standard, and against itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leeboard_serving.server.http2.faults import ConnectionFault, ErrorCode
from leeboard_serving.server.http2.header_compression import TABLE_SIZE, Decoder, encoded
from leeboard_serving.server.http2.huffman import decoded

FIRST = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"www.example.com")]
SECOND = [*FIRST, (b"cache-control", b"no-cache")]
THIRD = [
    *((b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/index.html"), (b":authority", b"www.example.com")),
    (b"custom-key", b"custom-value"),
]


def decoder(most: int = 1 << 15) -> Decoder:
    return Decoder(most)


@pytest.mark.parametrize(
    "blocks",
    [
        (
            "828684410f7777772e6578616d706c652e636f6d",
            "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ),
        (
            "828684418cf1e3c2e5f23a6ba0ab90f4ff",
            "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ),
    ],
    ids=["C.3", "C.4"],
)
def test_the_examples_of_the_standard(blocks):
    """RFC 7541, C.3 and C.4: three heads of one connection, without and with the Huffman code."""
    one = decoder()
    assert [one.decode(bytes.fromhex(block)) for block in blocks] == [FIRST, SECOND, THIRD]


def test_literals_that_nobody_remembers():
    """RFC 7541, C.2.2 and C.2.3."""
    one = decoder()
    assert one.decode(bytes.fromhex("040c2f73616d706c652f70617468")) == [(b":path", b"/sample/path")]
    assert one.decode(bytes.fromhex("100870617373776f726406736563726574")) == [(b"password", b"secret")]
    assert one.changes == 0


def test_entries_leave_a_table_that_is_full():
    one = decoder()
    first, second = (b"a" * 1000, b"b" * 2000), (b"c" * 1000, b"d" * 2000)
    for name, value in (first, second):
        block = encoded((name, value))
        assert one.decode(b"\x40" + block[1:]) == [(name, value)]
    assert one.decode(b"\xbe") == [second]
    with pytest.raises(ConnectionFault):
        one.decode(b"\xbf")


def test_a_smaller_table_forgets():
    one = decoder()
    one.decode(b"\x40" + encoded((b"x", b"y"))[1:])
    assert one.decode(b"\xbe") == [(b"x", b"y")]
    assert one.decode(b"\x20\x82") == [(b":method", b"GET")]
    with pytest.raises(ConnectionFault):
        one.decode(b"\xbe")


@pytest.mark.parametrize(
    "block",
    [
        b"\x80",
        b"\xbe",
        b"\xff\xff\xff\xff\xff\xff\xff",
        b"\x40",
        b"\x40\x01",
        b"\x40\x7f\xff\xff\xff\xff\x0f",
        b"\x3f\xe2\x1f",
        b"\x82\x20",
        b"\x00\x81\xff",
        b"\x00\x84\xff\xff\xff\xff\x00",
        b"\x00\x81\x00",
    ],
    ids=[
        *("index 0", "no such entry", "a number without an end", "no name", "a cut name", "a text of gigabytes"),
        *("a table that is too large", "a change within a head", "padding of a whole byte", "the end's code"),
        "padding of zeros",
    ],
)
def test_what_is_no_head_ends_the_connection(block):
    with pytest.raises(ConnectionFault) as caught:
        decoder().decode(block)
    assert caught.value.code == ErrorCode.COMPRESSION_ERROR


def test_a_few_bytes_cannot_become_a_large_head():
    """An entry of 4 KB, named a thousand times by one byte each."""
    one = decoder(8192)
    one.decode(b"\x40" + encoded((b"x", b"y" * (TABLE_SIZE - 33)))[1:])
    assert one.decode(b"\xbe" * 1000) is None
    assert one.decode(b"\x82") == [(b":method", b"GET")]


FIELDS = st.lists(st.tuples(st.binary(min_size=1, max_size=300), st.binary(max_size=300)), max_size=20)


@given(FIELDS)
def test_what_is_encoded_is_decoded(fields):
    assert decoder(1 << 20).decode(encoded(*fields)) == fields


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_fields_or_a_fault(blocks):
    one = decoder()
    try:
        for block in blocks:
            found = one.decode(block)
            assert found is None or all(isinstance(part, bytes) for field in found for part in field)
    except ConnectionFault as fault:
        assert fault.code == ErrorCode.COMPRESSION_ERROR


def test_every_byte_has_its_code():
    """RFC 7541, appendix B: some codes of each length, by their bits."""
    codes = {
        "00000": b"0", "00111": b"o", "010100": b" ", "1011100": b":", "11111000": b"&", "1111111000": b"!",
        "11111111010": b"'", "111111111010": b"#", "1111111111000": b"\0", "11111111111100": b"^",
        "111111111111100": b"<", "1111111111111110000": b"\\", "11111111111111100110": b"\x80",
        "111111111111111111111111111100": b"\n",
    }  # fmt: skip
    for bits, letter in codes.items():
        padded = bits + "1" * (-len(bits) % 8)
        assert decoded(int(padded, 2).to_bytes(len(padded) // 8, "big")) == letter
