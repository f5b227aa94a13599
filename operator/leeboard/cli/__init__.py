"""The leeboard command."""
