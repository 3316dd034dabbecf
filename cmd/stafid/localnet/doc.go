// Package localnet generates a whole StaFi network on one machine, validators and their relayers' homes, and runs its nodes.
// The network is real: every validator has its own home, keys, ports and process, and they meet by p2p over loopback. All that
// a test or a person needs to use it is in the Manifest.
package localnet
