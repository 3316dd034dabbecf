// Package election is the mathematics of protocol §§4 and 5 without a store or a context: the draw of committees and
// standbys by lottery, the power guard, rest and what is done about a shortfall, and the chance that a coalition captures
// a committee. Everything is a pure function of its arguments, in integers, and the same on every machine.
//
// The draw is checked against vectors that an independent implementation made (testdata/election.json).
package election
