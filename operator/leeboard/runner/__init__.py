"""What runs inside a training pod."""
