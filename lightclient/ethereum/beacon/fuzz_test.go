package beacon_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient/ethereum/beacon"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/ethtest"
)

// FuzzSSZ feeds the decoders of every fork; what decodes must encode to the
// same bytes, and may not move a store to where the honest chain is not.
func FuzzSSZ(f *testing.F) {
	c := ethtest.New(forks(), 1, 3*64+20, nil)
	for _, slot := range []uint64{40, 110, 170, 210} {
		fork, err := c.Network.ForkAt(slot)
		require.NoError(f, err)
		update, err := c.Network.EncodeUpdate(c.Update(slot), fork)
		require.NoError(f, err)
		f.Add(update, byte(fork))
		bootstrap, err := c.Network.EncodeBootstrap(c.Bootstrap(slot), fork)
		require.NoError(f, err)
		f.Add(bootstrap, byte(fork))
	}
	s := bootstrapped(f, c, 70)
	f.Fuzz(func(t *testing.T, raw []byte, fork byte) {
		f := beacon.Capella + beacon.Fork(fork%4)
		if u, err := c.Network.DecodeUpdate(raw, f); err == nil {
			again, err := c.Network.EncodeUpdate(u, f)
			require.NoError(t, err)
			require.Equal(t, raw, again)
			if next, err := c.Network.Apply(s, u, far); err == nil {
				slot := next.Finalized.Beacon.Slot
				require.Equal(t, c.Blocks[slot].Root, next.Finalized.Beacon.Root())
			}
		}
		if b, err := c.Network.DecodeBootstrap(raw, f); err == nil {
			again, err := c.Network.EncodeBootstrap(b, f)
			require.NoError(t, err)
			require.Equal(t, raw, again)
		}
		_, _ = c.Network.DecodeStore(raw)
	})
}

// FuzzJSON feeds the decoders of the beacon API; what they take must have sizes
// that the verifier can work on.
func FuzzJSON(f *testing.F) {
	c := ethtest.New(forks(), 1, 120, nil)
	for _, seed := range []any{c.Update(110), c.FinalityUpdate(90), c.Bootstrap(70)} {
		raw, err := json.Marshal(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte(`{"next_sync_committee":null,"finalized_header":null,"sync_aggregate":{"sync_committee_bits":"0x"}}`))
	s := bootstrapped(f, c, 70)
	f.Fuzz(func(_ *testing.T, raw []byte) {
		if u, err := c.Network.ParseUpdate(raw); err == nil {
			_, _ = c.Network.Apply(s, u, far)
		}
		if b, err := c.Network.ParseBootstrap(raw); err == nil {
			_, _ = c.Network.NewStore(b.Header.Beacon.Root(), b)
		}
	})
}
