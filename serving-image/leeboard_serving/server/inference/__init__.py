"""Inference requests and answers of the Open Inference Protocol v2, whatever carried them."""
