"""Every change to a library, one file each, and nothing else."""
