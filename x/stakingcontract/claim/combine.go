package claim

import (
	"bytes"
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	multisigtypes "github.com/cosmos/cosmos-sdk/crypto/types/multisig"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
)

// MemberSignature is what a member of a multisig signed.
type MemberSignature struct {
	// Key is the member's, 33 bytes, compressed.
	Key []byte
	// Signature is R ‖ S in 64 bytes.
	Signature []byte
}

// Combine makes the signature of a multisig's claim out of its members', in any order. It is what
// Verify takes; Combine itself verifies nothing. Errors: a signature by no member; two by one.
func Combine(key *multisig.LegacyAminoPubKey, signatures []MemberSignature) ([]byte, error) {
	members := key.GetPubKeys()
	combined := multisigtypes.NewMultisig(len(members))
	for i, s := range signatures {
		places := 0
		for place, member := range members {
			if !bytes.Equal(member.Bytes(), s.Key) {
				continue
			}
			if combined.BitArray.GetIndex(place) {
				return nil, fmt.Errorf("signature %d is a second one by %X, wanted one", i, s.Key)
			}
			multisigtypes.AddSignature(combined, &signing.SingleSignatureData{SignMode: amino, Signature: s.Signature}, place)
			places++
		}
		if places == 0 {
			return nil, fmt.Errorf("signature %d is by %X, wanted one by a member", i, s.Key)
		}
	}
	return signing.SignatureDataToProto(combined).GetMulti().Marshal()
}
