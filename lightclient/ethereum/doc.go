// Package ethereum verifies an Ethereum network from sources that nobody has to
// trust: finality by its sync committees, blocks by the hashes that they finalize.
//
// Sub-package beacon is the sync protocol, execution the proofs within a block;
// both are pure. This package adds what is needed to run them: a durable store, a
// pool of sources of each kind, and the rule that a block is the head only when
// its finality is proven and a quorum of beacon sources shows it.
//
// What is proven, and from what:
//
//	finalized header  two thirds of the sync committee, and a branch to the state
//	                  that they signed
//	next committee    a branch to that state
//	execution header  RLP whose keccak is in the finalized header; older ones by
//	                  parent hashes
//	receipts, logs    the execution header's roots
//	accounts, slots   the execution header's state root
//
// See README.md for the order of checks, the store's layout and what is not
// supported.
package ethereum
