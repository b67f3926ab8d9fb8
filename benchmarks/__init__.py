"""The figures that Tepai promises, measured. README.md says how."""
