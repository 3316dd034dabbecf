package beacon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
)

// A changed byte is refused wherever it is, with one exception that changes no
// meaning: nobody signs the signature slot, so one that is still in order and in
// the same period and fork proves the same header.
func TestAnySingleByteChangedInAnUpdateIsRefused(t *testing.T) {
	c := ethtest.New(forks(), 1, 3*64+60, nil)
	for _, attested := range []uint64{50, 120, 180, 240} {
		fork, err := c.Network.ForkAt(attested)
		require.NoError(t, err)
		s := bootstrapped(t, c, attested-attested%64+1)
		u := c.Update(attested)
		raw, err := c.Network.EncodeUpdate(u, fork)
		require.NoError(t, err)
		honest := stateOf(t, c, apply(t, c, s, u))
		slotAt := signatureSlotAt(raw)
		for at := range raw {
			raw[at] ^= byte(1 + at%255)
			next, err := changed(c, s, raw, fork)
			if slotAt <= at && at < slotAt+8 && err == nil {
				require.Equal(t, honest, stateOf(t, c, next))
			} else {
				require.Error(t, err, "byte %d of an update of %s", at, fork)
			}
			raw[at] ^= byte(1 + at%255)
		}
	}
}

func changed(c *ethtest.Chain, s *beacon.Store, raw []byte, fork beacon.Fork) (*beacon.Store, error) {
	u, err := c.Network.DecodeUpdate(raw, fork)
	if err != nil {
		return nil, err
	}
	return c.Network.Apply(s, u, far)
}

func stateOf(t *testing.T, c *ethtest.Chain, s *beacon.Store) []byte {
	t.Helper()
	raw, err := c.Network.EncodeStore(s)
	require.NoError(t, err)
	return raw
}

// signatureSlotAt is where the last field of an update's fixed part begins: the
// first offset is that part's size.
func signatureSlotAt(raw []byte) int {
	return (int(raw[0]) | int(raw[1])<<8) - 8
}

// A source may serve what was signed before Electra in Electra's container, with
// longer branches; what is kept is of the slot's own fork.
func TestBranchesLengthenedWithZerosProveTheSameAndAreKeptAsTheyWere(t *testing.T) {
	c := ethtest.New(forks(), 1, 3*64+20, nil)
	for _, slot := range []uint64{50, 120, 180} {
		fork, err := c.Network.ForkAt(slot)
		require.NoError(t, err)
		s, u := bootstrapped(t, c, slot-30), c.Update(slot)
		raw, err := c.Network.EncodeUpdate(u, fork)
		require.NoError(t, err)
		u.FinalityBranch = append(make([]beacon.Root, 2), u.FinalityBranch...)
		u.CommitteeBranch = append(make([]beacon.Root, 3), u.CommitteeBranch...)
		apply(t, c, s, u)
		again, err := c.Network.EncodeUpdate(u, fork)
		require.NoError(t, err)
		require.Equal(t, raw, again)
		u.FinalityBranch[0][0] = 1
		_, err = c.Network.Apply(s, u, far)
		require.ErrorIs(t, err, beacon.ErrFinalityBranch)

		b := c.Bootstrap(slot)
		raw, err = c.Network.EncodeBootstrap(b, fork)
		require.NoError(t, err)
		b.Branch = append(make([]beacon.Root, 2), b.Branch...)
		_, err = c.Network.NewStore(c.Blocks[slot].Root, b)
		require.NoError(t, err)
		again, err = c.Network.EncodeBootstrap(b, fork)
		require.NoError(t, err)
		require.Equal(t, raw, again)
	}
}

func TestWhatHasWrongSizesIsRefusedBeforeAnythingElse(t *testing.T) {
	c := ethtest.New(forks(), 1, 120, nil)
	s := bootstrapped(t, c, 70)
	long := make([]beacon.Root, 17)
	for name, change := range map[string]func(u *beacon.Update){
		"a byte of bits too few":     func(u *beacon.Update) { u.Aggregate.Bits = u.Aggregate.Bits[:3] },
		"a byte of bits too many":    func(u *beacon.Update) { u.Aggregate.Bits = append(u.Aggregate.Bits, 1) },
		"a committee of 31":          func(u *beacon.Update) { u.NextCommittee = &beacon.SyncCommittee{Pubkeys: u.NextCommittee.Pubkeys[:31]} },
		"a committee with no branch": func(u *beacon.Update) { u.CommitteeBranch = nil },
		"a branch with no committee": func(u *beacon.Update) { u.NextCommittee = nil },
		"finality with no branch":    func(u *beacon.Update) { u.FinalityBranch = nil },
		"a finality branch of 17":    func(u *beacon.Update) { u.FinalityBranch = long },
		"an execution branch of 17":  func(u *beacon.Update) { u.Finalized.ExecutionBranch = long },
	} {
		u := c.Update(110)
		change(u)
		_, err := c.Network.Apply(s, u, far)
		require.ErrorIs(t, err, beacon.ErrMalformed, name)
	}
	b := c.Bootstrap(70)
	b.Committee = nil
	_, err := c.Network.NewStore(c.Blocks[70].Root, b)
	require.ErrorIs(t, err, beacon.ErrMalformed)
	u := c.FinalityUpdate(110)
	u.Attested.ExecutionBranch = u.Attested.ExecutionBranch[:3]
	_, err = c.Network.Apply(s, u, far)
	require.ErrorIs(t, err, beacon.ErrExecutionBranch)
}

func TestAnySingleByteChangedInABootstrapIsRefused(t *testing.T) {
	c := ethtest.New(forks(), 1, 3*64+20, nil)
	for _, slot := range []uint64{10, 80, 140, 210} {
		fork, err := c.Network.ForkAt(slot)
		require.NoError(t, err)
		raw, err := c.Network.EncodeBootstrap(c.Bootstrap(slot), fork)
		require.NoError(t, err)
		for at := range raw {
			raw[at] ^= byte(1 + at%255)
			b, err := c.Network.DecodeBootstrap(raw, fork)
			if err == nil {
				_, err = c.Network.NewStore(c.Blocks[slot].Root, b)
			}
			require.Error(t, err, "byte %d of a bootstrap of %s", at, fork)
			raw[at] ^= byte(1 + at%255)
		}
	}
}

func TestAStoreIsTheSameAfterItsEncoding(t *testing.T) {
	c := ethtest.New(forks(), 1, 130, nil)
	for _, s := range []*beacon.Store{bootstrapped(t, c, 20), knowing(t, c)} {
		raw := stateOf(t, c, s)
		again, err := c.Network.DecodeStore(raw)
		require.NoError(t, err)
		require.Equal(t, raw, stateOf(t, c, again))
		require.Equal(t, s.Next == nil, again.Next == nil)
		for cut := range len(raw) - len("ethtest") { // what is cut off a list at the end is not missed
			_, err := c.Network.DecodeStore(raw[:cut])
			require.ErrorIs(t, err, beacon.ErrMalformed)
		}
	}
}
