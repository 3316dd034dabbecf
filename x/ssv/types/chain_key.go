package types

import (
	"bytes"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/btcec/v2"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// Bounds of what a candidate registers.
const (
	MaxChains        = 32
	MaxChainIDLen    = 64
	MaxEndpointLen   = 256
	SignerKeyLen     = 33
	SignatureLen     = 64
	MaxVersionLen    = 64
	MaxHeaderHashLen = 64
)

// proofDomain separates proofs of possession from all other signatures (protocol §4).
const proofDomain = "stafi/ssv/pop/v1"

// ProofBytes are the bytes whose SHA-256 a proof of possession signs: "stafi/ssv/pop/v1", this chain's id, the operator's
// stafivaloper address as text, the original chain's id and the 33-byte key, each prefixed by its length as 4 bytes
// big-endian (protocol §4).
func ProofBytes(chainID, operator, originalChainID string, key []byte) []byte {
	var buffer []byte
	for _, part := range [][]byte{[]byte(proofDomain), []byte(chainID), []byte(operator), []byte(originalChainID), key} {
		buffer = binary.BigEndian.AppendUint32(buffer, uint32(len(part)))
		buffer = append(buffer, part...)
	}
	return buffer
}

// VerifyProof checks that proof is the 64-byte R‖S signature with low S by the key's signer over SHA-256 of ProofBytes.
func VerifyProof(chainID, operator string, key ChainKey, proof []byte) error {
	if len(proof) != SignatureLen {
		return ErrInvalidProof.Wrapf("proof for chain %s has %d bytes, want %d", key.ChainId, len(proof), SignatureLen)
	}
	signer := secp256k1.PubKey{Key: key.Signer}
	if !signer.VerifySignature(ProofBytes(chainID, operator, key.ChainId, key.Signer), proof) {
		return ErrInvalidProof.Wrapf(
			"proof for chain %s is no low-S signature by key %X over this chain's id %s, operator %s and that chain's id",
			key.ChainId, key.Signer, chainID, operator,
		)
	}
	return nil
}

// Validate checks the chain's id, that the signer is a compressed point of secp256k1, and the endpoint if there is one.
func (k ChainKey) Validate() error {
	if err := ValidateChainID(k.ChainId); err != nil {
		return err
	}
	if len(k.Signer) != SignerKeyLen {
		return ErrInvalidChainKey.Wrapf("signer for chain %s has %d bytes, want %d", k.ChainId, len(k.Signer), SignerKeyLen)
	}
	if _, err := btcec.ParsePubKey(k.Signer); err != nil {
		return ErrInvalidChainKey.Wrapf("signer %X for chain %s: %s", k.Signer, k.ChainId, err)
	}
	return k.validateEndpoint()
}

func (k ChainKey) validateEndpoint() error {
	if k.Endpoint == "" {
		return nil
	}
	if len(k.Endpoint) > MaxEndpointLen {
		return ErrInvalidChainKey.Wrapf("endpoint for chain %s has %d bytes, want at most %d", k.ChainId, len(k.Endpoint), MaxEndpointLen)
	}
	endpoint, err := url.Parse(k.Endpoint)
	if err != nil || endpoint.Host == "" || !slices.Contains([]string{"http", "https"}, endpoint.Scheme) {
		return ErrInvalidChainKey.Wrapf("endpoint %q for chain %s, want an http or https URL", k.Endpoint, k.ChainId)
	}
	return nil
}

// ValidateChainID checks that an original chain's id has from 1 to 64 printable ASCII characters without spaces.
func ValidateChainID(id string) error {
	if len(id) == 0 || len(id) > MaxChainIDLen {
		return ErrInvalidChainKey.Wrapf("chain id %q has %d bytes, want from 1 to %d", id, len(id), MaxChainIDLen)
	}
	if strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ErrInvalidChainKey.Wrapf("chain id %q, want printable ASCII without spaces", id)
	}
	return nil
}

// SortedChainKeys returns the keys of the proofs in order of chain id. There must be from 1 to MaxChains, each valid, no chain
// and no key twice. The proofs themselves are not looked at.
func SortedChainKeys(proofs []ChainKeyProof) ([]ChainKey, error) {
	if len(proofs) == 0 || len(proofs) > MaxChains {
		return nil, ErrInvalidChainKey.Wrapf("%d chain keys, want from 1 to %d", len(proofs), MaxChains)
	}
	keys := make([]ChainKey, len(proofs))
	for i, proof := range proofs {
		keys[i] = proof.Key
	}
	slices.SortStableFunc(keys, func(a, b ChainKey) int { return strings.Compare(a.ChainId, b.ChainId) })
	return keys, ValidateChainKeys(keys)
}

// ValidateChainKeys checks keys in order of chain id: each valid, no chain and no key twice.
func ValidateChainKeys(keys []ChainKey) error {
	for i, key := range keys {
		if err := key.Validate(); err != nil {
			return err
		}
		if i > 0 && keys[i-1].ChainId >= key.ChainId {
			return ErrInvalidChainKey.Wrapf("chain %s after %s, want each chain once in ascending order", key.ChainId, keys[i-1].ChainId)
		}
		for _, other := range keys[:i] {
			if bytes.Equal(other.Signer, key.Signer) {
				return ErrKeyInUse.Wrapf("key %X is given for %s and %s, want one key per chain", key.Signer, other.ChainId, key.ChainId)
			}
		}
	}
	return nil
}

// KeyFor returns the candidate's key for an original chain.
func (c Candidate) KeyFor(chainID string) (ChainKey, bool) { return keyFor(c.Chains, chainID) }

// KeyFor returns the pool entry's key for an original chain.
func (e PoolEntry) KeyFor(chainID string) (ChainKey, bool) { return keyFor(e.Chains, chainID) }

func keyFor(keys []ChainKey, chainID string) (ChainKey, bool) {
	for _, key := range keys {
		if key.ChainId == chainID {
			return key, true
		}
	}
	return ChainKey{}, false
}
