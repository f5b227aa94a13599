"""What a DriftMonitor would find in a team's own data: false alarms where nothing drifted, power where it did."""
