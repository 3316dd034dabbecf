// Package cosmostx builds and signs raw transactions of Cosmos chains for one signer in sign mode DIRECT. It works on the
// wire types alone, without an interface registry, so the same code serves this chain and the original ones.
package cosmostx
