"""Any system of record with a JSON API, described wholly by the secret (see docs/systems-of-record.md)."""
