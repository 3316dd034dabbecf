// Package execution proves what happened in an Ethereum block whose hash is
// proven: bytes in, verdict out, no network and no store.
//
//	header        RLP whose keccak is the proven hash; parents by their hash in it
//	receipt, tx   Merkle-Patricia path to the header's roots, or the whole list
//	account, slot Merkle-Patricia path to the header's state root
//	log           by emitting address and topic, in a receipt with status 1
//
// Every trie node is hashed here: a path is accepted node by node, each under
// the keccak that the one before it names, with none missing and none left
// over. The absence of a key is a result of its own, never an empty value.
//
// Headers are read by position and receipts without regard to their type, so
// that fields and types of later forks change nothing.
package execution
