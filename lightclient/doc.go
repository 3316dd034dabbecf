// Package lightclient defines what a verified view of an original chain offers:
// headers, whole blocks with their transactions' results, and single state
// values, each proven from a checkpoint that the operator chose (protocol §16).
//
// The sub-packages implement it per kind of chain:
//
//   - cometbft: Cosmos SDK chains, by skipping verification of commits;
//   - ethereum: Ethereum networks, by sync committees and execution headers;
//   - pool: untrusted sources, asked, scored and paused alike for every kind;
//   - store: the durable, checksummed key-value layout that they share.
//
// A verifier never trusts a source of bytes. Whatever a source says is either
// proven or refused with one of this package's errors, the refusal is held
// against that source, and the next source is asked.
//
// Not supported: parsing of transactions (the relayer does it), events (no
// chain commits to them), mempool contents, and anything newer than the block
// before the verified head, whose results are not committed to yet.
package lightclient
