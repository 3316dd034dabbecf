package beacon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/internal/ethtest"
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
