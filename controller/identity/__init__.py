"""How persons show who they are: passwords and the codes of authenticator apps."""
