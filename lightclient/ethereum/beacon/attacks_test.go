package beacon_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
)

const far = 1 << 20 // a slot after all others

// forks starts each fork at a new sync committee period of 64 slots.
func forks() beacon.Network { return ethtest.Network(8, 16, 24) }

func bootstrapped(t testing.TB, c *ethtest.Chain, slot uint64) *beacon.Store {
	t.Helper()
	s, err := c.Network.NewStore(c.Blocks[slot].Root, c.Bootstrap(slot))
	require.NoError(t, err)
	return s
}

func apply(t testing.TB, c *ethtest.Chain, s *beacon.Store, u *beacon.Update) *beacon.Store {
	t.Helper()
	next, err := c.Network.Apply(s, u, u.SignatureSlot)
	require.NoError(t, err)
	return next
}

// knowing is a store in period 1 that knows the next committee.
func knowing(t testing.TB, c *ethtest.Chain) *beacon.Store {
	t.Helper()
	return apply(t, c, bootstrapped(t, c, 80), c.Update(100))
}

func TestSyntheticCommitteesAreFollowedThroughEveryFork(t *testing.T) {
	n := forks()
	require.NoError(t, n.Validate())
	c := ethtest.New(n, 1, 4*64+60, nil)
	s := bootstrapped(t, c, 20)
	for period := uint64(0); period <= 4; period++ {
		u := c.PeriodUpdate(period)
		fork, err := n.ForkAt(u.Attested.Beacon.Slot)
		require.NoError(t, err)
		require.Equal(t, beacon.Capella+beacon.Fork(min(period, 3)), fork)
		s = apply(t, c, s, u)
		require.Equal(t, period, s.Period(&n))
		require.Equal(t, c.Committee(period).Public.Pubkeys, s.Current.Pubkeys)
		require.Equal(t, c.Committee(period+1).Public.Pubkeys, s.Next.Pubkeys)
		require.EqualValues(t, c.Blocks[s.Finalized.Beacon.Slot].Hash, s.Finalized.ExecutionHash())
	}
}

func TestAnUpdateOfAnyForkIsTheSameAfterSSZ(t *testing.T) {
	c := ethtest.New(forks(), 1, 4*64+60, nil)
	for _, slot := range []uint64{60, 66, 130, 200, 310} {
		fork, err := c.Network.ForkAt(slot)
		require.NoError(t, err)
		for _, u := range []*beacon.Update{c.Update(slot), c.FinalityUpdate(slot)} {
			raw, err := c.Network.EncodeUpdate(u, fork)
			require.NoError(t, err)
			again, err := c.Network.DecodeUpdate(raw, fork)
			require.NoError(t, err)
			require.Equal(t, u.Finalized.Beacon, again.Finalized.Beacon)
			require.NoError(t, c.Network.VerifyUpdate(bootstrapped(t, c, slot-1), again, far))
			require.Equal(t, u.NextCommittee == nil, again.NextCommittee == nil)
			second, err := c.Network.EncodeUpdate(again, fork)
			require.NoError(t, err)
			require.Equal(t, raw, second)
		}
	}
}

func TestAForgedUpdateIsRefusedByName(t *testing.T) {
	c := ethtest.New(forks(), 1, 240, nil)
	base := knowing(t, c) // finalized 80, period 1: slots 64 to 127
	other := ethtest.New(forks(), 2, 240, nil)
	for _, tc := range []struct {
		name string
		now  uint64
		want error
		u    func() *beacon.Update
	}{
		{"nobody signed", far, beacon.ErrNoParticipants, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			c.Sign(u, 0)
			return u
		}},
		{"less than two thirds signed", far, beacon.ErrSupermajority, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			c.Sign(u, 21)
			return u
		}},
		{"two thirds signed", far, nil, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			c.Sign(u, 22)
			return u
		}},
		{"signature slot has not begun", 120, beacon.ErrFuture, func() *beacon.Update { return c.FinalityUpdate(120) }},
		{"signature slot is the attested one", far, beacon.ErrSlotOrder, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.SignatureSlot = 120
			c.Sign(u, 32)
			return u
		}},
		{"finalized after attested", far, beacon.ErrSlotOrder, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.Finalized = &c.Blocks[121].Header
			return u
		}},
		{"the old committee signs a new head", far, beacon.ErrSlotOrder, func() *beacon.Update {
			u := c.FinalityUpdate(200)
			u.SignatureSlot = 101
			c.SignAs(u, 1, c.Version(100), 32)
			return u
		}},
		{"the old committee signs a new head in its own name", far, beacon.ErrSignature, func() *beacon.Update {
			u := c.FinalityUpdate(180)
			c.SignAs(u, 1, c.Version(180), 32)
			return u
		}},
		{"two periods ahead", far, beacon.ErrPeriod, func() *beacon.Update { return c.FinalityUpdate(200) }},
		{"the period before", far, beacon.ErrPeriod, func() *beacon.Update { return c.Update(60) }},
		{"nothing new", far, beacon.ErrIrrelevant, func() *beacon.Update { return c.FinalityUpdate(80) }},
		{"attested newer, finalized not", far, beacon.ErrIrrelevant, func() *beacon.Update { return c.FinalityUpdate(101) }},
		{"no finality", far, beacon.ErrNoFinality, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.Finalized, u.FinalityBranch = nil, nil
			return u
		}},
		{"another committee's signature", far, beacon.ErrSignature, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			other.Sign(u, 32)
			return u
		}},
		{"another chain altogether", far, beacon.ErrSignature, func() *beacon.Update { return other.FinalityUpdate(120) }},
		{"another finalized header", far, beacon.ErrFinalityBranch, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.Finalized = &c.Blocks[105].Header
			return u
		}},
		{"another next committee than the one proven", far, beacon.ErrCommitteeMismatch, func() *beacon.Update {
			u := c.Update(120)
			u.NextCommittee = other.Committee(2).Public
			return u
		}},
		{"another next committee in the next period", far, beacon.ErrCommitteeBranch, func() *beacon.Update {
			u := c.Update(150)
			u.NextCommittee = other.Committee(3).Public
			return u
		}},
		{"another execution block in the attested header", far, beacon.ErrExecutionBranch, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.Attested.Execution.BlockHash = beacon.Root{1}
			return u
		}},
		{"another execution block in the finalized header", far, beacon.ErrExecutionBranch, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.Finalized.Execution.BlockHash = beacon.Root{1}
			return u
		}},
		{"a signature that is no point", far, beacon.ErrSignature, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			u.Aggregate.Signature[5] ^= 1
			return u
		}},
		{"a signer who did not sign", far, beacon.ErrSignature, func() *beacon.Update {
			u := c.FinalityUpdate(120)
			c.Sign(u, 31)
			u.Aggregate.Bits[3] |= 0x80
			return u
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, err := c.Network.EncodeStore(base)
			require.NoError(t, err)
			_, err = c.Network.Apply(base, tc.u(), tc.now)
			require.ErrorIs(t, err, tc.want)
			after, err := c.Network.EncodeStore(base)
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}

func TestTheNextCommitteeIsNotUsedBeforeItIsKnown(t *testing.T) {
	c := ethtest.New(forks(), 1, 200, nil)
	s := bootstrapped(t, c, 80)
	_, err := c.Network.Apply(s, c.FinalityUpdate(150), far)
	require.ErrorIs(t, err, beacon.ErrPeriod)
	s = apply(t, c, s, c.FinalityUpdate(120))
	require.Nil(t, s.Next)
	s = apply(t, c, s, c.Update(110))
	require.NotNil(t, s.Next, "an older update teaches it")
	require.EqualValues(t, 104, s.Finalized.Beacon.Slot)
	s = apply(t, c, s, c.FinalityUpdate(150))
	require.EqualValues(t, 128, s.Finalized.Beacon.Slot)
}

// The committee of the first slot of a fork signs the last block before it, in
// the domain of the fork before: by the slot before the signature's.
func TestASignatureAcrossAForkBoundaryUsesTheForkOfTheSlotBefore(t *testing.T) {
	n := ethtest.Network(8, 13)                   // Electra from slot 104, within period 1
	c := ethtest.New(n, 1, 120, nil)              // Capella, Deneb from 64
	for _, attested := range []uint64{103, 101} { // 101: slots 102 and 103 were missed
		s := bootstrapped(t, c, 70)
		u := c.FinalityUpdate(attested)
		u.SignatureSlot = 104
		c.SignAs(u, 1, c.Version(103), 32)
		next := apply(t, c, s, u)
		require.EqualValues(t, 80, next.Finalized.Beacon.Slot)
		c.SignAs(u, 1, c.Version(104), 32)
		_, err := c.Network.Apply(s, u, far)
		require.ErrorIs(t, err, beacon.ErrSignature)
	}
	s := bootstrapped(t, c, 70)
	u := c.FinalityUpdate(103)
	u.SignatureSlot = 105 // slot 104 was missed: 105 signs in the domain of 104
	c.SignAs(u, 1, c.Version(103), 32)
	_, err := c.Network.Apply(s, u, far)
	require.ErrorIs(t, err, beacon.ErrSignature, "the attested slot's fork is not the one that counts")
	c.SignAs(u, 1, c.Version(104), 32)
	apply(t, c, s, u)
}

func TestABootstrapOfAnotherBlockOrCommitteeIsRefused(t *testing.T) {
	c, other := ethtest.New(forks(), 1, 240, nil), ethtest.New(forks(), 2, 240, nil)
	for _, slot := range []uint64{20, 80, 140, 210} {
		bootstrapped(t, c, slot)
		_, err := c.Network.NewStore(c.Blocks[slot].Root, c.Bootstrap(slot-1))
		require.ErrorIs(t, err, beacon.ErrCheckpointRoot)
		b := c.Bootstrap(slot)
		b.Committee = other.Committee(c.Network.Period(slot)).Public
		_, err = c.Network.NewStore(c.Blocks[slot].Root, b)
		require.ErrorIs(t, err, beacon.ErrCommitteeBranch)
		b = c.Bootstrap(slot)
		b.Header.Execution.BlockHash = beacon.Root{1}
		_, err = c.Network.NewStore(c.Blocks[slot].Root, b)
		require.ErrorIs(t, err, beacon.ErrExecutionBranch)
	}
}

func TestACheckpointOlderThanTheWeakSubjectivityPeriodIsRefused(t *testing.T) {
	n := forks()
	const limit = 14 * 24 * time.Hour
	require.NoError(t, n.CheckAge(80, n.SlotTime(80).Add(limit), limit))
	err := n.CheckAge(80, n.SlotTime(80).Add(limit+time.Second), limit)
	require.ErrorIs(t, err, beacon.ErrStaleCheckpoint)
	require.ErrorIs(t, err, lightclient.ErrExpired)
}

func TestAForkThatIsNotKnownIsNotBelieved(t *testing.T) {
	n := forks()
	n.End = 12
	c := ethtest.New(forks(), 1, 120, nil)
	s := bootstrapped(t, c, 70)
	_, err := n.Apply(s, c.FinalityUpdate(95), far)
	require.NoError(t, err)
	_, err = n.Apply(s, c.FinalityUpdate(96), far)
	require.ErrorIs(t, err, beacon.ErrFork)
	_, err = n.ForkAt(96)
	require.ErrorIs(t, err, beacon.ErrFork)
	_, err = (&beacon.Network{Preset: n.Preset, Forks: []beacon.Activation{{Fork: beacon.Bellatrix}}}).ForkAt(3)
	require.ErrorIs(t, err, beacon.ErrNoExecution)
	_, err = beacon.ParseFork("gloas")
	require.ErrorIs(t, err, beacon.ErrFork)
}

func TestACommitteeWithAKeyOutsideTheGroupIsRefused(t *testing.T) {
	c := ethtest.New(forks(), 1, 120, nil)
	for name, key := range map[string]beacon.Pubkey{"infinity": {0xc0}, "no point": {0x80, 1}} {
		t.Run(name, func(t *testing.T) {
			committee := &beacon.SyncCommittee{Pubkeys: append([]beacon.Pubkey{key}, c.Committee(1).Public.Pubkeys[1:]...)}
			s := *bootstrapped(t, c, 70)
			s.Current = committee
			_, err := c.Network.Apply(&s, c.FinalityUpdate(110), far)
			require.ErrorIs(t, err, beacon.ErrKey)
		})
	}
}

func TestAnUpdateThatFinalizesGenesisIsReadAndMovesNothing(t *testing.T) {
	c := ethtest.New(forks(), 1, 30, nil)
	s := bootstrapped(t, c, 4)
	u := c.FinalityUpdate(10)
	require.NoError(t, c.Network.VerifyUpdate(s, u, far))
	_, err := c.Network.Apply(s, u, far)
	require.ErrorIs(t, err, beacon.ErrIrrelevant)
	u.Finalized = &beacon.Header{Beacon: beacon.BlockHeader{BodyRoot: beacon.Root{1}}}
	require.ErrorIs(t, c.Network.VerifyUpdate(s, u, far), beacon.ErrFinalityBranch)
}

func TestNetworksThatMakeNoSenseAreRefused(t *testing.T) {
	require.NoError(t, ptr(beacon.MainnetNetwork()).Validate())
	for name, change := range map[string]func(*beacon.Network){
		"committee of 0":      func(n *beacon.Network) { n.SyncCommitteeSize = 0 },
		"committee of 12":     func(n *beacon.Network) { n.SyncCommitteeSize = 12 },
		"no slots":            func(n *beacon.Network) { n.SlotsPerEpoch = 0 },
		"no time":             func(n *beacon.Network) { n.SlotDuration = 0 },
		"no validators root":  func(n *beacon.Network) { n.GenesisValidatorsRoot = beacon.Root{} },
		"no forks":            func(n *beacon.Network) { n.Forks = nil },
		"forks out of order":  func(n *beacon.Network) { n.Forks[1], n.Forks[2] = n.Forks[2], n.Forks[1] },
		"an unknown fork":     func(n *beacon.Network) { n.Forks[3].Fork = beacon.Fulu + 1 },
		"a fork before epoch": func(n *beacon.Network) { n.Forks[3].Epoch = 1 },
	} {
		n := forks()
		change(&n)
		require.Error(t, n.Validate(), name)
	}
}

func ptr[T any](v T) *T { return &v }

func ExampleNetwork_Period() {
	n := beacon.MainnetNetwork()
	fmt.Println(n.Period(7_069_376), n.SlotTime(7_069_376))
	// Output: 862 2023-08-10 08:35:35 +0000 UTC
}
