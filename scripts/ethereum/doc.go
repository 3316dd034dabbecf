// Package ethereum runs an Ethereum network that is not of this project's
// making: geth as execution client, Lodestar as consensus client, both on
// loopback, merged and in Capella from genesis, with the minimal preset and
// slots of one second. The light client is tested against it (protocol §16).
package ethereum
