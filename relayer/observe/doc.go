// Package observe derives observations: reports of everything that touched a contract's vaults on its chain in a range of
// verified blocks (protocol §8). What is said here of transactions is so on Cosmos chains; the ADR says how Ethereum differs.
//
// A derivation is a pure function of verified blocks and proven state values of the original chain, the contract's vault
// generations and their ledgers, and the sessions that this chain opened. Every honest member that is given the same range and
// the same vault set gets the same bytes; that is what makes an attestation a comparison of two hashes.
//
// Order of events: by height; within a block by vault id, transaction, output; at the end of the
// range, by vault id, the account, the next sequence where no session explains it, and the
// unexplained difference of the balance. Vaults come before transactions so that a generation
// which this chain creates between two parts of a split block, and whose id is therefore the
// highest, never moves the index of an earlier event.
//
// What is believed of a transaction: its bytes and its result's code and gas, which the light
// client has proven. What is not looked at: events and logs, which no header commits to. Whatever
// the bytes do not show (nested messages, modules, contracts, a transaction that can't be decoded,
// inflows too small for an event) shows in the proven balance at the end of the range, as SURPLUS
// or OUTFLOW.
package observe
