"""The record of exchanges, and the questions asked of it."""
