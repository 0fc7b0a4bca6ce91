"""From a config to a cluster's file and its images; begin with container_plan.py."""
