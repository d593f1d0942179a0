"""Keys that can be destroyed: what they encrypt is then erased everywhere, backups included.

    master key (environment, or `master.key` in the data directory, mode 0600)
      wraps the epoch keys   (`epochs.json` in the data directory, never in the database)
        wrap the data keys   (table `wrapped_key`: one a subject, one a tenant, a few of the registry's own)
          encrypt names, aliases, contacts, face vectors, vault bodies

A restored backup of the database must not bring an erased person back. Three files outside the database see to that:
`erased.jsonl` lists every destroyed key and is applied again at start; `epochs.json` forgets the old epoch key when
`rotate_epoch` has wrapped the living keys anew, after which older copies of `wrapped_key` open nothing; `keys.jsonl`,
written by each rotation, holds the living keys under the new epoch, so that the rest of an older backup can still be
read. docs/adr/0040-keys-and-erasure.md says why.
"""

from guard.keyring.master import load_master_key
from guard.keyring.ring import Keyring
from guard.keyring.sealing import KEY_BYTES, seal, unseal
from guard.keyring.tables import WRAPPED_KEY, WrappedKeyRow

__all__ = ["KEY_BYTES", "WRAPPED_KEY", "Keyring", "WrappedKeyRow", "load_master_key", "seal", "unseal"]
