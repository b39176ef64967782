"""Sheets to print: what to do by hand, in an order to walk, for people whose screens are dark."""
