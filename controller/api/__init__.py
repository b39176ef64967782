"""The REST face: what a program or a browser asks of the service. No rule of the domain lives here."""
