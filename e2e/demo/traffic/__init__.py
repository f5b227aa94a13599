"""The demo's traffic: a client outside the cluster, in a process of its own, that counts what it sees."""

from e2e.demo.traffic.process import Traffic, TrafficError
from e2e.demo.traffic.segment import Segment, Target
from e2e.demo.traffic.state import TrafficState
from e2e.demo.traffic.whereabouts import Whereabouts

__all__ = ["Segment", "Target", "Traffic", "TrafficError", "TrafficState", "Whereabouts"]
