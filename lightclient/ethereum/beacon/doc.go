// Package beacon is the sync protocol of Ethereum's consensus layer: bytes in,
// verdict out. It has no clock, no network and no store of its own.
//
// It follows the consensus specs' light client (bootstrap, update validation,
// finality) for the forks Capella to Fulu, with two departures: an update is
// never forced after a timeout, and one signed by less than two thirds of its
// committee moves nothing. Sizes of a preset are parameters.
//
// A proven Header vouches for the hash of its execution block and for nothing
// else of that block: what a caller needs of it (receipts, state, parent) comes
// from the RLP header with that hash, which is so for every fork, Gloas
// included, whose headers carry the hash only.
//
// The SSZ here is our own: six containers whose vectors' lengths come from the
// preset at run time, where the libraries want them at compile time.
package beacon
