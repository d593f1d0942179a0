"""Fold texts for comparison, undo disguises, and keep the way back to the code points that were sent."""
