"""Pictures of the dashboards: `make dashboards`."""
