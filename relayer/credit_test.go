package relayer

import (
	"testing"

	"github.com/stretchr/testify/require"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// settledPayout is a payout that three of four members signed, proven executed, with its batch gone from the books as the chain does
// it; late is the member that did not sign.
func settledPayout(t *testing.T) (w *world, late *memberOf) {
	t.Helper()
	w = newWorld(t, 4)
	w.stafi.acceptAt = 3
	w.activeVault(5000)
	w.startAll()
	late = w.sequenceOf(1)[3]
	late.process = nil
	w.openPayout(4, nil)
	w.blocks(15)
	require.Equal(t, multisigtypes.SESSION_STATUS_PROVEN, w.stafi.sessions[4].tally.Status, w.executed())
	delete(w.stafi.batches, 4)
	return w, late
}

func TestAMemberThatWasAwaySignsForCreditAfterTheBooksWereClosed(t *testing.T) {
	w, late := settledPayout(t)
	require.NoError(t, late.start())
	w.blocks(4)
	require.Equal(t, 1, count(w.executed(), "signature 4 "+late.operator), w.executed())
	require.NotContains(t, w.alarms(late), "payload-refused")
}

func TestNothingIsSignedForCreditThatCouldStillExecute(t *testing.T) {
	w := newWorld(t, 4)
	w.activeVault(5000)
	w.openPayout(4, nil)
	delete(w.stafi.batches, 4)
	w.stafi.sessions[4].tally.Status = multisigtypes.SESSION_STATUS_PROVEN
	w.startAll()
	w.blocks(3)
	require.Zero(t, count(w.executed(), "signature"), "the chain says that it was executed, the light client proves that it was not")
}

func TestNothingOfAnotherAccountIsSignedForCredit(t *testing.T) {
	w, late := settledPayout(t)
	session := w.stafi.sessions[4]
	session.payload.CosmosPayload().AccountNumber++
	digest, err := digestOfPayload(session.payload.CosmosPayload())
	require.NoError(t, err)
	session.session.Digests = [][]byte{digest}
	require.NoError(t, late.start())
	w.blocks(4)
	require.Zero(t, count(w.executed(), "signature 4 "+late.operator))
}

func digestOfPayload(payload *multisigtypes.CosmosPayload) ([]byte, error) {
	digest, err := vaultcosmos.Digest(payload.Plain())
	return digest[:], err
}
