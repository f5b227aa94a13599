"""The ports of the pods that serve."""

from datetime import timedelta

HTTP_PORT, FEEDBACK_PORT, GRPC_PORT, METRICS_PORT = 8080, 8081, 8082, 9090
PRE_STOP = timedelta(seconds=5)
"""How long a pod that is being deleted still answers, so that every proxy has taken it out of its list by then."""
