"""Kubeflow's and Vertex's services: submit, schedule, follow; begin with service.py."""
