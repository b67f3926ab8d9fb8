"""The flows: one folder each, with its texts and examples. See docs/write-a-flow.md."""
