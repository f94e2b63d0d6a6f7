"""The contracts themselves: one OpenAPI 3.1 document in YAML for each documentation page."""
