// Package app wires the chain: keepers, modules, their order, the ante chain, genesis, export and upgrades. It holds no logic
// of its own but the two wrappers by which x/ssv is the only source of validator updates (protocol §6).
package app
