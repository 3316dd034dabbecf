package beacon_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/beacon"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func sha(b []byte) [32]byte { return sha256.Sum256(b) }

// failedAtClose is a round in which two of six dealt.
func failedAtClose(t *testing.T) *lifeOfRound {
	t.Helper()
	l := newLife(t)
	for i := range l.record.Dealers {
		l.record.Dealers[i].Status = types.DEALER_STATUS_AWAITED
	}
	for i := range 2 {
		l.put(103, 0, l.dealing(i))
		l.dealt(i, 103, l.dealing(i))
	}
	l.record.Round.CloseHeight = l.record.Round.DealEnd
	fail(&l.record, "too few slots")
	return l
}

func TestARoundThatFailedForWantOfSlotsIsBelieved(t *testing.T) {
	report, err := failedAtClose(t).verify()
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	require.Nil(t, report.Seed)
	require.Equal(t, "too few slots", report.Reason)
}

func TestARoundWithEnoughSlotsIsNotBelievedToHaveFailedAtItsClose(t *testing.T) {
	l := failedAtClose(t)
	for i := 2; i < 5; i++ {
		l.put(110, 0, l.dealing(i))
		l.dealt(i, 110, l.dealing(i))
	}
	report, err := l.verify()
	require.NoError(t, err)
	require.Contains(t, strings.Join(report.Differences, "\n"), "the quorum is")
}

func TestARoundInWhichASecretIsMissingIsBelievedToHaveFailed(t *testing.T) {
	l := doneRound(t)
	l.block(117).Codes[0] = 11
	dealer := &l.record.Dealers[3]
	dealer.Status, dealer.Element, dealer.Revealed = types.DEALER_STATUS_DEALT, nil, 0
	dealer.Shares -= l.record.Dealers[0].Slots + l.record.Dealers[2].Slots
	fail(&l.record, "a secret is neither opened nor rebuilt")
	report, err := l.verify()
	require.NoError(t, err)
	require.Empty(t, report.Differences)
}

func TestARoundThatTheErasEndCutOffIsBelievedWithWhatWaits(t *testing.T) {
	l := newLife(t)
	for i := range l.record.Dealers {
		l.record.Dealers[i].Status = types.DEALER_STATUS_AWAITED
	}
	for i := range 3 {
		l.put(103, 0, l.dealing(i))
		l.dealt(i, 103, l.dealing(i))
	}
	waiting := &l.record.Dealers[2]
	waiting.Status, waiting.Commitment = types.DEALER_STATUS_HANDED_IN, nil
	fail(&l.record, "the era ended before every dealing was verified")
	report, err := beacon.Verify(l.record, func(yield func(beacon.Block, error) bool) {
		for _, block := range l.blocks[:3] {
			if !yield(block, nil) {
				return
			}
		}
	}, 103)
	require.NoError(t, err)
	require.Empty(t, report.Differences)
}

func TestARoundThatWasNeverOpenedHasNothingToVerify(t *testing.T) {
	record := beacon.Record{ChainId: chainID, Round: types.Round{ChainId: chainID, Era: era, Status: types.ROUND_STATUS_FAILED, Reason: "three candidates"}}
	report, err := beacon.Verify(record, nil, head)
	require.NoError(t, err)
	require.True(t, report.OK())
	require.Equal(t, "three candidates", report.Reason)
	record.Round.Status, record.Round.Reason, record.Round.Seed = types.ROUND_STATUS_DONE, "", make([]byte, 32)
	_, err = beacon.Verify(record, nil, head)
	require.ErrorIs(t, err, beacon.ErrRecord)
}

func TestSecretsThatTheErasEndLeftToBeRebuiltMakeNoSeed(t *testing.T) {
	l := doneRound(t)
	l.record.Round.MaxDealingsPerBlock = 1
	*l.block(109) = beacon.Block{ChainID: chainID, Height: 109, Codes: []uint32{}}
	dealer := &l.record.Dealers[0]
	dealer.Status, dealer.Element, dealer.Revealed = types.DEALER_STATUS_DEALT, nil, 0
	l.put(117, 0, l.decryption(0, 1), l.decryption(0, 2), l.decryption(0, 4))
	rest := &l.record.Dealers[3]
	rest.Status, rest.Element, rest.Revealed = types.DEALER_STATUS_DEALT, nil, 0
	fail(&l.record, "the era ended before every secret was known")
	report, err := l.verify()
	require.NoError(t, err)
	require.Contains(t, strings.Join(report.Notes, "\n"), "if the era had not ended before")
	require.Nil(t, report.Seed)
	require.NotContains(t, strings.Join(report.Differences, "\n"), "gives every secret")
}
