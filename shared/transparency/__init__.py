"""The transparency log: a Merkle tree over the stored rows, its tiles, signed checkpoints and witnesses (design: log.md).

Standard library and `cryptography` only, and no word of the rest of the product: what is here can be read beside the C2SP documents
tlog-tiles, tlog-checkpoint, signed-note, tlog-cosignature and tlog-witness.
"""
