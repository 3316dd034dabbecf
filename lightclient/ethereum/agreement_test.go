package ethereum

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
)

// status is a source's record as a beacon source.
func (f *fixture) status(name string) lightclient.SourceStatus {
	for _, s := range f.beacons.Status() {
		if s.Name == name {
			return s
		}
	}
	return lightclient.SourceStatus{}
}

func requireHead(t *testing.T, f *fixture, number uint64) {
	t.Helper()
	head, err := f.Head()
	require.NoError(t, err)
	require.EqualValues(t, number, head.Height)
}

func TestAProvenBlockIsNotTheHeadBeforeASecondSourceShowsIt(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	f := rooted(t, chain, 20, a, b)
	b.before = closed
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, ErrUnconfirmed)
	requireHead(t, f, 20)
	st, tip := f.snapshot()
	require.EqualValues(t, 80, st.Tip, "proven, and kept")
	require.EqualValues(t, 80, tip.Finalized.Beacon.Slot)

	f.open(t, a, b)
	requireHead(t, f, 20)
	b.before = nil
	_, err = f.Sync(t.Context())
	require.NoError(t, err)
	requireHead(t, f, 80)
}

func TestASourceThatIsAheadIsConfirmedByTheBlockRootOfOneBehind(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	b.tip = 90 // its own finality is that of slot 72
	f := synced(t, chain, 20, a, b)
	requireHead(t, f, 80)
	require.Equal(t, 1, b.called("root"))
	require.Zero(t, a.called("root"))
}

func TestALaggingSecondSourceDelaysTheHeadAndIsNotBlamed(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	b.tip = 70
	f := rooted(t, chain, 20, a, b)
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, ErrUnconfirmed)
	require.Zero(t, f.status("b").Lies)
	b.tip = 0
	_, err = f.Sync(t.Context())
	require.NoError(t, err)
	requireHead(t, f, 80)
}

func TestASourceThatNamesAnotherBlockWithoutProofIsHeldToBlame(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	c := newFake("c", chain)
	c.tip = 90
	c.blockRoot = func(beacon.Root) beacon.Root { return beacon.Root{1} }
	f := synced(t, chain, 20, a, b, c)
	requireHead(t, f, 80)
	require.ErrorIs(t, f.status("c").LastError, lightclient.ErrUnproven)
	require.False(t, f.status("c").BackoffUntil.IsZero())
}

func TestALieIsRefusedByNameAndTheOthersGoOn(t *testing.T) {
	chain, other := ethtest.New(forks(), 1, 200, nil), ethtest.New(forks(), 2, 200, nil)
	for name, tc := range map[string]struct {
		want  error
		spoil func(f *fake)
	}{
		"finality of another chain": {beacon.ErrSignature, func(f *fake) {
			f.finality = func(*beacon.Update) *beacon.Update { return other.FinalityUpdate(199) }
		}},
		"the old committee signs a new head": {beacon.ErrSlotOrder, func(f *fake) {
			f.finality = func(u *beacon.Update) *beacon.Update {
				forged := *u
				forged.SignatureSlot = u.Attested.Beacon.Slot - 64
				chain.SignAs(&forged, 2, chain.Version(forged.SignatureSlot-1), 32)
				return &forged
			}
		}},
		"below two thirds": {beacon.ErrSupermajority, func(f *fake) {
			f.finality = func(u *beacon.Update) *beacon.Update {
				weak := *u
				chain.Sign(&weak, 21)
				return &weak
			}
		}},
		"from the future": {lightclient.ErrHeaderFromFuture, func(f *fake) {
			f.finality = func(u *beacon.Update) *beacon.Update {
				late := *u
				late.SignatureSlot = 250
				chain.Sign(&late, 32)
				return &late
			}
		}},
		"wrong period": {beacon.ErrPeriod, func(f *fake) {
			f.finality = func(*beacon.Update) *beacon.Update { return chain.FinalityUpdate(90) }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := two(chain)
			c := newFake("c", chain)
			tc.spoil(c)
			f := synced(t, chain, 20, a, b, c)
			requireHead(t, f, 176)
			require.ErrorIs(t, f.status("c").LastError, tc.want)
		})
	}
}

func TestForgedUpdatesOfPeriodsAreLeftForAnotherSource(t *testing.T) {
	chain, other := ethtest.New(forks(), 1, 300, nil), ethtest.New(forks(), 2, 300, nil)
	for name, tc := range map[string]struct {
		want  error
		alter func([]*beacon.Update) []*beacon.Update
	}{
		"of another chain": {beacon.ErrSignature, func([]*beacon.Update) []*beacon.Update {
			return []*beacon.Update{other.PeriodUpdate(0)}
		}},
		"with another committee": {beacon.ErrCommitteeBranch, func(us []*beacon.Update) []*beacon.Update {
			forged := *us[0]
			forged.NextCommittee = other.Committee(1).Public
			return []*beacon.Update{&forged}
		}},
		"too many": {lightclient.ErrTooLarge, func(us []*beacon.Update) []*beacon.Update { return append(us, us...) }},
		"none":     {lightclient.ErrSourceLagging, func([]*beacon.Update) []*beacon.Update { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := two(chain)
			a.updates = tc.alter
			f := rooted(t, chain, 20, a, b, newFake("c", chain))
			_, err := f.Sync(t.Context())
			require.NoError(t, err)
			requireHead(t, f, 280)
			require.ErrorIs(t, f.failures["a"], tc.want)
		})
	}
}

func TestAnUpdateThatBreaksOffMidwayLeavesWhatWasProven(t *testing.T) {
	chain := ethtest.New(forks(), 1, 300, nil)
	a, b := two(chain)
	for _, s := range []*fake{a, b} {
		s.updates = func(us []*beacon.Update) []*beacon.Update { return us[:min(len(us), 2)] }
		s.before = func(_ context.Context, method string) error {
			if method == "updates" && s.called("updates") > 1 || method == "finality" {
				return errClosed
			}
			return nil
		}
	}
	f := rooted(t, chain, 20, a, b)
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrNoSource)
	requireHead(t, f, 20)
	st, tip := f.snapshot()
	require.EqualValues(t, 3, tip.Period(f.network), "two updates of each")
	c, d := newFake("c", chain), newFake("d", chain)
	f.open(t, c, d)
	require.Equal(t, st, f.state)
	_, err = f.Sync(t.Context())
	require.NoError(t, err)
	requireHead(t, f, 280)
}

func TestTwoFinalizedBlocksOfOneSlotFreezeTheClientUntilTheOperatorClearsIt(t *testing.T) {
	chain := ethtest.New(forks(), 1, 60, nil)
	twin := chain.Fork(60, ethtest.Marked)
	chain.Extend(100)
	twin.Extend(100)
	a, b := newFake("a", chain), newFake("b", twin)
	f := rooted(t, chain, 20, a, b)

	_, err := f.Sync(t.Context())

	require.ErrorIs(t, err, lightclient.ErrFrozen)
	require.ErrorIs(t, err, lightclient.ErrConflict)
	f.open(t, a, b)
	require.Equal(t, lightclient.Frozen, f.Status().State)
	for _, call := range []func() error{
		func() error { _, err := f.Head(); return err },
		func() error { _, err := f.Sync(t.Context()); return err },
		func() error { _, err := f.HeaderAt(t.Context(), 10); return err },
		func() error { return f.Bootstrap(t.Context(), f.checkpoint(20)) },
		func() error { _, err := f.Broadcast(t.Context(), []byte{1}); return err },
	} {
		require.ErrorIs(t, call(), lightclient.ErrFrozen)
	}
	found, err := f.Misbehaviour()
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.EqualValues(t, 80, found[0].Height)
	require.ElementsMatch(t, [][32]byte{chain.Blocks[80].Root, twin.Blocks[80].Root}, [][32]byte{found[0].Trusted, found[0].Conflicting})
	requireBothSidesProven(t, f, found[0].Evidence)

	require.NoError(t, f.Unfreeze(t.Context()))
	requireHead(t, f, 20)
	f.open(t, a, newFake("c", chain))
	_, err = f.Sync(t.Context())
	require.NoError(t, err)
	requireHead(t, f, 80)
	found, err = f.Misbehaviour()
	require.NoError(t, err)
	require.Len(t, found, 1, "the evidence stays")
}

// requireBothSidesProven verifies the evidence as anybody with the checkpoint can.
func requireBothSidesProven(t *testing.T, f *fixture, evidence []byte) {
	t.Helper()
	var attack Attack
	require.NoError(t, json.Unmarshal(evidence, &attack))
	require.NoError(t, attack.Verify(f.network, f.state.Checkpoint))
	one := Attack{Trusted: attack.Trusted, Conflicting: attack.Trusted}
	require.ErrorIs(t, one.Verify(f.network, f.state.Checkpoint), lightclient.ErrMalformed)
}

func TestAnotherFinalizedBlockInTheHeadsOwnSlotIsAConflict(t *testing.T) {
	chain := ethtest.New(forks(), 1, 60, nil)
	twin := chain.Fork(60, ethtest.Marked)
	chain.Extend(100)
	twin.Extend(100)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	requireHead(t, f, 80)
	late := newFake("late", twin)
	f.open(t, a, late)
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrConflict)
	require.Equal(t, lightclient.Frozen, f.Status().State)
}

func TestAnotherFinalizedBlockThatTooFewSignedIsNoConflict(t *testing.T) {
	chain := ethtest.New(forks(), 1, 60, nil)
	twin := chain.Fork(60, ethtest.Marked)
	chain.Extend(100)
	twin.Extend(100)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	weak := newFake("weak", twin)
	weak.finality = func(u *beacon.Update) *beacon.Update {
		twin.Sign(u, 21)
		return u
	}
	f.open(t, a, b, weak)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	require.Equal(t, lightclient.Active, f.Status().State)
	require.ErrorIs(t, f.status("weak").LastError, beacon.ErrSupermajority)
}

// An update attested in the tip's own slot is not newer, and refused before its
// signature is looked at; it must not count as a conflict for that.
func TestAnUnsignedUpdateOfTheTipsOwnSlotIsNoConflict(t *testing.T) {
	chain := ethtest.New(forks(), 1, 60, nil)
	twin := chain.Fork(60, ethtest.Marked)
	chain.Extend(100)
	twin.Extend(100)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	forger := newFake("forger", chain)
	forger.finality = func(*beacon.Update) *beacon.Update {
		forged := twin.FinalityUpdate(80)
		forged.Finalized = &twin.Blocks[80].Header
		forged.Aggregate.Signature = beacon.Signature{}
		return forged
	}
	f.open(t, a, b, forger)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	require.Equal(t, lightclient.Active, f.Status().State)
	require.ErrorIs(t, f.status("forger").LastError, beacon.ErrIrrelevant)
}

func TestAFinalizedBlockThatDoesNotDescendFromTheHeadIsAConflict(t *testing.T) {
	chain := ethtest.New(forks(), 1, 60, nil)
	twin := chain.Fork(60, ethtest.Marked)
	chain.Extend(100)
	twin.Extend(120)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	requireHead(t, f, 80)
	f.open(t, newFake("c", twin), newFake("d", twin))
	f.atSlot(121)
	_, err := f.Sync(t.Context())
	require.ErrorIs(t, err, lightclient.ErrConflict)
	found, err := f.Misbehaviour()
	require.NoError(t, err)
	require.Equal(t, [32]byte(chain.Blocks[80].Hash), found[0].Trusted)
	require.Equal(t, [32]byte(twin.Blocks[96].Hash), found[0].Conflicting)
	requireBothSidesProven(t, f, found[0].Evidence)
}

// Between two heads of successive numbers there is no walk that would meet the
// old one: the new one's own parent hash decides.
func TestAFinalizedBlockRightAboveTheHeadWithAnotherParentIsAConflict(t *testing.T) {
	chain := ethtest.New(forks(), 1, 90, nil)
	twin := chain.Fork(60, ethtest.Marked)
	twin.Extend(90)
	f := synced(t, chain, 20, newFake("a", chain), newFake("b", chain))
	requireHead(t, f, 72)
	child := func(c *ethtest.Chain) *execution.Header {
		header, err := execution.DecodeHeader(c.Blocks[73].RawHeader, c.Blocks[73].Hash)
		require.NoError(t, err)
		return header
	}
	require.NoError(t, f.descends(t.Context(), child(chain)))
	require.Equal(t, lightclient.Active, f.Status().State)
	require.ErrorIs(t, f.descends(t.Context(), child(twin)), lightclient.ErrConflict)
	require.Equal(t, lightclient.Frozen, f.Status().State)
	found, err := f.Misbehaviour()
	require.NoError(t, err)
	require.Equal(t, [32]byte(chain.Blocks[72].Hash), found[0].Trusted)
	require.Equal(t, [32]byte(twin.Blocks[73].Hash), found[0].Conflicting)
}

// A head is what is final: blocks that a reorganisation replaces before that
// never were.
func TestAReorganisationBeforeFinalityNeverReachesTheHead(t *testing.T) {
	chain := ethtest.New(forks(), 1, 90, nil)
	stale := chain.Fork(84, ethtest.Marked)
	stale.Extend(90)
	chain.Extend(90)
	a, b := newFake("a", stale), newFake("b", stale)
	f := newFixture(t, stale, a, b)
	require.NoError(t, f.Bootstrap(t.Context(), f.checkpoint(20)))
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	requireHead(t, f, 72)
	_, err = f.HeaderAt(t.Context(), 86)
	require.ErrorIs(t, err, lightclient.ErrNotVerified)
	honest := chain.Fork(84, nil)
	honest.Extend(120)
	f.open(t, newFake("c", honest), newFake("d", honest))
	f.atSlot(121)
	_, err = f.Sync(t.Context())
	require.NoError(t, err)
	requireHead(t, f, 96)
	header, err := f.HeaderAt(t.Context(), 86)
	require.NoError(t, err)
	require.Equal(t, honest.Blocks[86].Hash, header.Hash)
	require.NotEqual(t, stale.Blocks[86].Hash, header.Hash)
}

func TestTheCallersDeadlineIsKeptWhenEverySourceHangs(t *testing.T) {
	chain := ethtest.New(forks(), 1, 100, nil)
	a, b := two(chain)
	f := rooted(t, chain, 20, a, b)
	hang := func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	a.before, b.before = hang, hang
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Sync(ctx)
	require.ErrorIs(t, err, context.Canceled)
	requireHead(t, f, 20)
}

func TestAForkBelowALongGapIsFoundWhenItsBlocksAreAskedFor(t *testing.T) {
	chain := ethtest.New(forks(), 1, 60, nil)
	twin := chain.Fork(60, ethtest.Marked)
	chain.Extend(100)
	twin.Extend(walkLimit + 200)
	a, b := two(chain)
	f := synced(t, chain, 20, a, b)
	requireHead(t, f, 80)
	f.open(t, newFake("c", twin), newFake("d", twin))
	f.atSlot(walkLimit + 201)
	_, err := f.Sync(t.Context())
	require.NoError(t, err)
	_, err = f.HeaderAt(t.Context(), 90)
	require.NoError(t, err)
	_, err = f.HeaderAt(t.Context(), 81)
	require.ErrorIs(t, err, lightclient.ErrConflict)
}
