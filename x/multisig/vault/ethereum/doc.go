// Package ethereum makes addresses, payloads, digests and transactions of a vault on an EVM chain (protocol §7).
//
// A vault is a Safe, version 1.4.1: the audited contract at its canonical addresses, its owners the members' signer keys, its threshold N.
// One Safe serves all generations of a contract's vaults: a handover replaces its owners and the address stays. Everything here is a
// pure function of its arguments, and the same code runs on chain, where payloads are made, and in the relayers, which recompute a
// payload before they sign it.
//
// A payload is one SafeTx: a call, or several packed for MultiSend. It has a nonce and no timeout: while its nonce is the Safe's, it
// can execute. Once it executed, the Safe has logged ExecutionSuccess or ExecutionFailure with the SafeTx hash that was signed.
//
// Not supported, on purpose: modules, guards, a fallback handler, contract signatures, approved hashes, eth_sign signatures, refunds in
// tokens. A payload never has them and a vault's Safe must not (see Storage).
package ethereum
