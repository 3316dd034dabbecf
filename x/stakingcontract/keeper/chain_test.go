package keeper_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// originalChain is a naive original chain: balances and sequences of vaults by address, executed by the rules of x/auth and x/bank, and the events that
// honest members derive from it. It shares no arithmetic with the module.
type originalChain struct {
	f        *fixture
	height   uint64
	balances map[uint64]math.Int
	sequence map[uint64]uint64
	paid     map[string]math.Int
	executed map[uint64]bool
	blocked  map[string]bool
	events   []types.Event
	serial   uint64
	// hidden is dust of vaults that have no balance proven, locked what an outsider locked in vaults' accounts.
	hidden, locked map[uint64]int64
}

func newOriginalChain(f *fixture) *originalChain {
	return &originalChain{
		f: f, height: checkpoint, balances: map[uint64]math.Int{}, sequence: map[uint64]uint64{}, paid: map[string]math.Int{},
		executed: map[uint64]bool{}, blocked: map[string]bool{},
		hidden: map[uint64]int64{}, locked: map[uint64]int64{},
	}
}

func (c *originalChain) mine(blocks uint64) { c.height += blocks }

func (c *originalChain) txHash() []byte {
	c.serial++
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("tx"), c.serial))
	return sum[:]
}

func (c *originalChain) balance(vault uint64) math.Int {
	if balance, ok := c.balances[vault]; ok {
		return balance
	}
	return math.ZeroInt()
}

func (c *originalChain) add(vault uint64, amount int64) {
	c.balances[vault] = c.balance(vault).AddRaw(amount)
}

// emit adds an event in the block after the present one.
func (c *originalChain) emit(e types.Event) {
	e.Height = c.height + 1
	c.events = append(c.events, e)
}

// deposit sends an amount to a vault and returns the transaction's hash.
func (c *originalChain) deposit(vault uint64, sender, memo string, amount int64) []byte {
	return c.deposits(vault, sender, memo, amount)
}

// deposits sends several amounts to a vault in one transaction.
func (c *originalChain) deposits(vault uint64, sender, memo string, amounts ...int64) []byte {
	hash := c.txHash()
	for i, amount := range amounts {
		if atom(amount).LT(c.f.state().LeastEvent) {
			c.dust(vault, amount)
			continue
		}
		c.add(vault, amount)
		c.emit(types.Event{Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
			Vault: vault, TxHash: hash, Index: uint32(i), Sender: sender, Memo: memo, Amount: atom(amount),
		}}})
	}
	return hash
}

// dust is an inflow that is no event: it shows in the balance of a vault that has one proven.
func (c *originalChain) dust(vault uint64, amount int64) {
	if c.f.vault(vault).Status == multisigtypes.VAULT_STATUS_CLOSED {
		c.add(vault, amount)
		c.hidden[vault] += amount
		return
	}
	c.surplus(vault, amount)
}

func (c *originalChain) surplus(vault uint64, amount int64) {
	c.add(vault, amount)
	c.emit(types.Event{Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: vault, Amount: atom(amount)}}})
}

func (c *originalChain) steal(vault uint64, amount int64) {
	c.add(vault, -amount)
	c.emit(types.Event{Kind: &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: vault, TxHash: c.txHash(), Amount: atom(amount)}}})
}

// foreign has a vault send coins away by a transaction of its own that no session asked for. What the next sequence is by then is told once, at the
// range's end.
func (c *originalChain) foreign(vault uint64, amount int64) {
	c.sequence[vault]++
	c.events = slices.DeleteFunc(c.events, func(e types.Event) bool { return e.GetSequence() != nil && e.Vault() == vault })
	c.emit(types.Event{Kind: &types.Event_Sequence{Sequence: &types.SequenceEvent{
		Vault: vault, TxHash: c.txHash(), Sequence: c.sequence[vault],
	}}})
	c.steal(vault, amount)
}

// open creates a vault's account with one base unit for the reserve, and reports it as plain.
func (c *originalChain) open(vault uint64) {
	c.deposit(vault, staker("funder"), types.ReserveMemo, 1)
	c.emit(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: vault, Plain: true, Number: 1000 + vault, Type: "/cosmos.auth.v1beta1.BaseAccount",
	}}})
}

// vesting has an outsider make a vault's account one with coins locked in it, before anybody else made it.
func (c *originalChain) vesting(vault uint64, locked int64) {
	c.surplus(vault, locked)
	c.locked[vault] = locked
	c.emit(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: vault, Plain: true, Number: 1000 + vault, Type: "/cosmos.vesting.v1beta1.PermanentLockedAccount", Locked: atom(locked),
	}}})
}

// used reports that a vault's own members used its account before it was theirs.
func (c *originalChain) used(vault uint64) {
	c.emit(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: vault, Number: 1000 + vault, Sequence: 1, Type: "/cosmos.auth.v1beta1.BaseAccount",
	}}})
}

// result is how a transaction ends; the zero value succeeds.
type result struct {
	outOfGas bool
	code     uint32
}

// execute runs an attempt's payload by the original chain's own rules: its sequence, its timeout, its fee; then its sends, all or none.
func (c *originalChain) execute(session uint64, forced result) ([]byte, error) {
	payload, err := c.f.multisigPayload(session)
	require.NoError(c.f.t, err)
	s, _, err := c.f.multisig.Session(c.f.ctx, session)
	require.NoError(c.f.t, err)
	if payload.Sequence != c.sequence[s.Vault] {
		return nil, fmt.Errorf("sequence is %d, wanted %d", payload.Sequence, c.sequence[s.Vault])
	}
	if c.height+1 > payload.TimeoutHeight {
		return nil, fmt.Errorf("timeout height is %d, now %d", payload.TimeoutHeight, c.height+1)
	}
	require.False(c.f.t, c.executed[session], "session %d executed twice", session)
	c.executed[session] = true
	c.sequence[s.Vault]++
	c.balances[s.Vault] = c.balance(s.Vault).Sub(payload.Fee.Amount)
	code := forced.code
	if code == 0 && !forced.outOfGas {
		code = c.send(s.Vault, payload)
	}
	if forced.outOfGas {
		code = 11
	}
	hash := c.txHash()
	c.emit(types.Event{Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: s.Vault, Session: session, TxHash: hash, Success: code == 0, OutOfGas: forced.outOfGas, Code: code,
	}}})
	return hash, nil
}

func (c *originalChain) send(vault uint64, payload *multisigtypes.CosmosPayload) uint32 {
	total := math.ZeroInt()
	for _, output := range payload.Outputs {
		if c.blocked[output.Address] {
			return 4
		}
		total = total.Add(output.Amount)
	}
	if total.GT(c.balance(vault).SubRaw(c.locked[vault])) {
		return 5
	}
	c.balances[vault] = c.balance(vault).Sub(total)
	for _, output := range payload.Outputs {
		if to, found, err := c.f.multisig.VaultByAddress(c.f.ctx, 1, output.Address); err == nil && found {
			c.balances[to.Id] = c.balance(to.Id).Add(output.Amount)
			continue
		}
		paid, ok := c.paid[output.Address]
		if !ok {
			paid = math.ZeroInt()
		}
		c.paid[output.Address] = paid.Add(output.Amount)
	}
	return 0
}

func (c *originalChain) received(address string) int64 {
	if paid, ok := c.paid[address]; ok {
		return paid.Int64()
	}
	return 0
}

// reportable leaves out accounts of vaults that are not next any more.
func (c *originalChain) reportable() []types.Event {
	var events []types.Event
	for _, event := range c.events {
		if account := event.GetAccount(); account != nil && c.f.vault(account.Vault).Status != multisigtypes.VAULT_STATUS_PENDING {
			continue
		}
		events = append(events, event)
	}
	return events
}

// show tells of what nobody saw at vaults that have a balance proven by now.
func (c *originalChain) show() {
	for vault := range uint64(1_000) {
		amount := c.hidden[vault]
		if amount == 0 || c.f.vault(vault).Status == multisigtypes.VAULT_STATUS_CLOSED {
			continue
		}
		delete(c.hidden, vault)
		event := types.Event{Height: c.height, Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: vault, Amount: atom(amount)}}}
		if amount < 0 {
			event.Kind = &types.Event_Outflow{Outflow: &types.OutflowEvent{Vault: vault, Amount: atom(-amount)}}
		}
		c.events = append(c.events, event)
	}
}

// report is the observation that honest members make of everything since the last one.
func (c *originalChain) report() types.Observation {
	c.show()
	state := c.f.state()
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("header"), c.height))
	o := types.Observation{
		Contract: 1, From: state.ObservedHeight, FromIndex: state.ObservedIndex, To: c.height, BlockHash: hash[:], Events: c.reportable(),
	}
	ledgers, err := c.f.query.Ledgers(c.f.ctx, &types.QueryLedgersRequest{Contract: 1})
	require.NoError(c.f.t, err)
	for _, l := range ledgers.Ledgers {
		if l.Vault.Status != multisigtypes.VAULT_STATUS_CLOSED {
			o.Balances = append(o.Balances, types.Balance{Vault: l.Vault.Id, Amount: c.balance(l.Vault.Id)})
		}
	}
	if len(o.Events) == 0 && o.To < o.From+50 {
		c.height = o.From + 50
		o.To = c.height
	}
	c.events = nil
	return o
}
