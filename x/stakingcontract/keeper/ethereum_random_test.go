package keeper_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// safeLife is a random life of a contract whose Safe is real. Any complete transaction ever signed may be sent at any time, as often as anyone wants.
type safeLife struct {
	*fixture
	r          *rapid.T
	complete   [][]byte
	recipients uint64
}

func TestTheBooksOfASafeHoldToTheWeiAfterEveryStepOfRandomLives(t *testing.T) {
	evm := newEVM(t)
	rapid.Check(t, func(r *rapid.T) {
		l := &safeLife{r: r, fixture: runningSafeOn(r, evm.Fork(), 4, 3, func(c *types.Contract) {
			c.Limits.MaxOutputs = 4
			c.Limits.MaxOutflowPerEra = math.LegacyMustNewDecFromStr("0.5")
			c.Limits.MinOutflow = atom(50 * milli)
		})}
		l.params(func(p *types.Params) { p.MaxEventsPerBlock, p.MaxMintsPerBlock = 3, 2 })
		r.Repeat(map[string]func(*rapid.T){
			"":        func(*rapid.T) { l.books(); l.paidOnce(); l.attempts() },
			"deposit": l.act(l.depositAny),
			"pay":     l.act(func() { l.safe.pays(l.who(), l.wei(300*milli)) }),
			"force":   l.act(func() { l.safe.force(l.wei(milli)) }),
			"claim":   l.act(l.claimAny),
			"redeem":  l.act(l.redeemAny),
			"cancel":  l.act(l.cancelAny),
			"blocks":  l.act(func() { l.blocks(rapid.IntRange(1, 7).Draw(l.r, "n")) }),
			"sign":    l.act(l.signAny),
			"send":    l.act(l.sendAny),
			"observe": l.act(l.look),
			"serve":   l.act(l.serve),
			"era":     l.act(l.eraAny),
			"seat":    l.act(func() { l.seatAny(); l.block() }),
			"halt":    l.act(l.haltAny),
			"price":   l.act(func() { l.gasPrice(rapid.Int64Range(1, 60).Draw(l.r, "gwei")) }),
			"reload":  l.act(l.reloadAny),
		})
		l.settleDown()
	})
}

func (l *safeLife) act(run func()) func(*rapid.T) {
	return func(r *rapid.T) { l.r, l.t = r, r; run() }
}

func (l *safeLife) who() string {
	return rapid.SampledFrom([]string{"alice", "bob", "carol"}).Draw(l.r, "who")
}

func (l *safeLife) wei(most int64) int64 { return rapid.Int64Range(1, most).Draw(l.r, "wei") }

func (l *safeLife) depositAny() {
	name := l.who()
	l.safe.deposits(name, rapid.SampledFrom([]string{userText(name), userText(name), "nonsense", types.ReserveMemo}).Draw(l.r, "recipient"), l.wei(300*milli))
}

// look observes, and wants the ledger of whoever holds the Safe to be what the Safe has.
func (l *safeLife) look() {
	l.observe()
	require.Equal(l.t, l.safe.evm.Balance(l.safe.safe).String(), l.ledger(l.state().ActiveVault).Balance.String())
	require.Equal(l.t, l.safe.holder, l.state().ActiveVault)
	require.True(l.t, l.safe.exactly(l.safe.holder))
}

func (l *safeLife) claimAny() {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	for _, d := range genesis.Deposits {
		if d.Status != types.DEPOSIT_STATUS_UNMATCHED {
			continue
		}
		for _, name := range []string{"alice", "bob", "carol"} {
			if d.Sender == wallet(name).Hex() {
				_, err := l.claimSigned(d, name, chainID, userText("carol"), nil)
				require.NoError(l.t, err)
			}
		}
		return
	}
}

func (l *safeLife) recipient() common.Address {
	l.recipients++
	return common.BytesToAddress(crypto.Keccak256(common.BigToHash(new(big.Int).SetUint64(l.recipients)).Bytes()))
}

func (l *safeLife) redeemAny() {
	name := l.who()
	held := l.held(name)
	least := payout.Least(l.contract(), l.state().GasBoost).Int64()
	if held < least {
		return
	}
	recipient := l.recipient()
	if rapid.IntRange(0, 3).Draw(l.r, "reverts") == 0 {
		l.safe.evm.SetCode(recipient, reverting)
	}
	l.withdraw(name, rapid.Int64Range(least, held).Draw(l.r, "amount"), recipient)
}

func (l *safeLife) cancelAny() {
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

func (l *safeLife) signAny() {
	session := l.latest(l.state().ActiveVault)
	if session == nil {
		return
	}
	_, tally, err := l.multisig.Session(l.ctx, session.Id)
	require.NoError(l.t, err)
	if tally.Signatures > 0 || tally.Status != multisigtypes.SESSION_STATUS_OPEN || tally.Settled {
		return
	}
	n := rapid.IntRange(0, int(session.Size_)).Draw(l.r, "signatures")
	l.signBy(session, n)
	if n >= int(session.Threshold) {
		l.complete = append(l.complete, l.calldata(session.Id))
	}
}

// sendAny sends any complete transaction ever seen, with more or less gas, at any price: the Safe decides.
func (l *safeLife) sendAny() {
	if len(l.complete) == 0 {
		return
	}
	tx := evmtest.Tx{
		From: l.safe.evm.Account("relayer"), To: &l.safe.safe, Data: rapid.SampledFrom(l.complete).Draw(l.r, "transaction"),
		Price: big.NewInt(rapid.Int64Range(1, 50).Draw(l.r, "gwei") * gwei),
	}
	if rapid.IntRange(0, 3).Draw(l.r, "starve") == 0 {
		tx.Gas = rapid.Uint64Range(200_000, 900_000).Draw(l.r, "gas")
	}
	l.safe.send(tx)
}

// serve has the open session signed by all, sent and proven, as in ordinary life.
func (l *safeLife) serve() {
	l.block()
	if session := l.latest(l.state().ActiveVault); session != nil {
		_, tally, err := l.multisig.Session(l.ctx, session.Id)
		require.NoError(l.t, err)
		if tally.Signatures == 0 && tally.Status == multisigtypes.SESSION_STATUS_OPEN && !tally.Settled {
			l.complete = append(l.complete, l.signed(session))
		}
	}
	for _, calldata := range l.complete {
		l.safe.execute(calldata)
	}
	l.look()
}

func (l *safeLife) eraAny() {
	l.nextEra()
	l.seatAny()
	l.block()
}

func (l *safeLife) seatAny() {
	size := rapid.IntRange(2, 7).Draw(l.r, "size")
	from := rapid.IntRange(0, 3).Draw(l.r, "committee") * 7
	l.seat(l.candidates(from, size), l.candidates(30, 10), uint32((7*size+9)/10))
}

func (l *safeLife) haltAny() {
	l.halt(types.Halts{Deposits: rapid.Bool().Draw(l.r, "deposits"), Payouts: rapid.Bool().Draw(l.r, "payouts"), Reason: "a test"})
}

func (l *safeLife) reloadAny() {
	before, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	l.fixture = l.reload(l.r)
	after, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	require.Equal(l.t, l.cdc.MustMarshalJSON(before), l.cdc.MustMarshalJSON(after))
}

// paidOnce compares with what recipients really have, and with sums that know nothing of ledgers.
func (l *safeLife) paidOnce() {
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
		got := math.NewIntFromBigInt(l.safe.evm.Balance(common.HexToAddress(r.Recipient)))
		supply = supply.Sub(r.Paid)
		if r.Refund() { // to somebody who has ether of its own
			if r.Status != types.REDEMPTION_STATUS_REFUSED {
				supply = supply.Add(r.Amount)
			}
			if r.Status == types.REDEMPTION_STATUS_PAID {
				supply = supply.Sub(r.Fee)
			}
			continue
		}
		switch r.Status {
		case types.REDEMPTION_STATUS_PAID:
			supply = supply.Sub(r.Fee)
			require.Equal(l.t, r.Amount.Sub(r.Fee).String(), got.String(), "redemption %d is paid exactly once", r.Id)
		case types.REDEMPTION_STATUS_REFUSED, types.REDEMPTION_STATUS_CANCELLED:
			supply = supply.Sub(math.MinInt(r.FeesBurned, r.Amount.Sub(r.Paid)))
			require.Equal(l.t, r.Paid.String(), got.String(), "redemption %d: %s", r.Id, r.Status)
		}
		require.True(l.t, got.LTE(r.Amount.Sub(r.Fee)) && got.GTE(r.Paid), "redemption %d: %s of %s, recipient has %s", r.Id, r.Paid, r.Amount, got)
	}
	require.Equal(l.t, supply.String(), l.bank.GetSupply(l.ctx, "rwei").Amount.String())
}

// attempts wants whatever was ever asked for at one nonce of the Safe to be one payout, whichever attempt, and at most one handover, and the fees of
// all that can still be executed to be committed.
func (l *safeLife) attempts() {
	sessions, err := l.multisig.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	type kind struct {
		sequence uint64
		purpose  multisigtypes.Purpose
	}
	first := map[kind]*multisigtypes.EthereumPayload{}
	for _, s := range sessions.Sessions {
		payload, at := s.Payload.EthereumPayload(), kind{s.Session.Sequence, s.Session.Purpose}
		if first[at] == nil {
			first[at] = payload
		}
		require.Equal(l.t, []any{first[at].Outputs, first[at].NextOwners}, []any{payload.Outputs, payload.NextOwners}, "session %d", s.Session.Id)
		if batch, err := l.keeper.Batch(l.ctx, s.Session.Root); err == nil {
			require.True(l.t, payload.Fee.Amount.LTE(batch.Fee), "session %d offers %s, of %s", s.Session.Id, payload.Fee, batch.Fee)
		}
	}
}

// settleDown lets everything that can end come to its end, and wants nobody to be left waiting.
func (l *safeLife) settleDown() {
	l.finish()
	for range 40 {
		l.halt(types.Halts{})
		l.safe.deposits("funder", types.ReserveMemo, 100*milli)
		l.blocks(7)
		l.serve()
		if len(l.left()) == 0 && l.state().Handover == types.HANDOVER_STAGE_NONE {
			break
		}
		l.nextEra()
	}
	l.books()
	l.paidOnce()
	require.Empty(l.t, l.left())
	require.Equal(l.t, types.HANDOVER_STAGE_NONE, l.state().Handover)
	nonce := l.safe.evm.Storage(l.safe.safe, ethereum.NonceSlot()).Big().Uint64()
	require.Equal(l.t, nonce, l.vault(l.state().ActiveVault).Sequence)
}

// left are the redemptions that are not finished, with what they wait for.
func (l *safeLife) left() []string {
	genesis, err := l.keeper.ExportGenesis(l.ctx)
	require.NoError(l.t, err)
	var left []string
	for _, entry := range genesis.Redemptions {
		if r := entry.Redemption; !r.Status.Finished() {
			left = append(left, fmt.Sprintf("%d is %s: %s", r.Id, r.Status, r.Reason))
		}
	}
	return left
}
