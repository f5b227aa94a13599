"""Pure planning: snapshot and now in, plan out."""
