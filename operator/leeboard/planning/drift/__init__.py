"""From figures to a verdict, and from a verdict to an episode and what is asked of others."""
