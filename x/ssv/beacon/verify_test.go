package beacon_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/ssv/beacon"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func TestTheSeedOfATrueRecordIsRecomputedAndEveryElementsOriginIsTold(t *testing.T) {
	l := doneRound(t)
	report, err := l.verify()
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	require.Empty(t, report.Notes)
	require.Equal(t, l.record.Round.Seed, report.Seed)
	require.Len(t, report.Dealers, 6)
	require.Equal(t, int64(103), report.Dealers[1].Dealt, "through x/authz")
	require.NotEmpty(t, report.Dealers[1].RevealedBy)
	require.Equal(t, types.DEALER_STATUS_REBUILT, report.Dealers[3].Status)
	require.GreaterOrEqual(t, report.Dealers[3].Shares, int(l.record.Round.Threshold))
	require.Empty(t, report.Dealers[3].RevealedBy)
	require.Nil(t, report.Dealers[5].Element)
}

// TestALieInAnyFieldOfTheRecordIsFound changes one field after another of a true record.
func TestALieInAnyFieldOfTheRecordIsFound(t *testing.T) {
	flip := func(b []byte) []byte { c := bytes.Clone(b); c[0] ^= 1; return c }
	lies := map[string]func(r *beacon.Record){
		"chain_id":                    func(r *beacon.Record) { r.ChainId = "stafi-test-2" },
		"chain_id of the round":       func(r *beacon.Record) { r.Round.ChainId = "stafi-test-2" },
		"both chain_ids":              func(r *beacon.Record) { r.ChainId, r.Round.ChainId = "stafi-test-2", "stafi-test-2" },
		"anchor":                      func(r *beacon.Record) { r.Round.Anchor = flip(r.Round.Anchor) },
		"no anchor":                   func(r *beacon.Record) { r.Round.Anchor = nil },
		"era":                         func(r *beacon.Record) { r.Round.Era++ },
		"status":                      func(r *beacon.Record) { r.Round.Status = types.ROUND_STATUS_FAILED },
		"failed with a reason":        func(r *beacon.Record) { fail(r, "nobody opened") },
		"freeze_height":               func(r *beacon.Record) { r.Round.FreezeHeight = 102 },
		"deal_end before a dealing":   func(r *beacon.Record) { r.Round.DealEnd = 104 },
		"deal_end before the close":   func(r *beacon.Record) { r.Round.DealEnd = 107 },
		"close_height earlier":        func(r *beacon.Record) { shiftClose(r, -1) },
		"close_height later":          func(r *beacon.Record) { shiftClose(r, 1) },
		"close_height alone":          func(r *beacon.Record) { r.Round.CloseHeight-- },
		"decrypt_from":                func(r *beacon.Record) { r.Round.DecryptFrom-- },
		"reveal_end":                  func(r *beacon.Record) { r.Round.RevealEnd++ },
		"reveal_end and decrypt_from": func(r *beacon.Record) { r.Round.RevealEnd += 2; r.Round.DecryptFrom++ },
		"slots":                       func(r *beacon.Record) { r.Round.Slots-- },
		"threshold":                   func(r *beacon.Record) { r.Round.Threshold-- },
		"reason":                      func(r *beacon.Record) { r.Round.Reason = "x" },
		"seed":                        func(r *beacon.Record) { r.Round.Seed = flip(r.Round.Seed) },
		"no seed":                     func(r *beacon.Record) { r.Round.Seed = nil },
		"max_dealings_per_block":      func(r *beacon.Record) { r.Round.MaxDealingsPerBlock = 0 },
		"a dealer left out":           func(r *beacon.Record) { r.Dealers = r.Dealers[1:] },
		"a dealer out of order":       func(r *beacon.Record) { r.Dealers[0], r.Dealers[1] = r.Dealers[1], r.Dealers[0] },
		"a dealer forgotten to have dealt": func(r *beacon.Record) {
			forget(&r.Dealers[0])
			r.Dealers[0].Shares = 0
		},
	}
	for i := range weights {
		name := func(field string) string { return fmt.Sprintf("%s of dealer %d", field, i) }
		dealer := func(change func(d *types.Dealer)) func(r *beacon.Record) {
			return func(r *beacon.Record) { change(&r.Dealers[i]) }
		}
		lies[name("operator")] = dealer(func(d *types.Dealer) { d.Operator = strings.Replace(d.Operator, "1", "1q", 1) })
		lies[name("beacon_key")] = func(r *beacon.Record) { r.Dealers[i].BeaconKey = r.Dealers[(i+1)%6].BeaconKey }
		lies[name("beacon_key that is none")] = dealer(func(d *types.Dealer) { d.BeaconKey = make([]byte, 32) })
		lies[name("weight")] = dealer(func(d *types.Dealer) { d.Weight *= 3 })
		lies[name("first_slot")] = dealer(func(d *types.Dealer) { d.FirstSlot++ })
		lies[name("slots")] = dealer(func(d *types.Dealer) { d.Slots++ })
		for status := range types.DealerStatus(7) {
			lies[name("status "+status.String())] = func(r *beacon.Record) {
				if r.Dealers[i].Status == status {
					r.Dealers[i].Refused++
				}
				r.Dealers[i].Status = status
			}
		}
		lies[name("refused")] = dealer(func(d *types.Dealer) { d.Refused++ })
		lies[name("handed_in")] = dealer(func(d *types.Dealer) { d.HandedIn++ })
		lies[name("dealing_hash")] = dealer(func(d *types.Dealer) { d.DealingHash = flip(append(d.DealingHash, 0)) })
		lies[name("commitment")] = dealer(func(d *types.Dealer) { d.Commitment = flip(append(d.Commitment, 0)) })
		lies[name("element")] = func(r *beacon.Record) { r.Dealers[i].Element = r.Dealers[(i+1)%5].Element }
		lies[name("revealed")] = dealer(func(d *types.Dealer) { d.Revealed++ })
		lies[name("revealed earlier")] = dealer(func(d *types.Dealer) { d.Revealed-- })
		lies[name("shares")] = dealer(func(d *types.Dealer) { d.Shares++ })
	}
	honest := doneRound(t)
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			l := &lifeOfRound{t: t, blocks: honest.blocks, record: clone(honest.record)}
			lie(&l.record)
			report, err := l.verify()
			if err == nil {
				require.NotEmpty(t, report.Differences)
				return
			}
			require.True(t, errors.Is(err, beacon.ErrRecord) || errors.Is(err, beacon.ErrBlocks), "%v", err)
		})
	}
}

func clone(record beacon.Record) beacon.Record {
	raw, err := record.Marshal()
	if err != nil {
		panic(err)
	}
	var copied beacon.Record
	if err := copied.Unmarshal(raw); err != nil {
		panic(err)
	}
	return copied
}

func fail(r *beacon.Record, reason string) {
	r.Round.Status, r.Round.Reason, r.Round.Seed = types.ROUND_STATUS_FAILED, reason, nil
}

func shiftClose(r *beacon.Record, by int64) {
	r.Round.CloseHeight += by
	r.Round.DecryptFrom += by
	r.Round.RevealEnd += by
}

func forget(d *types.Dealer) {
	d.Status, d.HandedIn, d.Revealed = types.DEALER_STATUS_AWAITED, 0, 0
	d.DealingHash, d.Commitment, d.Element = nil, nil, nil
}

func TestADealerThatIsForgottenWithASeedAndARefusalThatFitAreFoundInTheBlocks(t *testing.T) {
	for _, refused := range []int{1, 2, 4} {
		l := doneRound(t)
		forget(&l.record.Dealers[0])
		l.record.Dealers[0].Shares = 0
		l.record.Dealers[refused].Refused++
		l.record.Round.Seed = l.seed()
		report, err := l.verify()
		require.NoError(t, err)
		require.Equal(t, l.record.Round.Seed, report.Seed)
		require.Contains(t, strings.Join(report.Differences, "\n"), "block 109 took an opening of no dealing that the record counts")
		require.Contains(t, strings.Join(report.Notes, "\n"), "holds a valid dealing of "+l.record.Dealers[0].Operator)
	}
}

func TestARebuiltDealerThatIsForgottenIsFoundByTheSharesOfIt(t *testing.T) {
	l := doneRound(t)
	forget(&l.record.Dealers[3])
	l.record.Dealers[3].Shares = 0
	l.record.Dealers[4].Refused++
	l.record.Round.Seed = l.seed()
	report, err := l.verify()
	require.NoError(t, err)
	require.Contains(t, strings.Join(report.Differences, "\n"), "took decrypted shares of a dealing of")
}

func TestARoundThatGaveASeedIsNotBelievedToHaveFailed(t *testing.T) {
	l := doneRound(t)
	fail(&l.record, "the era ended before every secret was known")
	report, err := l.verify()
	require.NoError(t, err)
	require.Contains(t, strings.Join(report.Differences, "\n"), "the blocks give every secret")
	require.Nil(t, report.Seed)
}

func TestBlocksThatDoNotBearTheRecordOutAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(l *lifeOfRound)
		says   string
	}{
		"a dealing is missing":    {func(l *lifeOfRound) { l.block(102).Txs = nil; l.block(102).Codes = []uint32{} }, "that block has none such"},
		"its transaction failed":  {func(l *lifeOfRound) { l.block(102).Codes[0] = 11 }, "that block has none such"},
		"an opening is missing":   {func(l *lifeOfRound) { l.block(109).Txs = nil; l.block(109).Codes = []uint32{} }, "by the blocks in none"},
		"too few shares":          {func(l *lifeOfRound) { l.block(117).Codes[0] = 11 }, "by the blocks in none"},
		"a dealing after the end": {func(l *lifeOfRound) { l.record.Round.DealEnd = 108; l.put(109, 0, l.garbage(5)) }, "took a dealing; by the record they were taken from 101 to 108"},
		"an early opening":        {func(l *lifeOfRound) { l.put(107, 0, l.opening(0)) }, "block 107 took an opening"},
		"an early decryption":     {func(l *lifeOfRound) { l.put(112, 0, l.decryption(3, 4)) }, "block 112 took decrypted shares"},
		"an opening of nothing":   {func(l *lifeOfRound) { l.put(112, 0, l.opening(5)) }, "of no dealing that the record counts"},
		"a second opening":        {func(l *lifeOfRound) { l.put(112, 0, l.opening(0)) }, "of no dealing that the record counts"},
		"an opening of what was rebuilt": {
			func(l *lifeOfRound) { l.put(117, 0, l.opening(3)) }, "its dealer opened it in 117",
		},
		"shares of another": {func(l *lifeOfRound) {
			msg := l.decryption(3, 4)
			msg.Proof[47] ^= 1
			msg.Proof[46] ^= 1
			l.put(116, 0, msg)
		}, "that nobody's key decrypts so"},
		"a copied dealing": {func(l *lifeOfRound) {
			msg := l.dealing(0)
			msg.Submitter = account(5)
			l.put(107, 0, msg)
		}, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			l := doneRound(t)
			c.change(l)
			report, err := l.verify()
			require.NoError(t, err)
			require.Contains(t, strings.Join(report.Differences, "\n"), c.says)
		})
	}
}

func (l *lifeOfRound) block(height int64) *beacon.Block { return &l.blocks[height-frozen-1] }

func TestAnInvalidDealingIsNotCountedWhateverTheRecordSays(t *testing.T) {
	l := doneRound(t)
	garbage := l.garbage(0)
	l.block(102).Txs[0] = transaction(t, garbage)
	hash := sha(garbage.Dealing)
	l.record.Dealers[0].DealingHash = hash[:]
	report, err := l.verify()
	require.NoError(t, err)
	require.Contains(t, strings.Join(report.Differences, "\n"), "is counted and not valid")
	require.Nil(t, report.Seed)
}

func TestWithoutResultsTheSeedIsStillRecomputedAndWhatCouldNotBeCheckedIsSaid(t *testing.T) {
	l := doneRound(t)
	for i := range l.blocks {
		l.blocks[i].Codes = nil
	}
	report, err := l.verify()
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	require.Equal(t, l.record.Round.Seed, report.Seed)
	require.Contains(t, strings.Join(report.Notes, "\n"), "the results of the transactions are not known")
	require.Contains(t, strings.Join(report.Notes, "\n"), "its transaction may have failed", "the dealing that was handed in twice")
}

func TestOnlyTheRightBlocksAreTaken(t *testing.T) {
	l := doneRound(t)
	from, to := beacon.Span(l.record, head)
	require.Equal(t, []int64{101, 117}, []int64{from, to})
	for name, c := range map[string]struct {
		blocks func() []beacon.Block
		says   string
	}{
		"one left out":  {func() []beacon.Block { return append(append([]beacon.Block{}, l.blocks[:3]...), l.blocks[4:17]...) }, "found block 105, want 104"},
		"too few":       {func() []beacon.Block { return l.blocks[:16] }, "they end before 117"},
		"too many":      {func() []beacon.Block { return l.blocks[:18] }, "found block 118"},
		"another chain": {func() []beacon.Block { return []beacon.Block{{ChainID: "another", Height: 101}} }, `block 101 is of "another"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := beacon.Verify(l.record, func(yield func(beacon.Block, error) bool) {
				for _, block := range c.blocks() {
					if !yield(block, nil) {
						return
					}
				}
			}, head)
			require.ErrorIs(t, err, beacon.ErrBlocks)
			require.ErrorContains(t, err, c.says)
		})
	}
	broken := errors.New("disk full")
	_, err := beacon.Verify(l.record, func(yield func(beacon.Block, error) bool) { yield(beacon.Block{}, broken) }, head)
	require.ErrorIs(t, err, broken)
}

func TestARoundThatGoesOnIsNotVerified(t *testing.T) {
	l := doneRound(t)
	for _, status := range []types.RoundStatus{types.ROUND_STATUS_DEAL, types.ROUND_STATUS_REVEAL} {
		l.record.Round.Status = status
		_, err := l.verify()
		require.ErrorIs(t, err, beacon.ErrRunning)
	}
}
