"""The figures that the demo's thresholds rest on: `python -m e2e.demo.study` prints them."""
