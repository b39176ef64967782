"""How Cordon talks to devices; the only importer of Netmiko and Paramiko."""
