package keeper_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// revealing exports a chain whose round has an opened dealing, a sealed one with some shares, and one that is missing.
func revealing(t *testing.T) func() *types.GenesisState {
	t.Helper()
	c := dealing(t)
	for i := range 8 {
		c.Conducts[i] = testutil.Conduct{Idle: i > 1, Sealed: i == 1, Silent: i == 2}
	}
	closed := runTo(c, types.ROUND_STATUS_REVEAL)
	for c.Ctx.BlockHeight() < closed.Round.DecryptFrom {
		c.Next()
	}
	c.Deal()
	c.LengthenPhases()
	return func() *types.GenesisState {
		genesis, err := c.Keeper.ExportGenesis(c.Ctx)
		require.NoError(t, err)
		return genesis
	}
}

func TestRoundsThatContradictThemselvesAreRefusedInGenesis(t *testing.T) {
	export := revealing(t)
	sound := export()
	require.NoError(t, sound.Validate())
	require.Len(t, sound.Rounds[0].Dealings, 7)
	require.Len(t, sound.Rounds[0].Decryptions, 2)
	at := func(status types.DealerStatus) int {
		return slices.IndexFunc(sound.Rounds[0].Dealers, func(d types.Dealer) bool { return d.Status == status })
	}
	opened, sealed, missing := at(types.DEALER_STATUS_OPENED), at(types.DEALER_STATUS_DEALT), at(types.DEALER_STATUS_AWAITED)
	type round = types.GenesisRound
	for says, change := range map[string]func(g *types.GenesisState, r *round){
		"first_seed has 31 bytes, want none or 32": func(g *types.GenesisState, _ *round) { g.FirstSeed = make([]byte, 31) },
		"first_seed in era 2": func(g *types.GenesisState, _ *round) {
			g.FirstSeed, g.Era.Number, g.Eras[0].Era.Number = make([]byte, 32), 2, 2
		},
		"rounds 0 and 1, want strictly ascending": func(g *types.GenesisState, r *round) { g.Rounds = append(g.Rounds, *r) },
		"round of era 2, want from 1":             func(_ *types.GenesisState, r *round) { r.Round.Era = 2 },
		"want only the current era's running":     func(g *types.GenesisState, _ *round) { g.Era.Number, g.Eras[0].Era.Number = 2, 2 },
		"has status 9":                            func(_ *types.GenesisState, r *round) { r.Round.Status = 9 },
		"with a seed of 32 bytes":                 func(_ *types.GenesisState, r *round) { r.Round.Seed = make([]byte, 32) },
		"with a seed of 0 bytes":                  func(_ *types.GenesisState, r *round) { r.Round.Status = types.ROUND_STATUS_DONE },
		"has an anchor of 31 bytes":               func(_ *types.GenesisState, r *round) { r.Round.Anchor = make([]byte, 31) },
		"has no chain_id":                         func(_ *types.GenesisState, r *round) { r.Round.ChainId = "" },
		"verifies 0 dealings":                     func(_ *types.GenesisState, r *round) { r.Round.MaxDealingsPerBlock = 0 },
		"want them in this order":                 func(_ *types.GenesisState, r *round) { r.Round.DecryptFrom = r.Round.RevealEnd + 1 },
		"32 slots and threshold 12":               func(_ *types.GenesisState, r *round) { r.Round.Threshold = 12 },
		"7 dealers, 32 slots":                     func(_ *types.GenesisState, r *round) { r.Dealers = r.Dealers[:7] },
		"has slots from 6, want from 5":           func(_ *types.GenesisState, r *round) { r.Dealers[1].FirstSlot = 6 },
		"own 33 slots, want 32":                   func(_ *types.GenesisState, r *round) { r.Dealers[7].Slots = 5 },
		"has 4294967295 slots":                    func(_ *types.GenesisState, r *round) { r.Dealers[7].Slots = 1<<32 - 1 },
		"dealers 0 and 1":                         func(_ *types.GenesisState, r *round) { r.Dealers[0], r.Dealers[1] = r.Dealers[1], r.Dealers[0] },
		"dealings 5 and 6":                        func(_ *types.GenesisState, r *round) { r.Dealings[6] = r.Dealings[5] },
		"decryptions 0 and 1":                     func(_ *types.GenesisState, r *round) { r.Decryptions[1] = r.Decryptions[0] },
		"has status 6":                            func(_ *types.GenesisState, r *round) { r.Dealers[0].Status = 6 },
		"has 4 refused dealings":                  func(_ *types.GenesisState, r *round) { r.Dealers[0].Refused = 4 },
		"beacon key 0000":                         func(_ *types.GenesisState, r *round) { r.Dealers[0].BeaconKey = make([]byte, 32) },
		"with a commitment of 0 bytes":            func(_ *types.GenesisState, r *round) { r.Dealers[sealed].Commitment = nil },
		"commitment FFFF":                         func(_ *types.GenesisState, r *round) { r.Dealers[sealed].Commitment = bytes.Repeat([]byte{0xff}, 32) },
		"with a element of 32 bytes":              func(_ *types.GenesisState, r *round) { r.Dealers[sealed].Element = r.Dealers[opened].Element },
		"with its dealing: false":                 func(_ *types.GenesisState, r *round) { r.Dealings = r.Dealings[1:] },
		"with its dealing: true": func(_ *types.GenesisState, r *round) {
			r.Dealers[opened].Status, r.Dealers[opened].Commitment, r.Dealers[opened].Element = types.DEALER_STATUS_AWAITED, nil, nil
		},
		"wrong length": func(_ *types.GenesisState, r *round) { r.Dealings[0].Dealing = r.Dealings[0].Dealing[1:] },
		"are of no dealer": func(_ *types.GenesisState, r *round) {
			r.Dealings = append(r.Dealings, types.GenesisDealing{Operator: "\xff", Dealing: r.Dealings[0].Dealing})
		},
		"3 shares by": func(_ *types.GenesisState, r *round) {
			r.Decryptions[0].Decryption.Shares = r.Decryptions[0].Decryption.Shares[1:]
		},
		"share 0000":      func(_ *types.GenesisState, r *round) { r.Decryptions[0].Decryption.Shares[0] = make([]byte, 32) },
		"counts 9 shares": func(_ *types.GenesisState, r *round) { r.Dealers[sealed].Shares = 9 },
		"of a dealing of " + sound.Rounds[0].Dealers[missing].Operator: func(_ *types.GenesisState, r *round) {
			r.Decryptions = r.Decryptions[:1]
			r.Decryptions[0].Dealer = r.Dealers[missing].Operator
		},
		"is not tied to it": func(g *types.GenesisState, _ *round) { g.Candidates[0].FormerBeaconKey = g.Candidates[1].BeaconKey },
		"beacon key FFFF":   func(g *types.GenesisState, _ *round) { g.Candidates[0].BeaconKey = bytes.Repeat([]byte{0xff}, 32) },
	} {
		t.Run(says, func(t *testing.T) {
			genesis := export()
			change(genesis, &genesis.Rounds[0])
			require.ErrorContains(t, genesis.Validate(), says)
		})
	}
}

func TestARoundThatIsImportedUnderAnotherChainIDFailsAndNobodyIsBlamed(t *testing.T) {
	for _, status := range []types.RoundStatus{types.ROUND_STATUS_DEAL, types.ROUND_STATUS_REVEAL} {
		t.Run(status.String(), func(t *testing.T) {
			c := dealing(t)
			running := runTo(c, status).Round
			c.Ctx = c.Ctx.WithChainID("stafi-next-1")
			imported(c)
			failed := round(c)
			require.Equal(t, types.ROUND_STATUS_FAILED, failed.Round.Status)
			require.Equal(t, "the round was opened on "+testutil.ChainID+" and the state went on as stafi-next-1", failed.Round.Reason)
			require.Equal(t, running.Anchor, failed.Round.Anchor)
			require.Equal(t, testutil.ChainID, failed.ChainId)
			require.Empty(t, failed.Dealers)
			restore := c.LengthenPhases()
			genesis, err := c.Keeper.ExportGenesis(c.Ctx)
			require.NoError(t, err)
			require.NoError(t, genesis.Validate())
			restore()
			require.Empty(t, genesis.Rounds[0].Dealings)
			c.RunToEra(2)
			for i := range 8 {
				fault, err := c.Keeper.DealerFault(c.Ctx, 1, testutil.Operator(i).String())
				require.NoError(t, err)
				require.False(t, fault)
				account, err := c.Keeper.HeartbeatAccounts.Get(c.Ctx, collections.Join[uint64, sdk.ValAddress](1, testutil.Operator(i)))
				if err == nil {
					require.Equal(t, account.Due, account.Sent)
				}
			}
			record, err := c.Keeper.EraRecords.Get(c.Ctx, 2)
			require.NoError(t, err)
			require.Empty(t, record.Seed)
			require.Contains(t, record.Election, failed.Round.Reason)
		})
	}
}

func TestARoundThatEndedIsImportedUnderAnotherChainIDAsItWas(t *testing.T) {
	c := dealing(t)
	done := runTo(c, types.ROUND_STATUS_DONE)
	c.Ctx = c.Ctx.WithChainID("stafi-next-1")
	imported(c)
	require.Equal(t, done, round(c))
}
