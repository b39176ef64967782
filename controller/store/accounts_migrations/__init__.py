"""Alembic's scripts for the accounts' database."""
