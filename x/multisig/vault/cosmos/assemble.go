package cosmos

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
)

// IndexedSignature is a member's 64-byte R‖S signature and the index of its key in the vault's order, from 0.
type IndexedSignature struct {
	Index     uint32
	Signature []byte
}

// Assemble returns the complete, encoded transaction of a payload with exactly threshold signatures, in order of index. keys are
// the vault's, in its order. The multisig public key is always in the transaction, so that the account's first one works too. The
// same arguments give the same bytes. It checks, in this order: the keys' order and the threshold (ErrKey, ErrThreshold), that
// the payload is of that vault (ErrPayload), the number and order of signatures, and each signature (ErrSignatures).
func Assemble(p Payload, threshold uint32, keys [][]byte, signatures []IndexedSignature) ([]byte, error) {
	pubKey, err := signingKey(p, threshold, keys)
	if err != nil {
		return nil, err
	}
	if err := verifyAll(p, threshold, keys, signatures); err != nil {
		return nil, err
	}
	body, err := p.body()
	if err != nil {
		return nil, err
	}
	authInfo, err := proto.Marshal(&tx.AuthInfo{SignerInfos: []*tx.SignerInfo{signerInfo(pubKey, p.Sequence, len(keys), signatures)}, Fee: p.fee()})
	if err != nil {
		return nil, fmt.Errorf("%w: auth info: %w", ErrSignatures, err)
	}
	multi := cryptotypes.MultiSignature{Signatures: make([][]byte, len(signatures))}
	for i, s := range signatures {
		multi.Signatures[i] = s.Signature
	}
	packed, err := proto.Marshal(&multi)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignatures, err)
	}
	return proto.Marshal(&tx.TxRaw{BodyBytes: body, AuthInfoBytes: authInfo, Signatures: [][]byte{packed}})
}

// signingKey packs the vault's public key after checking that the payload's account is that vault.
func signingKey(p Payload, threshold uint32, keys [][]byte) (*codectypes.Any, error) {
	prefix, _, found := strings.Cut(p.From, "1")
	if !found {
		return nil, fmt.Errorf("%w: from %q is no bech32 address", ErrPayload, p.From)
	}
	address, sorted, err := Address(prefix, threshold, keys)
	if err != nil {
		return nil, err
	}
	if address != p.From {
		return nil, fmt.Errorf("%w: from %s, but the vault of these keys is %s", ErrPayload, p.From, address)
	}
	for i := range keys {
		if string(keys[i]) != string(sorted[i]) {
			return nil, fmt.Errorf("%w: key %d is out of the vault's order", ErrKey, i)
		}
	}
	pubKey, err := vaultKey(threshold, sorted)
	if err != nil {
		return nil, err
	}
	return codectypes.NewAnyWithValue(pubKey)
}

func verifyAll(p Payload, threshold uint32, keys [][]byte, signatures []IndexedSignature) error {
	if len(signatures) != int(threshold) {
		return fmt.Errorf("%w: %d, want %d", ErrSignatures, len(signatures), threshold)
	}
	digest, err := Digest(p)
	if err != nil {
		return err
	}
	for i, s := range signatures {
		if int(s.Index) >= len(keys) || (i > 0 && s.Index <= signatures[i-1].Index) {
			return fmt.Errorf("%w: index %d at place %d, want ascending ones below %d", ErrSignatures, s.Index, i, len(keys))
		}
		if !VerifySignature(keys[s.Index], digest[:], s.Signature) {
			return fmt.Errorf("%w: that of key %d does not sign digest %X", ErrSignatures, s.Index, digest)
		}
	}
	return nil
}

func signerInfo(pubKey *codectypes.Any, sequence uint64, size int, signatures []IndexedSignature) *tx.SignerInfo {
	bits := cryptotypes.NewCompactBitArray(size)
	modes := make([]*tx.ModeInfo, len(signatures))
	for i, s := range signatures {
		bits.SetIndex(int(s.Index), true)
		modes[i] = &tx.ModeInfo{Sum: &tx.ModeInfo_Single_{Single: &tx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON}}}
	}
	return &tx.SignerInfo{
		PublicKey: pubKey,
		ModeInfo:  &tx.ModeInfo{Sum: &tx.ModeInfo_Multi_{Multi: &tx.ModeInfo_Multi{Bitarray: bits, ModeInfos: modes}}},
		Sequence:  sequence,
	}
}

// TxHash is a transaction's hash as its chain writes it: SHA-256 in upper-case hex.
func TxHash(txBytes []byte) string { return fmt.Sprintf("%X", sha256.Sum256(txBytes)) }
