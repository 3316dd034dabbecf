package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// life is a random life of a contract on a naive original chain.
type life struct {
	*fixture
	r          *rapid.T
	sessions   []uint64
	recipients int
}

func TestTheBooksHoldAfterEveryStepOfRandomLives(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := &life{r: r, fixture: running(r, func(c *types.Contract) {
			c.Limits.MaxOutputs = 4
			c.Limits.MaxOutflowPerEra = math.LegacyMustNewDecFromStr("0.5")
			c.Limits.MinOutflow = atom(50_000)
		})}
		l.params(func(p *types.Params) { p.MaxEventsPerBlock, p.MaxMintsPerBlock = 3, 2 })
		r.Repeat(map[string]func(*rapid.T){
			"":                  func(*rapid.T) { l.books(); l.model() },
			"deposit":           l.act(l.depositAny),
			"surplus":           l.act(l.surplusAny),
			"claim":             l.act(l.claimAny),
			"redeem":            l.act(l.redeemAny),
			"cancel":            l.act(l.cancelAny),
			"blocks":            l.act(func() { l.blocks(rapid.IntRange(1, 7).Draw(l.r, "n")) }),
			"sign":              l.act(l.signAny),
			"execute":           l.act(l.executeAny),
			"observe":           l.act(func() { l.observe() }),
			"observe past time": l.act(func() { l.chain.mine(120); l.observe() }),
			"pay":               l.act(l.payNow),
			"era":               l.act(l.eraAny),
			"account":           l.act(l.accountAny),
			"halt":              l.act(l.haltAny),
			"propose":           l.act(l.proposeAny),
			"apply partly":      l.act(l.applyPartly),
		})
		l.settleDown()
	})
}

func (l *life) act(run func()) func(*rapid.T) {
	return func(r *rapid.T) { l.r, l.t = r, r; run() }
}

// anyVault is a vault of the contract in whatever status.
func (l *life) anyVault() multisigtypes.Vault {
	response, err := l.query.Ledgers(l.ctx, &types.QueryLedgersRequest{Contract: 1})
	require.NoError(l.t, err)
	return response.Ledgers[rapid.IntRange(0, len(response.Ledgers)-1).Draw(l.r, "vault")].Vault
}

func (l *life) depositAny() {
	name := rapid.SampledFrom([]string{"alice", "bob", "carol"}).Draw(l.r, "who")
	memo := rapid.SampledFrom([]string{userText(name), userText(name), "", "nonsense", types.ReserveMemo}).Draw(l.r, "memo")
	amount := rapid.Int64Range(500, 300_000).Draw(l.r, "amount")
	vault := l.state().ActiveVault
	if rapid.Bool().Draw(l.r, "elsewhere") {
		vault = l.anyVault().Id
	}
	l.chain.deposits(vault, staker(name), memo, amount, amount/2+1)
}

func (l *life) surplusAny() {
	if vault := l.anyVault(); vault.Status != multisigtypes.VAULT_STATUS_CLOSED {
		l.chain.surplus(vault.Id, rapid.Int64Range(1, 20_000).Draw(l.r, "amount"))
	}
}

func (l *life) claimAny() {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	for _, d := range genesis.Deposits {
		if d.Status != types.DEPOSIT_STATUS_UNMATCHED {
			continue
		}
		for _, name := range []string{"alice", "bob", "carol"} {
			if d.Sender == staker(name) {
				_, err := l.claim(d, name, userText("carol"))
				require.NoError(l.t, err)
			}
		}
		return
	}
}

func (l *life) redeemAny() {
	name := rapid.SampledFrom([]string{"alice", "bob", "carol"}).Draw(l.r, "who")
	held := l.held(name)
	least := payout.Least(l.contract(), l.state().GasBoost).Int64()
	if held < least {
		return
	}
	l.recipients++
	recipient := staker(fmt.Sprintf("recipient %d", l.recipients))
	if rapid.IntRange(0, 3).Draw(l.r, "blocked") == 0 {
		l.chain.blocked[recipient] = true
	}
	_, err := l.redeem(name, rapid.Int64Range(least, held).Draw(l.r, "amount"), recipient)
	require.NoError(l.t, err)
}

func (l *life) cancelAny() {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	for _, entry := range genesis.Redemptions {
		if entry.Redemption.Status == types.REDEMPTION_STATUS_QUEUED && entry.Redemption.Suspected == 0 && !entry.Redemption.Refund() {
			_, err := l.msg.CancelRedemption(l.ctx, &types.MsgCancelRedemption{Redeemer: entry.Redemption.Redeemer, Redemption: entry.Redemption.Id})
			require.NoError(l.t, err)
			return
		}
	}
}

func (l *life) openSessions() []*multisigtypes.Session {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	var open []*multisigtypes.Session
	for _, batch := range genesis.Batches {
		open = append(open, l.latest(batch.Vault))
	}
	return open
}

func (l *life) signAny() {
	for _, session := range l.openSessions() {
		_, tally, err := l.multisig.Session(l.ctx, session.Id)
		require.NoError(l.t, err)
		if tally.Signatures == 0 && tally.Status == multisigtypes.SESSION_STATUS_OPEN && !tally.Settled {
			l.signBy(session, rapid.IntRange(0, int(session.Size_)).Draw(l.r, "signatures"))
			l.sessions = append(l.sessions, session.Id)
		}
	}
}

// executeAny executes any attempt ever seen, old ones too: the chain refuses those whose sequence is used or whose time is over.
func (l *life) executeAny() {
	for _, session := range l.openSessions() {
		l.sessions = append(l.sessions, session.Id)
	}
	if len(l.sessions) == 0 {
		return
	}
	how := rapid.SampledFrom([]result{{}, {}, {}, {outOfGas: true}, {code: 4}}).Draw(l.r, "result")
	_, _ = l.chain.execute(rapid.SampledFrom(l.sessions).Draw(l.r, "session"), how)
}

// payNow has every open session signed, executed and proven.
func (l *life) payNow() {
	l.block()
	for _, session := range l.openSessions() {
		_, _ = l.chain.execute(session.Id, result{})
	}
	l.observe()
}

func (l *life) eraAny() {
	l.nextEra()
	from := rapid.IntRange(0, 4).Draw(l.r, "committee") * 4
	l.seat(l.candidates(from, 4), l.candidates(20, 10), 3)
	l.block()
}

func (l *life) accountAny() {
	l.finish()
	state := l.state()
	if state.Handover != types.HANDOVER_STAGE_ACCOUNT || l.vault(state.PendingVault).AccountKnown {
		return
	}
	if l.reported(state.PendingVault) {
		return
	}
	switch rapid.IntRange(0, 5).Draw(l.r, "account") {
	case 0:
		l.chain.used(state.PendingVault)
	case 1:
		l.chain.vesting(state.PendingVault, rapid.Int64Range(1, 50_000).Draw(l.r, "locked"))
	default:
		l.chain.open(state.PendingVault)
	}
}

// reported says whether an account event of a vault waits to be observed.
func (l *life) reported(vault uint64) bool {
	for _, event := range l.chain.events {
		if account := event.GetAccount(); account != nil && account.Vault == vault {
			return true
		}
	}
	return false
}

func (l *life) haltAny() {
	l.halt(types.Halts{
		Deposits: rapid.Bool().Draw(l.r, "deposits"), Payouts: rapid.Bool().Draw(l.r, "payouts"), Reason: "a test",
	})
}

// model compares with sums that know nothing of ledgers: supply is what was minted less what was burned, each deposit counts once, and no recipient
// got more than what its redemption was to pay.
func (l *life) model() {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	supply := math.ZeroInt()
	for _, d := range genesis.Deposits {
		if d.Status == types.DEPOSIT_STATUS_MINTED {
			supply = supply.Add(d.Worth())
		}
	}
	for _, entry := range genesis.Redemptions {
		r := entry.Redemption
		supply = supply.Sub(r.Paid)
		if r.Refund() && r.Status != types.REDEMPTION_STATUS_REFUSED {
			supply = supply.Add(r.Amount)
		}
		if r.Refund() { // a sender may get several deposits back
			if r.Status == types.REDEMPTION_STATUS_PAID {
				supply = supply.Sub(r.Fee)
			}
			continue
		}
		switch r.Status {
		case types.REDEMPTION_STATUS_PAID:
			supply = supply.Sub(r.Fee)
			require.Equal(l.t, r.Amount.Sub(r.Fee).Int64(), l.chain.received(r.Recipient), "redemption %d paid exactly once", r.Id)
		case types.REDEMPTION_STATUS_REFUSED, types.REDEMPTION_STATUS_CANCELLED:
			supply = supply.Sub(r.FeesBurned)
			require.Equal(l.t, r.Paid.Int64(), l.chain.received(r.Recipient), "redemption %d: %s", r.Id, r.Status)
		}
		require.LessOrEqual(l.t, l.chain.received(r.Recipient), r.Amount.Sub(r.Fee).Int64(), "redemption %d", r.Id)
		require.GreaterOrEqual(l.t, l.chain.received(r.Recipient), r.Paid.Int64(), "redemption %d", r.Id)
	}
	require.Equal(l.t, supply.String(), l.bank.GetSupply(l.ctx, rtoken).Amount.String())
}

// open ends whatever is halted, as governance does once it has looked into it.
func (l *life) open() {
	l.halt(types.Halts{})
}

// unfinished is how many redemptions have not come to their end.
func (l *life) unfinished() (n int) {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	for _, entry := range genesis.Redemptions {
		if !entry.Redemption.Status.Finished() {
			n++
		}
	}
	return n
}

// settleDown lets everything that can end come to its end, and wants nobody who can be paid to be left waiting. A handover whose addresses were
// taken in one era after another halts payouts on the way.
func (l *life) settleDown() {
	l.finish()
	for range 25 + l.unfinished() {
		l.open()
		state := l.state()
		if state.Handover == types.HANDOVER_STAGE_ACCOUNT && !l.vault(state.PendingVault).AccountKnown && !l.reported(state.PendingVault) {
			l.chain.open(state.PendingVault)
		}
		l.chain.deposit(state.ActiveVault, staker("funder"), types.ReserveMemo, 50_000)
		l.blocks(6)
		for _, session := range l.openSessions() {
			_, _ = l.chain.execute(session.Id, result{})
		}
		l.chain.mine(101)
		l.observe()
		l.nextEra()
	}
	l.books()
	l.model()
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	for _, entry := range genesis.Redemptions {
		require.True(l.t, entry.Redemption.Status.Finished(), "redemption %d is left %s: %s", entry.Redemption.Id, entry.Redemption.Status, entry.Redemption.Reason)
	}
	require.Equal(l.t, types.HANDOVER_STAGE_NONE, l.state().Handover)
}
