package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// eventful is a state with every kind of record: open, signed, expired and proven attempts, wrong signatures, a prune queue.
func eventful(t *testing.T) (*fixture, []testutil.Member) {
	t.Helper()
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks = 10, 1_000 })
	f.finished(testutil.NewCommittee("a", 4))
	members := testutil.NewCommittee("b", 7)
	vault := f.activeVault(members, 5)
	session := f.open(vault.Id)
	f.sign(session.Id, members[6], members[1])
	_, err := f.submit(members[1], session.Id, f.signature(members[1], session.Id))
	require.Error(t, err)
	_, err = f.submit(members[2], session.Id, make([]byte, 64))
	require.NoError(t, err)
	return f, members
}

func TestGenesisRoundTripIsByteIdenticalAndTheChainGoesOnFromIt(t *testing.T) {
	f, members := eventful(t)
	exported := f.export()
	bz := f.cdc.MustMarshalJSON(&exported)

	g := newFixture(t)
	g.ctx = g.ctx.WithBlockHeight(f.ctx.BlockHeight())
	var imported types.GenesisState
	g.cdc.MustUnmarshalJSON(bz, &imported)
	require.NoError(t, imported.Validate())
	require.NoError(t, g.keeper.InitGenesis(g.ctx, imported))
	again := g.export()
	require.Equal(t, string(bz), string(g.cdc.MustMarshalJSON(&again)))
	require.Equal(t, f.storeSize(), g.storeSize(), "queues and indexes are rebuilt")

	// Both chains live on alike: signatures, settlement, retry, proof, pruning.
	g.register(members)
	for _, chain := range []*fixture{f, g} {
		chain.hooks.settled = nil
		session := uint64(3)
		chain.sign(session, members[0])
		first, _ := chain.session(session)
		chain.endBlocksThrough(first.Expires)
		_, err := chain.keeper.RetrySession(chain.ctx, first.Vault, types.Retry{TimeoutHeight: 9_000})
		require.NoError(t, err)
		_, err = chain.keeper.Prove(chain.ctx, session)
		require.NoError(t, err)
		chain.endBlocksThrough(first.Expires + 1_100)
	}
	require.Equal(t, f.export(), g.export())
	require.Equal(t, f.hooks.settled, g.hooks.settled)
	require.Equal(t, f.storeSize(), g.storeSize())
}

func TestGenesisRoundTripHoldsInTheMiddleOfPruning(t *testing.T) {
	f := newFixture(t)
	f.setParams(func(p *types.Params) { p.SessionBlocks, p.HistoryBlocks, p.MaxPrunesPerBlock = 10, 30, types.MinPrunes })
	_, second := f.finished(testutil.NewCommittee("a", 4))
	f.endBlocksThrough(second.Expires + 30)
	exported := f.export()
	require.Len(t, exported.Sessions, 1, "the first attempt is half deleted")
	g := newFixture(t)
	require.NoError(t, g.keeper.InitGenesis(g.ctx, exported))
	require.Equal(t, exported, g.export())
	g.ctx = g.ctx.WithBlockHeight(f.ctx.BlockHeight())
	g.endBlocksThrough(g.ctx.BlockHeight() + 10)
	require.Empty(t, g.export().Sessions)
	require.Empty(t, g.export().Prunes)
}

func TestAnInvalidGenesisIsRefused(t *testing.T) {
	f, _ := eventful(t)
	for name, change := range map[string]func(*types.GenesisState){
		"parameters":                    func(gs *types.GenesisState) { gs.Params.SessionBlocks = 0 },
		"ids from 0":                    func(gs *types.GenesisState) { gs.NextVault = 0 },
		"a vault id to come":            func(gs *types.GenesisState) { gs.NextVault = 2 },
		"a session id to come":          func(gs *types.GenesisState) { gs.NextSession = 2 },
		"vaults out of order":           func(gs *types.GenesisState) { gs.Vaults[0], gs.Vaults[1] = gs.Vaults[1], gs.Vaults[0] },
		"a missing signer":              func(gs *types.GenesisState) { gs.Vaults[0].Signers = gs.Vaults[0].Signers[:3] },
		"signers out of order":          func(gs *types.GenesisState) { gs.Vaults[0].Signers[0].Index = 1 },
		"an operator twice":             func(gs *types.GenesisState) { gs.Vaults[0].Signers[0].Operator = gs.Vaults[0].Signers[1].Operator },
		"a vault without status":        func(gs *types.GenesisState) { gs.Vaults[0].Vault.Status = 0 },
		"a vault without contract":      func(gs *types.GenesisState) { gs.Vaults[0].Vault.Contract = 0 },
		"a threshold above M":           func(gs *types.GenesisState) { gs.Vaults[0].Vault.Threshold = 5 },
		"a session of no vault":         func(gs *types.GenesisState) { gs.Sessions[0].Session.Vault = 9 },
		"a session of another contract": func(gs *types.GenesisState) { gs.Sessions[0].Session.Contract = 9 },
		"a session without digests":     func(gs *types.GenesisState) { gs.Sessions[0].Session.Digests = nil },
		"a session without payload":     func(gs *types.GenesisState) { gs.Sessions[0].Payload.Kind = nil },
		"a session without status":      func(gs *types.GenesisState) { gs.Sessions[0].Tally.Status = 0 },
		"an open settled session":       func(gs *types.GenesisState) { gs.Sessions[2].Tally.Settled = true },
		"a tally that does not add up":  func(gs *types.GenesisState) { gs.Sessions[0].Tally.Signatures++ },
		"an ordinal twice": func(gs *types.GenesisState) {
			gs.Sessions[1].Signatures[0].Signature.Ordinal = gs.Sessions[1].Signatures[1].Signature.Ordinal
		},
		"a record of no signer":         func(gs *types.GenesisState) { gs.Sessions[2].Signatures[0].Index = 7 },
		"a series without its attempt":  func(gs *types.GenesisState) { gs.Series[0].Latest = 1 },
		"a series at a used sequence":   func(gs *types.GenesisState) { gs.Vaults[1].Vault.Sequence++ },
		"a vault with two series":       func(gs *types.GenesisState) { gs.Series = append(gs.Series, gs.Series[0]) },
		"prunes out of order":           func(gs *types.GenesisState) { gs.Prunes = append(gs.Prunes, gs.Prunes[0]) },
		"digests out of order":          func(gs *types.GenesisState) { gs.Digests[0], gs.Digests[1] = gs.Digests[1], gs.Digests[0] },
		"a digest of a session to come": func(gs *types.GenesisState) { gs.Digests[0].Session = 99 },
	} {
		t.Run(name, func(t *testing.T) {
			var gs types.GenesisState
			exported := f.export()
			f.cdc.MustUnmarshalJSON(f.cdc.MustMarshalJSON(&exported), &gs)
			require.NoError(t, gs.Validate())
			change(&gs)
			want := types.ErrInvalidGenesis
			if name == "parameters" {
				want = types.ErrInvalidParams
			}
			require.ErrorIs(t, gs.Validate(), want)
		})
	}
}

func TestParametersOutOfBoundsAreRefused(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for name, change := range map[string]func(*types.Params){
		"no session blocks":     func(p *types.Params) { p.SessionBlocks = 0 },
		"endless sessions":      func(p *types.Params) { p.SessionBlocks = 1 << 62 },
		"no expiries":           func(p *types.Params) { p.MaxExpiriesPerBlock = 0 },
		"no wrong signature":    func(p *types.Params) { p.MaxWrongPerSession = 0 },
		"gas beyond any block":  func(p *types.Params) { p.SignatureGas = 1 << 62 },
		"prunes below a record": func(p *types.Params) { p.MaxPrunesPerBlock = types.MinPrunes - 1 },
		"no history":            func(p *types.Params) { p.HistoryBlocks = 0 },
	} {
		params := types.DefaultParams()
		change(&params)
		require.ErrorIs(t, params.Validate(), types.ErrInvalidParams, name)
	}
}
