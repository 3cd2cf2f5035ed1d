"""The job model: structure, signatures, validation, execution."""
