package relayer

import (
	"crypto/sha256"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
)

// verifiedDealings are others' dealings of one round that were verified here, by dealer, so that none is verified twice.
type verifiedDealings struct {
	round    [sha256.Size * 2]byte
	dealings map[string]verifiedDealing
}

type verifiedDealing struct {
	hash    [sha256.Size]byte
	dealing pvss.Dealing
}

// verify verifies a dealer's dealing in full, as the chain does: the word of a node is not enough to decrypt what it gives. Errors: those of
// pvss.VerifyDealing.
func (v *verifiedDealings) verify(round *pvss.Round, dealer string, encoded []byte) (pvss.Dealing, error) {
	if v.round != round.Digest() {
		*v = verifiedDealings{round: round.Digest(), dealings: map[string]verifiedDealing{}}
	}
	hash := sha256.Sum256(encoded)
	if known, found := v.dealings[dealer]; found && known.hash == hash {
		return known.dealing, nil
	}
	dealing, err := pvss.VerifyDealing(round, dealer, encoded)
	if err != nil {
		return pvss.Dealing{}, err
	}
	v.dealings[dealer] = verifiedDealing{hash: hash, dealing: dealing}
	return dealing, nil
}
