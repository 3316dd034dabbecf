// Package ethtest makes small Ethereum chains for tests: beacon blocks with
// states, sync committees that sign with their own BLS keys, and execution blocks
// with transactions and receipts. It restates the consensus specs' indices and
// domains instead of taking them from the code under test.
package ethtest
