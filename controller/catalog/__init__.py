"""YAML that people write, checked whole and turned into the values of the domain.

``inventory``, ``profiles`` and ``playbooks`` each load one kind of file; ``site`` loads all three and reports
every mistake of every file at once; ``schema`` describes the formats to an editor. pydantic stays in here.
"""
