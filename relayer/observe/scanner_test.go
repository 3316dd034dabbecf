package observe

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/lightclient"
)

func TestAScannerFetchesEachBlockOnceAndForgetsWhatIsObserved(t *testing.T) {
	s, vault := crowded(t, 2, 0, 3)
	s.chain.blocks[12].Txs = []lightclient.Tx{ok(encode(t, "", send(testAddress("a"), testAddress("b"), 1)))}
	unpaid := deposit(t, vault, 99)
	unpaid.Code = 5
	s.chain.blocks[12].Txs = append(s.chain.blocks[12].Txs, unpaid)
	scanner := &Scanner{}
	for _, to := range []uint64{11, 12, 13, 13} {
		s.in.To = to
		got, _, err := scanner.Derive(context.Background(), s.in, wide)
		require.NoError(t, err)
		again, _, err := scanner.Rederive(context.Background(), s.in, 0)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	require.Equal(t, 3, s.chain.fetched)
	require.Len(t, scanner.blocks, 3)
	require.Empty(t, scanner.blocks[12].Txs)

	s.in.From = 12
	s.in.Vaults[0].Ledger = s.in.Vaults[0].Ledger.AddRaw(200)
	_, _, err := scanner.Derive(context.Background(), s.in, wide)
	require.NoError(t, err)
	require.Equal(t, 3, s.chain.fetched)
	require.Len(t, scanner.blocks, 1)

	s.in.Vaults = append(s.in.Vaults, newTestVault(t, 2, 4, 3).Vault)
	o, _, err := scanner.Derive(context.Background(), s.in, wide)
	require.NoError(t, err)
	require.Equal(t, 4, s.chain.fetched)
	require.Len(t, o.Events, 3)
}

func TestAScannerReadsTheLogsOfEachBlockOnceAndForgetsWhatIsObserved(t *testing.T) {
	s, vault := newSafeScene(t, members(t, "a", 1, 4, 3))
	next := s.successor("b", 2, 4, 3)
	s.stake("stafi1", 1)
	s.mine()
	s.hand(7, vault, next, testFee)
	s.mine()
	s.stake("stafi1", 2)
	s.mine()
	scanner := &Scanner{}
	for _, to := range []uint64{11, 12, 13, 13} {
		s.in.To = to
		want, _, err := Derive(context.Background(), s.in, wide)
		require.NoError(t, err)
		before := s.chain.reads
		got, _, err := scanner.Derive(context.Background(), s.in, wide)
		require.NoError(t, err)
		require.LessOrEqual(t, s.chain.reads, before+1)
		again, _, err := scanner.Rederive(context.Background(), s.in, 0)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, want, again)
	}
	require.Len(t, scanner.logs, 3)
	s.in.From, s.in.Vaults[0].Holds, s.in.Vaults[1].Holds = 12, false, false
	_, _, err := scanner.Derive(context.Background(), s.in, wide)
	require.NoError(t, err)
	require.Len(t, scanner.logs, 1)
}

func TestAScannerDoesNotMixWhatConcernsDifferentVaults(t *testing.T) {
	s, vault := crowded(t, 2)
	other := *s
	other.in.Vaults = []Vault{newTestVault(t, 2, 4, 3).Vault}
	s.in.To, other.in.To = 11, 11
	scanner := &Scanner{}
	slow, err := scanner.derivation(s.in)
	require.NoError(t, err)
	_, _, err = scanner.Derive(context.Background(), other.in, wide)
	require.NoError(t, err)
	require.Empty(t, scanner.blocks[11].Txs, "nothing of the other vault")

	o, _, err := slow.derive(context.Background(), wide)
	require.NoError(t, err)
	require.Len(t, o.Events, 2, "what is remembered is of other vaults")
	require.Empty(t, scanner.blocks[11].Txs, "what the slow one read is of other vaults")
	require.Equal(t, vault.ID, o.Events[0].Vault())
}

func TestAScannerRemembersWhatARangeReaches(t *testing.T) {
	require.Equal(t, uint64(1_000), Reach(testContract()))
	require.Equal(t, uint64(14_000), Reach(safeContract()))
	require.Less(t, Reach(safeContract()), uint64(maxKeptBlocks))
}

func BenchmarkDeriveBlockOf1000Deposits(b *testing.B) {
	vault := newTestVault(b, 1, 7, 5)
	s := newScene(b, vault)
	var txs []lightclient.Tx
	for i := range 1000 {
		txs = append(txs, deposit(b, vault, i))
	}
	s.chain.add(11, txs...)
	s.chain.hold(11, vault.Address, 100_000)
	s.in.To = 11
	for b.Loop() {
		o, _, err := Derive(context.Background(), s.in, Limits{Events: 2000, Bytes: 1 << 20})
		if err != nil || len(o.Events) != 1000 {
			b.Fatal(len(o.Events), err)
		}
	}
}
