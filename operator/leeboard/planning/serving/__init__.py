"""What serves one version: pod, Deployment, Services, and what its pods say about themselves."""
