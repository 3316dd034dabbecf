// Package cosmos makes addresses, payloads, digests and transactions of a vault on a Cosmos SDK chain (protocol §7).
//
// A vault is an SDK threshold multisig public key (LegacyAminoPubKey) whose members sign in amino-JSON mode. Everything here
// is a pure function of its arguments, and the same code runs on chain, where payloads are made, and in the relayers, which
// recompute a payload before they sign it.
//
// Not supported, on purpose: fee payers and granters, extension options, unordered transactions, nested multisig keys, keys
// other than secp256k1. A payload never has them, so a transaction that does is not one that a session asked for.
package cosmos
