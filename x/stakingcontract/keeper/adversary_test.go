package keeper_test

import (
	"fmt"
	"math/big"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// The lives of this file have an adversary among honest people. It holds the keys of every CLOSED vault and any number of accounts on both chains, makes
// the accounts of next vaults before the members do, has committees fall silent, and may deposit, redeem, cancel, and send and take coins in any
// order. Whatever it does, the books hold, the reserve is never below 0, and it never has more than it began with, beside what others gave away.

// adversarySteps is how many steps a life with the adversary has; STAFID_ADVERSARY_STEPS asks for more of them.
func adversarySteps() int {
	if n, err := strconv.Atoi(os.Getenv("STAFID_ADVERSARY_STEPS")); err == nil {
		return n
	}
	return 60
}

// adversary is a life with one on a Cosmos chain. All amounts are coins of the original chain.
type adversary struct {
	*life
	// purse is what it has on the original chain, began with the sum of what it began with and what others gave away.
	purse, began int64
	accounts     int
	// paid is what each of its addresses had been paid when that was last looked at.
	paid map[string]int64
	// ledgers are the vaults' statuses when they were last looked at.
	statuses map[uint64]multisigtypes.VaultStatus
	// given are coins of others at vaults that are CLOSED, or will be.
	given map[uint64]int64
}

func TestAnAdversaryNeverHasMoreThanItBeganWith(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := &life{r: r, fixture: running(r, func(c *types.Contract) {
			c.Limits.MaxOutputs = 4
			c.Limits.MaxAssets = atom(3_000_000)
		})}
		l.params(func(p *types.Params) {
			p.MaxEventsPerBlock, p.MaxMintsPerBlock, p.RefundBlocks, p.SweepInterval = 5, 3, 40, 5
		})
		a := &adversary{
			life: l, purse: 5_000_000, began: 5_000_000, paid: map[string]int64{staker("mallory"): 0}, statuses: map[uint64]multisigtypes.VaultStatus{}, given: map[uint64]int64{},
		}
		l.fund("alice", 500_000)
		actions := a.actions()
		for range adversarySteps() {
			rapid.SampledFrom(actions).Draw(r, "action").run()
			a.check()
		}
		a.settleDown()
		a.check()
	})
}

// action of a life by name.
type action struct {
	name string
	run  func()
}

func (a action) String() string { return a.name }

func (a *adversary) actions() []action {
	return []action{
		{"deposit", a.depositHers}, {"deposit at an old vault", a.depositOld}, {"take from an old vault", a.takeOld},
		{"take unseen", a.takeUnseen}, {"give unseen", a.giveUnseen}, {"sweep an old vault", a.sweepOld}, {"redeem", a.redeemHers},
		{"redeem what can't be paid", a.redeemPoison}, {"cancel", a.cancelHers}, {"lock an account", a.lockAccount}, {"fall silent", a.silence},
		{"others deposit", a.depositOthers}, {"others redeem", a.redeemOthers}, {"others sign", a.signAny},
		{"others pay", a.payNow}, {"others pay", a.payNow}, {"era", a.eraOthers}, {"era", a.eraOthers}, {"account", a.accountOthers},
		{"observe", a.observe}, {"observe past time", func() { a.chain.mine(120); a.observe() }},
		{"blocks", func() { a.blocks(rapid.IntRange(1, 9).Draw(a.r, "n")) }}, {"governance opens", a.open},
	}
}

// check looks at what it was paid, and compares.
func (a *adversary) check() {
	a.books()
	a.model()
	for address, before := range a.paid {
		now := a.chain.received(address)
		a.purse += now - before
		a.paid[address] = now
	}
	require.GreaterOrEqual(a.t, a.purse, int64(0))
	hers := a.purse + a.held("mallory")
	genesis, err := a.keeper.ExportGenesis(a.ctx)
	require.NoError(a.t, err)
	for _, entry := range genesis.Redemptions {
		r := entry.Redemption
		if r.Redeemer == userText("mallory") && !r.Status.Finished() {
			hers += a.owing(r)
		}
	}
	for _, l := range a.vaults() {
		if a.statuses[l.Id] != l.Status && l.Status == multisigtypes.VAULT_STATUS_CLOSED {
			a.leave(l.Id)
		}
		a.statuses[l.Id] = l.Status
	}
	require.LessOrEqual(a.t, hers, a.began, "purse %d, held %d", a.purse, a.held("mallory"))
}

// owing is what a redemption still has in escrow and was not paid on the original chain before that is observed.
func (a *adversary) owing(r types.Redemption) int64 {
	return max(0, r.Amount.Int64()-max(r.Paid.Int64(), a.chain.received(r.Recipient)))
}

func (a *adversary) vaults() []multisigtypes.Vault {
	response, err := a.query.Ledgers(a.ctx, &types.QueryLedgersRequest{Contract: 1})
	require.NoError(a.t, err)
	vaults := make([]multisigtypes.Vault, len(response.Ledgers))
	for i, l := range response.Ledgers {
		vaults[i] = l.Vault
	}
	return vaults
}

// leave is what others left in a vault that is closed, which is hers from now on: what came without a session after it was handed over.
func (a *adversary) leave(vault uint64) {
	kept := a.chain.balance(vault).SubRaw(a.chain.locked[vault]).Int64()
	a.began += max(0, kept)
}

func (a *adversary) old() (uint64, bool) {
	var old []uint64
	for _, vault := range a.vaults() {
		if vault.Status == multisigtypes.VAULT_STATUS_CLOSED && vault.AccountKnown {
			old = append(old, vault.Id)
		}
	}
	if len(old) == 0 {
		return 0, false
	}
	return rapid.SampledFrom(old).Draw(a.r, "old vault"), true
}

func (a *adversary) spend(most int64) int64 {
	if a.purse == 0 {
		return 0
	}
	amount := rapid.Int64Range(1, min(most, a.purse)).Draw(a.r, "amount")
	a.purse -= amount
	return amount
}

func (a *adversary) send(vault uint64, memo string) {
	if amount := a.spend(400_000); amount > 0 {
		a.chain.deposit(vault, staker("mallory"), memo, amount)
	}
}

func (a *adversary) memo() string {
	return rapid.SampledFrom([]string{userText("mallory"), userText("mallory"), "", types.ReserveMemo}).Draw(a.r, "memo")
}

func (a *adversary) depositHers() { a.send(a.anyVault().Id, a.memo()) }

func (a *adversary) depositOld() {
	if vault, found := a.old(); found {
		a.send(vault, a.memo())
	}
}

func (a *adversary) takeOld() {
	vault, found := a.old()
	if !found {
		return
	}
	has := a.chain.balance(vault).SubRaw(a.chain.locked[vault]).Int64()
	// What the ledger doesn't know of is no outflow: nobody looks at it.
	known := min(has, a.ledger(vault).Balance.Int64()+a.pendingAt(vault))
	if known <= 0 {
		return
	}
	amount := rapid.Int64Range(1, known).Draw(a.r, "amount")
	a.purse += amount
	a.chain.foreign(vault, amount)
}

// pendingAt is what is reported of a vault and not observed yet.
func (a *adversary) pendingAt(vault uint64) (sum int64) {
	for _, event := range a.chain.events {
		if event.Vault() != vault {
			continue
		}
		if d := event.GetDeposit(); d != nil {
			sum += d.Amount.Int64()
		}
		if o := event.GetOutflow(); o != nil {
			sum -= o.Amount.Int64()
		}
		if e := event.GetExecution(); e != nil {
			return -1 << 40
		}
	}
	return sum
}

// takeUnseen takes coins by an authorization given before, which is no transaction of the vault: of a CLOSED one nobody sees it.
func (a *adversary) takeUnseen() {
	vault, found := a.old()
	if !found {
		return
	}
	has := a.chain.balance(vault).SubRaw(a.chain.locked[vault]).Int64()
	if has <= 0 {
		return
	}
	amount := rapid.Int64Range(1, has).Draw(a.r, "amount")
	a.chain.add(vault, -amount)
	a.chain.hidden[vault] -= amount
	a.purse += amount
}

func (a *adversary) giveUnseen() {
	vault, found := a.old()
	if !found {
		return
	}
	amount := a.spend(100_000)
	a.chain.add(vault, amount)
	a.chain.hidden[vault] += amount
}

// sweepOld has any sweep that an old vault was ever asked for executed, where the chain takes it.
func (a *adversary) sweepOld() {
	vault, found := a.old()
	if !found {
		return
	}
	if session := a.latest(vault); session != nil {
		_, _ = a.chain.execute(session.Id, rapid.SampledFrom([]result{{}, {}, {code: 4}}).Draw(a.r, "result"))
	}
}

func (a *adversary) redeemTo(recipient string) {
	held, least := a.held("mallory"), payout.Least(a.contract(), a.state().GasBoost).Int64()
	if held < least {
		return
	}
	_, err := a.redeem("mallory", rapid.Int64Range(least, held).Draw(a.r, "amount"), recipient)
	require.NoError(a.t, err)
}

func (a *adversary) redeemHers() {
	a.accounts++
	address := staker(fmt.Sprintf("mallory %d", a.accounts))
	a.paid[address] = 0
	a.redeemTo(address)
}

func (a *adversary) redeemPoison() {
	a.accounts++
	address := staker(fmt.Sprintf("poison %d", a.accounts))
	a.chain.blocked[address] = true
	a.redeemTo(address)
}

func (a *adversary) cancelHers() {
	genesis, err := a.keeper.ExportGenesis(a.ctx)
	require.NoError(a.t, err)
	for _, entry := range genesis.Redemptions {
		if entry.Redemption.Redeemer == userText("mallory") && !entry.Redemption.Status.Finished() {
			_, _ = a.msg.CancelRedemption(a.ctx, &types.MsgCancelRedemption{Redeemer: userText("mallory"), Redemption: entry.Redemption.Id})
		}
	}
}

func (a *adversary) lockAccount() {
	a.finish()
	state := a.state()
	if state.Handover != types.HANDOVER_STAGE_ACCOUNT || a.vault(state.PendingVault).AccountKnown || a.reported(state.PendingVault) {
		return
	}
	if amount := a.spend(2_000); amount > 0 {
		a.chain.vesting(state.PendingVault, amount)
	}
}

func (a *adversary) silence() {
	a.silent = nil
	for i := range rapid.IntRange(0, 12).Draw(a.r, "silent") {
		a.silent = append(a.silent, a.candidates(4+i, 1)[0].Operator)
	}
}

func (a *adversary) depositOthers() {
	name := rapid.SampledFrom([]string{"alice", "bob"}).Draw(a.r, "who")
	vault, amount := a.anyVault(), rapid.Int64Range(1, 300_000).Draw(a.r, "amount")
	if vault.Status == multisigtypes.VAULT_STATUS_CLOSED {
		a.began += amount
	}
	a.chain.deposit(vault.Id, staker(name), userText(name), amount)
}

func (a *adversary) redeemOthers() {
	held, least := a.held("alice"), payout.Least(a.contract(), a.state().GasBoost).Int64()
	if held < least {
		return
	}
	a.recipients++
	_, err := a.redeem("alice", rapid.Int64Range(least, held).Draw(a.r, "amount"), staker(fmt.Sprintf("recipient %d", a.recipients)))
	require.NoError(a.t, err)
}

func (a *adversary) eraOthers() {
	a.nextEra()
	if a.state().Handover == types.HANDOVER_STAGE_NONE {
		from := rapid.IntRange(0, 4).Draw(a.r, "committee") * 4
		a.seat(a.candidates(from, 4), a.candidates(20, 10), 3)
	}
	a.block()
}

func (a *adversary) accountOthers() {
	a.finish()
	state := a.state()
	if state.Handover == types.HANDOVER_STAGE_ACCOUNT && !a.vault(state.PendingVault).AccountKnown && !a.reported(state.PendingVault) {
		a.chain.open(state.PendingVault)
	}
}

// safeAdversary is a life with the adversary on Ethereum, where old vaults have no keys to anything. It deposits, pays and forces ether, redeems to
// accounts and to code that reverts, and cancels; gas is not counted.
type safeAdversary struct {
	*safeLife
	purse, began *big.Int
	paid         map[common.Address]*big.Int
}

func TestAnAdversaryNeverHasMoreEtherThanItBeganWith(t *testing.T) {
	evm := newEVM(t)
	rapid.Check(t, func(r *rapid.T) {
		l := &safeLife{r: r, fixture: runningSafeOn(r, evm.Fork(), 4, 3, func(c *types.Contract) { c.Limits.MaxOutputs = 4 })}
		l.params(func(p *types.Params) { p.MaxEventsPerBlock, p.MaxMintsPerBlock, p.RefundBlocks = 3, 2, 40 })
		a := &safeAdversary{safeLife: l, purse: big.NewInt(5_000 * milli), began: big.NewInt(5_000 * milli), paid: map[common.Address]*big.Int{}}
		l.stake("alice", 2_000*milli)
		actions := a.actions()
		for range adversarySteps() {
			rapid.SampledFrom(actions).Draw(r, "action").run()
			a.check()
		}
	})
}

func (a *safeAdversary) actions() []action {
	return []action{
		{"deposit", a.depositHers}, {"pay", a.payHers}, {"force ether", a.forceHers}, {"redeem", a.redeemHers}, {"redeem what can't be paid", a.redeemPoison},
		{"cancel", a.cancelHers}, {"fall silent", a.silence}, {"others deposit", a.depositAny}, {"others redeem", a.redeemAny}, {"sign", a.signAny},
		{"send", a.sendAny}, {"others serve", a.serve}, {"others serve", a.serve}, {"observe", a.look}, {"era", a.eraAny},
		{"blocks", func() { a.blocks(rapid.IntRange(1, 9).Draw(a.r, "n")) }}, {"governance opens", func() { a.halt(types.Halts{}) }},
	}
}

func (a *safeAdversary) check() {
	a.books()
	a.paidOnce()
	require.False(a.t, a.state().Reserve.IsNegative())
	hers := new(big.Int).Add(a.purse, math.NewInt(a.held("mallory")).BigInt())
	genesis, err := a.keeper.ExportGenesis(a.ctx)
	require.NoError(a.t, err)
	for _, entry := range genesis.Redemptions {
		r := entry.Redemption
		if r.Refund() && slices.Contains([]string{wallet("mallory").Hex(), wallet("nobody").Hex()}, r.Recipient) {
			hers.Add(hers, r.Paid.BigInt())
		}
		if r.Redeemer != userText("mallory") {
			continue
		}
		got := a.safe.evm.Balance(common.HexToAddress(r.Recipient))
		hers.Add(hers, got)
		if left := new(big.Int).Sub(r.Amount.BigInt(), got); !r.Status.Finished() && left.Sign() > 0 {
			hers.Add(hers, left)
		}
	}
	require.LessOrEqual(a.t, hers.Cmp(a.began), 0, "has %s, began with %s", hers, a.began)
}

func (a *safeAdversary) spend() int64 {
	if !a.purse.IsInt64() || a.purse.Sign() <= 0 {
		return 0
	}
	amount := rapid.Int64Range(1, min(300*milli, a.purse.Int64())).Draw(a.r, "amount")
	a.purse.Sub(a.purse, big.NewInt(amount))
	return amount
}

func (a *safeAdversary) depositHers() {
	if amount := a.spend(); amount > 0 {
		a.safe.deposits("mallory", rapid.SampledFrom([]string{userText("mallory"), types.ClaimMemo + userText("mallory"), "nobody", types.ReserveMemo}).Draw(a.r, "memo"), amount)
	}
}

func (a *safeAdversary) payHers() {
	if amount := a.spend(); amount > 0 {
		a.safe.pays("nobody", amount)
	}
}

func (a *safeAdversary) forceHers() {
	if amount := a.spend(); amount > 0 {
		a.safe.force(amount)
	}
}

func (a *safeAdversary) redeemTo(recipient common.Address) {
	if held := a.held("mallory"); held >= leastWei {
		a.withdraw("mallory", rapid.Int64Range(leastWei, held).Draw(a.r, "amount"), recipient)
	}
}

func (a *safeAdversary) redeemHers() { a.redeemTo(a.recipient()) }

func (a *safeAdversary) redeemPoison() {
	recipient := a.recipient()
	a.safe.evm.SetCode(recipient, reverting)
	a.redeemTo(recipient)
}

func (a *safeAdversary) cancelHers() {
	genesis, err := a.keeper.ExportGenesis(a.ctx)
	require.NoError(a.t, err)
	for _, entry := range genesis.Redemptions {
		if entry.Redemption.Redeemer == userText("mallory") && !entry.Redemption.Status.Finished() {
			_, _ = a.msg.CancelRedemption(a.ctx, &types.MsgCancelRedemption{Redeemer: userText("mallory"), Redemption: entry.Redemption.Id})
		}
	}
}

func (a *safeAdversary) silence() {
	a.silent = nil
	for i := range rapid.IntRange(0, 12).Draw(a.r, "silent") {
		a.silent = append(a.silent, a.candidates(7+i, 1)[0].Operator)
	}
}
