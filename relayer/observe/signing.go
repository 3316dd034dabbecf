package observe

import (
	"bytes"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx"

	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

const (
	multisigURL  = "/cosmos.crypto.multisig.LegacyAminoPubKey"
	secp256k1URL = "/cosmos.crypto.secp256k1.PubKey"
)

// signedBy says whether the vault must have signed the transaction for it to succeed: as the sender of a bank message, as the fee's
// payer, or with its public key. Who signs a message of an unknown type without a public key in the transaction is not known;
// what such a transaction takes from a vault shows in its balance.
func (v Vault) signedBy(prefix string, t Transaction) bool {
	own := readAccount(prefix, v.Address)
	for _, signer := range t.Signers {
		if readAccount(prefix, signer) == own {
			return true
		}
	}
	for _, info := range t.signerInfos {
		if v.hasKey(info) {
			return true
		}
	}
	return false
}

// sequenceIn is the sequence that the vault's signature uses in a transaction; false where it can't be told.
func (v Vault) sequenceIn(t Transaction) (uint64, bool) {
	if len(t.signerInfos) == 1 && t.signerInfos[0] != nil {
		return t.signerInfos[0].Sequence, true
	}
	for _, info := range t.signerInfos {
		if v.hasKey(info) {
			return info.Sequence, true
		}
	}
	return 0, false
}

// hasKey says whether a signer is the vault by the public key that it shows.
func (v Vault) hasKey(info *tx.SignerInfo) bool {
	if info == nil || info.PublicKey == nil || info.PublicKey.TypeUrl != multisigURL || len(v.Keys) == 0 {
		return false
	}
	var key multisig.LegacyAminoPubKey
	if err := proto.Unmarshal(info.PublicKey.Value, &key); err != nil {
		return false
	}
	if key.Threshold != v.Threshold || len(key.PubKeys) != len(v.Keys) {
		return false
	}
	for i, member := range key.PubKeys {
		if !isMemberKey(member, v.Keys[i]) {
			return false
		}
	}
	return true
}

func isMemberKey(packed *codectypes.Any, key []byte) bool {
	if packed == nil || packed.TypeUrl != secp256k1URL {
		return false
	}
	var member secp256k1.PubKey
	return proto.Unmarshal(packed.Value, &member) == nil && bytes.Equal(member.Key, key)
}

// verify says whether the transaction's only signature is the vault's over the digest. The vault's keys decide, not the key that
// the transaction shows. Conditions, in this order: one signer and signature; a bit per key; at least threshold signatures, one
// per set bit; each valid.
func (v Vault) verify(t Transaction, digest [32]byte) bool {
	if len(t.signerInfos) != 1 || t.signerInfos[0] == nil || len(t.signatures) != 1 {
		return false
	}
	mode := t.signerInfos[0].ModeInfo.GetMulti()
	if mode == nil || mode.Bitarray.Count() != len(v.Keys) {
		return false
	}
	var multi cryptotypes.MultiSignature
	if err := proto.Unmarshal(t.signatures[0], &multi); err != nil || len(multi.Signatures) < int(v.Threshold) {
		return false
	}
	signatures := multi.Signatures
	for i, key := range v.Keys {
		if !mode.Bitarray.GetIndex(i) {
			continue
		}
		if len(signatures) == 0 || !vaultcosmos.VerifySignature(key, digest[:], signatures[0]) {
			return false
		}
		signatures = signatures[1:]
	}
	return len(signatures) == 0
}
