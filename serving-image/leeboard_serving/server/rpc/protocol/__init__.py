"""The messages that go over the wire; the modules `*_pb2` are generated from the .proto files beside them."""
