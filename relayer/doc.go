// Package relayer is an operator's off-chain half (protocol §16): one process that follows this chain through the operator's
// own node and each original chain by light client, and does the duties of the operator's candidate: it proposes and attests
// observations, signs what the chain asks after recomputing it, broadcasts complete transactions, creates vaults' accounts,
// and sends heartbeats.
//
// One goroutine follows this chain, one each original chain. What a duty owes is read from the chain's state at every new
// block, never remembered; what a duty is about to send is in the journal before it is sent. So a relayer that is killed at any
// instant goes on where the chain is, and does nothing twice.
package relayer
