// Package testutil has committees with their keys, for tests of x/multisig and of the modules above it.
package testutil

import (
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// Member is a committee member with the key that it signs with on the original chain.
type Member struct {
	// Operator is a stafivaloper address.
	Operator string
	// Submitter is the account that sends its duty transactions.
	Submitter sdk.AccAddress
	private   *secp256k1.PrivKey
}

// NewMember returns the member of a name: the same name gives the same keys.
func NewMember(name string) Member {
	address := func(role string) []byte {
		return secp256k1.GenPrivKeyFromSecret([]byte(role + name)).PubKey().Address()
	}
	operator, err := sdk.Bech32ifyAddressBytes("stafivaloper", address("operator "))
	if err != nil {
		panic(err)
	}
	return Member{Operator: operator, Submitter: address("submitter "), private: secp256k1.GenPrivKeyFromSecret([]byte("signer " + name))}
}

// NewCommittee returns members numbered from 0 under a name.
func NewCommittee(name string, size int) []Member {
	members := make([]Member, size)
	for i := range members {
		members[i] = NewMember(fmt.Sprintf("%s %d", name, i))
	}
	return members
}

// Signer is the member's entry in a vault, its index unset.
func (m Member) Signer() types.Signer {
	return types.Signer{Operator: m.Operator, Key: m.private.PubKey().Bytes()}
}

// Signers are the entries of all members.
func Signers(members []Member) []types.Signer {
	signers := make([]types.Signer, len(members))
	for i, member := range members {
		signers[i] = member.Signer()
	}
	return signers
}

// Sign signs a Cosmos payload as the member's relayer does: 64 bytes, low S.
func (m Member) Sign(payload types.CosmosPayload) ([]byte, error) {
	document, err := cosmos.SignBytes(payload.Plain())
	if err != nil {
		return nil, err
	}
	return m.private.Sign(document)
}

// SignEthereum signs an Ethereum payload as the member's relayer does: 65 bytes, low S, v 27 or 28.
func (m Member) SignEthereum(payload types.EthereumPayload) ([]byte, error) {
	plain, err := payload.Plain()
	if err != nil {
		return nil, err
	}
	digest, err := ethereum.Digest(plain)
	if err != nil {
		return nil, err
	}
	return m.SignDigest(digest.Bytes()), nil
}

// SignDigest signs 32 bytes with the member's signer, in Ethereum's form.
func (m Member) SignDigest(digest []byte) []byte {
	private, err := crypto.ToECDSA(m.private.Bytes())
	if err != nil {
		panic(err)
	}
	signature, err := crypto.Sign(digest, private)
	if err != nil {
		panic(err)
	}
	signature[crypto.RecoveryIDOffset] += 27
	return signature
}

// SignDocument signs the SHA-256 of any bytes with the member's signer: what an honest relayer never does.
func (m Member) SignDocument(document []byte) []byte {
	signature, err := m.private.Sign(document)
	if err != nil {
		panic(err)
	}
	return signature
}
