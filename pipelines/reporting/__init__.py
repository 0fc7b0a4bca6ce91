"""What a person sees of a run: the screen, the HTML report, Kubeflow's pages; begin with console.py."""
