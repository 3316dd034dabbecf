// Package e2e runs the system's whole life on real processes: a counterparty
// chain that this project did not write, a StaFi network with a relayer per
// validator, a staker, a friend, and people who mean no good. Users act by
// the command lines of the two chains, as users do; the package watches by
// RPC and gRPC, keeps its own books from the original chain's blocks, and
// compares them with what StaFi says.
//
// `make demo` and the end-to-end test run the same Life.
package e2e
