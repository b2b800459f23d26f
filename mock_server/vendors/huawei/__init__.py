"""Huawei Cloud VOD: its states, bodies and errors. Nothing of this vendor is anywhere else."""
