"""The record: every event durable before it has an effect, ordered in a Merkle tree, erasable, exportable, provable."""
