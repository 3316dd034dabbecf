package keeper_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// reload exports the whole state of x/multisig and this module, and loads it into a new fixture with the same accounts.
func (f *fixture) reload(t tb) *fixture {
	t.Helper()
	vaults, err := f.multisig.ExportGenesis(f.ctx)
	require.NoError(t, err)
	contracts, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, contracts.Validate())
	g := newFixture(t)
	g.ctx = g.ctx.WithBlockHeight(f.ctx.BlockHeight()).WithBlockTime(f.ctx.BlockTime())
	era, err := f.ssv.CurrentEra(f.ctx)
	require.NoError(t, err)
	require.NoError(t, g.ssv.Era.Set(g.ctx, era))
	g.bank.InitGenesis(g.ctx, f.bank.ExportGenesis(f.ctx))
	require.NoError(t, g.multisig.InitGenesis(g.ctx, *vaults))
	require.NoError(t, g.keeper.InitGenesis(g.ctx, *contracts))
	g.chain = f.chain
	g.chain.f = g
	if g.safe = f.safe; g.safe != nil {
		g.safe.f = g
	}
	return g
}

func TestAnExportedStateLoadsAndExportsTheSameBytesAndGoesOn(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := &life{r: r, fixture: running(r, func(c *types.Contract) { c.Limits.MaxOutputs = 4 })}
		l.params(func(p *types.Params) { p.MaxEventsPerBlock, p.MaxMintsPerBlock = 3, 2 })
		for range rapid.IntRange(5, 25).Draw(r, "steps") {
			rapid.SampledFrom([]func(){
				l.depositAny, l.depositAny, l.redeemAny, l.block, l.signAny, l.executeAny, func() { l.observe() }, l.eraAny, l.accountAny, l.proposeAny, l.applyPartly,
			}).Draw(r, "step")()
		}
		before, err := l.keeper.ExportGenesis(l.ctx)
		require.NoError(r, err)
		l.fixture = l.reload(r)
		after, err := l.keeper.ExportGenesis(l.ctx)
		require.NoError(r, err)
		require.Equal(r, l.cdc.MustMarshalJSON(before), l.cdc.MustMarshalJSON(after))
		l.books()
		for _, p := range proposals(l.fixture) {
			l.reject(p.Proposal.Hash)
		}
		l.settleDown()
	})
}

// proposeAny leaves a proposal open, or accepted with events still to be applied.
func (l *life) proposeAny() {
	if len(proposals(l.fixture)) > 0 {
		return
	}
	height, events, hidden := l.chain.height, l.chain.events, maps.Clone(l.chain.hidden)
	o := l.chain.report()
	l.chain.height, l.chain.events, l.chain.hidden = height, events, hidden
	o.To = o.From + 50
	o.Events = nil
	for i := range o.Balances {
		ledger := l.ledger(o.Balances[i].Vault)
		o.Balances[i].Amount = ledger.Balance
	}
	_, err := l.propose(l.voters()[3], o)
	if err != nil {
		require.ErrorIs(l.t, err, types.ErrBarred)
	}
}

// applyPartly has an observation accepted and applied for one block only.
func (l *life) applyPartly() {
	l.finish()
	l.chain.mine(1)
	l.accept(l.chain.report())
	l.block()
}

func (l *life) ledger(vault uint64) types.Ledger {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	return ledgerOf(genesis, vault)
}

func (l *life) reject(hash []byte) {
	for _, member := range l.voters() {
		_ = l.attest(member, hash, false)
	}
}
