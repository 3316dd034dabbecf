// Package ethereumlife runs the system's whole life with an Ethereum network as original chain: geth and Lodestar, which are not ours, a
// network of StaFi validators with their relayers, and users who act by transactions and command lines. Test and demo share it.
package ethereumlife
