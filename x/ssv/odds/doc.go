// Package odds computes what a candidate may expect of an election (protocol §5): its chance of a seat, and the chance that a
// coalition captures a committee. It computes in floating point and is for queries, commands and pictures only: no code that
// the state machine executes in a block may import it (TestOnlyQueriesAndCommandsComputeInFloatingPoint).
//
// The closed form follows from sampling without replacement being the same as exponential clocks: candidate i's clock rings at a time
// T_i with rate w_i, and the M that ring first are the members, in that order. So the chance of a seat is
//
//	π_i = ∫₀^∞ w_i e^{−w_i t} · P(fewer than M of the others have rung by t) dt
//
// where the others ring by t independently, each with probability 1 − e^{−w_j t}.
package odds
