package claim

import (
	"bytes"
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
)

const (
	// MaxKeys of a multisig that claims. It bounds the work: two verifications for each.
	MaxKeys = 20
	// maxEncoded bytes of a multisig's key, or of its signatures, are decoded. MaxKeys take less
	// than 1,500 of either.
	maxEncoded = 4096

	secp256k1URL = "/cosmos.crypto.secp256k1.PubKey"
	// amino is the mode of ADR-36, whose documents are amino JSON.
	amino = signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON
)

// verifyMultisig checks a claim by an N-of-M account. The key is the protobuf encoding of
// cosmos.crypto.multisig.LegacyAminoPubKey. The signature is that of
// cosmos.tx.signing.v1beta1.SignatureDescriptor.Data.Multi: the bit array of who signed, and one
// signature for each, in the order of the keys. Both are exactly as the SDK encodes them.
// Conditions, in this order:
//   - the key is of 1 to MaxKeys secp256k1 keys and has a threshold among them;
//   - its address is the sender;
//   - the bit array has a bit for each key and no other;
//   - there is a canonical 64-byte signature in amino-JSON mode for each bit set, and no other;
//   - the threshold is reached;
//   - each signature is its key's over the text, for the multisig's address as signer or its own.
//
// A key that is in the multisig twice has two places and signs for each, as its chain counts it.
func (s adr36) verifyMultisig(d Deposit, sender string, key, signature []byte, charge func()) error {
	public, members, err := readKey(key)
	if err != nil {
		return fmt.Errorf("public key: %w", err)
	}
	if err := s.checkSender(public, sender); err != nil {
		return err
	}
	signatures, err := readSignatures(signature, len(members))
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if found := count(signatures); found < int(public.Threshold) {
		return fmt.Errorf("%d of %d members signed, wanted at least %d", found, len(members), public.Threshold)
	}
	for i, member := range members {
		if signatures[i] == nil {
			continue
		}
		if err := s.verifyMember(d.Text(), sender, member, signatures[i], charge); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
	}
	return nil
}

// verifyMember accepts either signer: tools that know the multisig name its address, wallets name
// that of the key that signs.
func (s adr36) verifyMember(text, sender string, member *secp256k1.PubKey, signature []byte, charge func()) error {
	own, err := s.addressOf(member)
	if err != nil {
		return err
	}
	for _, signer := range []string{sender, own} {
		if signed, err := verifyAs(signer, text, member, signature, charge); err != nil || signed {
			return err
		}
	}
	return fmt.Errorf("signature of %s is not over the ADR-36 document of %q, with it or %s as signer", own, text, sender)
}

// readKey decodes a multisig's key and its members' keys.
func readKey(encoded []byte) (*multisig.LegacyAminoPubKey, []*secp256k1.PubKey, error) {
	if len(encoded) > maxEncoded {
		return nil, nil, fmt.Errorf("%d bytes, wanted at most %d", len(encoded), maxEncoded)
	}
	var wire multisig.LegacyAminoPubKey
	if err := wire.Unmarshal(encoded); err != nil {
		return nil, nil, fmt.Errorf("%d bytes, wanted %d or an encoded LegacyAminoPubKey: %w", len(encoded), keyLength, err)
	}
	if len(wire.PubKeys) > MaxKeys {
		return nil, nil, fmt.Errorf("%d keys, wanted at most %d", len(wire.PubKeys), MaxKeys)
	}
	if wire.Threshold == 0 || int64(wire.Threshold) > int64(len(wire.PubKeys)) {
		return nil, nil, fmt.Errorf("threshold is %d of %d keys, wanted 1 or more and no more than there are", wire.Threshold, len(wire.PubKeys))
	}
	members := make([]*secp256k1.PubKey, len(wire.PubKeys))
	plain := make([]cryptotypes.PubKey, len(wire.PubKeys))
	for i, packed := range wire.PubKeys {
		if packed.TypeUrl != secp256k1URL {
			return nil, nil, fmt.Errorf("key %d is a %q, wanted a %s", i, packed.TypeUrl, secp256k1URL)
		}
		members[i] = &secp256k1.PubKey{}
		if err := members[i].Unmarshal(packed.Value); err != nil {
			return nil, nil, fmt.Errorf("key %d: %w", i, err)
		}
		if len(members[i].Key) != keyLength {
			return nil, nil, fmt.Errorf("key %d has %d bytes, wanted %d", i, len(members[i].Key), keyLength)
		}
		plain[i] = members[i]
	}
	public := multisig.NewLegacyAminoPubKey(int(wire.Threshold), plain)
	return public, members, checkEncoding(encoded, public)
}

// readSignatures decodes what n keys signed: a canonical signature in the place of each that did,
// nil in the others.
func readSignatures(encoded []byte, n int) ([][]byte, error) {
	if len(encoded) > maxEncoded {
		return nil, fmt.Errorf("%d bytes, wanted at most %d", len(encoded), maxEncoded)
	}
	var wire signing.SignatureDescriptor_Data_Multi
	if err := wire.Unmarshal(encoded); err != nil {
		return nil, fmt.Errorf("%d bytes, wanted an encoded SignatureDescriptor.Data.Multi: %w", len(encoded), err)
	}
	if err := checkBits(wire.Bitarray, n); err != nil {
		return nil, err
	}
	if found, want := len(wire.Signatures), wire.Bitarray.NumTrueBitsBefore(n); found != want {
		return nil, fmt.Errorf("%d signatures, wanted %d: one for each bit set in %s", found, want, wire.Bitarray)
	}
	signatures, next := make([][]byte, n), 0
	for i := range signatures {
		if !wire.Bitarray.GetIndex(i) {
			continue
		}
		signature, err := readSignature(wire.Signatures[next])
		if err != nil {
			return nil, fmt.Errorf("member %d: %w", i, err)
		}
		signatures[i], next = signature, next+1
	}
	return signatures, checkEncoding(encoded, &wire)
}

// checkBits accepts a bit array of n bits, as the SDK makes it, whose last byte has no others.
func checkBits(bits *cryptotypes.CompactBitArray, n int) error {
	want := cryptotypes.NewCompactBitArray(n)
	if bits == nil {
		return fmt.Errorf("no bit array, wanted one of %d bits", n)
	}
	if bits.ExtraBitsStored != want.ExtraBitsStored || len(bits.Elems) != len(want.Elems) {
		return fmt.Errorf("bit array has %d bytes and %d extra bits, wanted %d and %d for %d keys",
			len(bits.Elems), bits.ExtraBitsStored, len(want.Elems), want.ExtraBitsStored, n)
	}
	if used := n % 8; used > 0 && bits.Elems[len(bits.Elems)-1]<<used != 0 {
		return fmt.Errorf("bit array is %X, wanted no bits set beyond the first %d", bits.Elems, n)
	}
	return nil
}

func readSignature(wire *signing.SignatureDescriptor_Data) ([]byte, error) {
	single := wire.GetSingle()
	if single == nil {
		return nil, fmt.Errorf("found a %T, wanted a single signature", wire.GetSum())
	}
	if single.Mode != amino {
		return nil, fmt.Errorf("mode is %s, wanted %s", single.Mode, amino)
	}
	return single.Signature, checkCanonical(single.Signature)
}

func count(signatures [][]byte) int {
	found := 0
	for _, signature := range signatures {
		if signature != nil {
			found++
		}
	}
	return found
}

// checkEncoding refuses bytes that decode to a message but are not its encoding, such as those
// with unknown fields.
func checkEncoding(encoded []byte, message interface{ Marshal() ([]byte, error) }) error {
	again, err := message.Marshal()
	if err == nil && !bytes.Equal(encoded, again) {
		err = fmt.Errorf("%d bytes, wanted the %d that the SDK encodes them in and no unknown fields", len(encoded), len(again))
	}
	return err
}
