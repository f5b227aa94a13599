"""How requests reach the versions of a Model through a Gateway: routes with weights, and what becomes of them."""
