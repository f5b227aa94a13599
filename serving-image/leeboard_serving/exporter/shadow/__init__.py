"""Copies of the champion's requests for challengers: which are sent, how they are answered, and what the pairs say."""
