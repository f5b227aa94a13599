"""What runs inside a training pod: fetch brings code and data, launch runs the script, publish stores its result."""
