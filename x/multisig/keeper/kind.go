package keeper

import (
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// chainKind is what differs between the kinds of original chains (protocol §7): how an address, a payload with its digests, and a
// transaction are made. Implementations are pure.
type chainKind interface {
	// vault derives the address and puts the signers in the vault's order.
	vault(types.NewVault) (address string, signers []types.Signer, err error)
	// ready says why a vault can't sign a payload yet.
	ready(types.Vault) error
	// payload makes what a session asks to be signed, and the digests.
	payload(payloadRequest) (types.Payload, [][]byte, error)
	// request gives back, of a payload, what a session's request said of the transaction: outputs, denom, fee and gas limit.
	request(types.Payload) (types.NewSession, error)
	// validSignature verifies one signature over one digest.
	validSignature(key, digest, signature []byte) bool
	// documentDigest is what a signature over a document of the vault's account signs; ErrDocument where it acts for no such account.
	documentDigest(vault types.Vault, document []byte) ([]byte, error)
	// signatureSize in bytes.
	signatureSize() int
	// transaction assembles the complete transaction and its hash in the chain's notation, from exactly threshold signatures by index.
	transaction(types.Payload, types.Vault, []types.Signer, []memberSignature) (transaction []byte, hash string, err error)
}

// successorKind is a chain kind whose vaults of a contract are one account that is handed on: its owners change, its address and its nonce
// stay, and a payload has no timeout (adr-003-ethereum.md).
type successorKind interface {
	chainKind
	// successor puts the signers of a vault that is to take an account over in the vault's order, given the vault and signers that hold it.
	successor(next types.NewVault, holder types.Vault, signers []types.Signer) ([]types.Signer, error)
}

// handsOn says whether vaults of a kind hand one account on.
func handsOn(kind chainKind) bool {
	_, ok := kind.(successorKind)
	return ok
}

// payloadRequest is what a payload is made of beside the vault's own account.
type payloadRequest struct {
	vault   types.Vault
	session uint64
	types.NewSession
	// seats reads a vault with its signers in its order, for kinds whose payload names them.
	seats func(vault uint64) (types.Vault, []types.Signer, error)
}

// memberSignature is the record of the signer at an index.
type memberSignature struct {
	index uint32
	types.MemberSignature
}

func kindOf(kind types.ChainKind) (chainKind, error) {
	switch kind {
	case types.CHAIN_KIND_COSMOS:
		return cosmosKind{}, nil
	case types.CHAIN_KIND_ETHEREUM:
		return ethereumKind{}, nil
	default:
		return nil, types.ErrKindNotServed.Wrapf("%s, want %s or %s", kind, types.CHAIN_KIND_COSMOS, types.CHAIN_KIND_ETHEREUM)
	}
}
