"""Huawei Cloud VOD: its words, bodies and errors, and nothing of it anywhere else."""
