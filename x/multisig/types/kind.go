package types

// HandsOn says whether the vaults of a contract on a kind of chain are one account that is handed on to other owners (Ethereum), and not an
// account each: its address and its nonce stay, a payload of it has no timeout, and nothing is ever swept (adr-003-ethereum.md).
func (k ChainKind) HandsOn() bool { return k == CHAIN_KIND_ETHEREUM }
