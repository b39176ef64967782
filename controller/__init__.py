"""Cordon: cuts a hospital's network in stages, proves what is cut, brings it back by priority."""
