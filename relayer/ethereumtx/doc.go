// Package ethereumtx has transactions of one account executed on an EVM chain: it gives each its account nonce, prices it (EIP-1559), hands it to every
// node again until it is final, and replaces it under the same nonce where it waits too long or is not wanted any more.
//
// What is wanted has a key; a key has one account nonce at a time, and gets another only once that one is proven used by a state proof. A
// transaction is in the journal before it is sent, so a process that is killed goes on with the same bytes.
//
// Nodes are not trusted. What they say about nonces, prices and the state at their head are hints: wrong ones cost time, or the gas of a transaction
// that reverts, never more than Policy.Max per gas. What matters for ever, which nonces are used, is proven.
package ethereumtx
