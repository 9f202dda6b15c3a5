"""A file a source: handwritten digits, sticker scenes, public data sets."""
