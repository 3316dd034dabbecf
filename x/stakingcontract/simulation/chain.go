// Package simulation gives x/stakingcontract a naive original chain and the messages of those who live by it.
package simulation

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/keeper"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// OriginalChain is a naive original chain of one contract: balances and sequences of vaults, executed by the rules of x/auth and x/bank, and
// the events that honest members derive from it. It shares no arithmetic with the module. Its maps are only looked up.
type OriginalChain struct {
	contract types.Contract
	keeper   keeper.Keeper
	query    types.QueryServer
	multisig multisigtypes.QueryServer

	height   uint64
	serial   uint64
	balances map[uint64]math.Int
	sequence map[uint64]uint64
	opened   map[uint64]bool
	paid     map[string]math.Int
	blocked  map[string]bool
	// sessions are all that were ever seen signed: old attempts are tried again and again.
	sessions []uint64
	events   []types.Event
	deposits []*types.DepositEvent
	// executions counts the transactions of vaults that were executed.
	executions int
}

// NewOriginalChain returns the chain of a deployed contract at its checkpoint.
func NewOriginalChain(contract types.Contract, k keeper.Keeper, multisig multisigtypes.QueryServer) *OriginalChain {
	return &OriginalChain{
		contract: contract, keeper: k, query: keeper.NewQueryServer(k), multisig: multisig, height: contract.Cosmos.CheckpointHeight,
		balances: map[uint64]math.Int{}, sequence: map[uint64]uint64{}, opened: map[uint64]bool{}, paid: map[string]math.Int{},
		blocked: map[string]bool{},
	}
}

// Received is what an address that is no vault was paid, in base units.
func (c *OriginalChain) Received(address string) math.Int { return amountOf(c.paid, address) }

// Executions is the number of transactions of vaults that were executed.
func (c *OriginalChain) Executions() int { return c.executions }

func amountOf[K comparable](amounts map[K]math.Int, key K) math.Int {
	if amount, ok := amounts[key]; ok {
		return amount
	}
	return math.ZeroInt()
}

// Address returns an account's address on the original chain: the same key's.
func (c *OriginalChain) Address(account sdk.AccAddress) string {
	text, err := bech32.ConvertAndEncode(c.contract.Cosmos.Bech32Prefix, account)
	if err != nil {
		panic(err)
	}
	return text
}

func (c *OriginalChain) txHash() []byte {
	c.serial++
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("tx"), c.serial))
	return sum[:]
}

// emit adds an event in the block after the present one.
func (c *OriginalChain) emit(e types.Event) {
	e.Height = c.height + 1
	c.events = append(c.events, e)
}

// deposit sends amounts to a vault in one transaction; those below the least deposit show in its balance only.
func (c *OriginalChain) deposit(vault uint64, sender, memo string, amounts ...int64) {
	hash := c.txHash()
	for i, amount := range amounts {
		c.balances[vault] = amountOf(c.balances, vault).AddRaw(amount)
		if math.NewInt(amount).LT(c.contract.Limits.MinDeposit) {
			c.emit(types.Event{Kind: &types.Event_Surplus{Surplus: &types.SurplusEvent{Vault: vault, Amount: math.NewInt(amount)}}})
			continue
		}
		event := &types.DepositEvent{
			Vault: vault, TxHash: hash, Index: uint32(i), Sender: sender, Memo: memo, Amount: math.NewInt(amount),
		}
		c.deposits = append(c.deposits, event)
		c.emit(types.Event{Kind: &types.Event_Deposit{Deposit: event}})
	}
}

// open creates a vault's account with one base unit for the reserve, which is reported as plain.
func (c *OriginalChain) open(vault uint64, sender string) {
	if c.opened[vault] {
		return
	}
	c.opened[vault] = true
	c.deposit(vault, sender, types.ReserveMemo, 1)
	c.emit(types.Event{Kind: &types.Event_Account{Account: &types.AccountEvent{
		Vault: vault, Plain: true, Number: 1000 + vault, Type: "/cosmos.auth.v1beta1.BaseAccount",
	}}})
}

// execute runs an attempt by the original chain's own rules: its sequence, its timeout, its fee; then its sends, all or none.
func (c *OriginalChain) execute(ctx context.Context, id uint64, code uint32) error {
	session, err := c.multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: id})
	if err != nil {
		return err
	}
	vault, payload := session.Session.Vault, session.Payload.CosmosPayload()
	if payload.Sequence != c.sequence[vault] {
		return fmt.Errorf("sequence is %d, wanted %d", payload.Sequence, c.sequence[vault])
	}
	if c.height+1 > payload.TimeoutHeight {
		return fmt.Errorf("timeout height is %d, now %d", payload.TimeoutHeight, c.height+1)
	}
	vaults, err := c.vaults(ctx)
	if err != nil {
		return err
	}
	c.sequence[vault]++
	c.executions++
	c.balances[vault] = amountOf(c.balances, vault).Sub(payload.Fee.Amount)
	outOfGas := code == outOfGasCode
	if code == 0 {
		code = c.send(vaults, vault, payload)
	}
	c.emit(types.Event{Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: vault, Session: id, TxHash: c.txHash(), Success: code == 0, OutOfGas: outOfGas, Code: code,
	}}})
	return nil
}

// outOfGasCode is x/auth's code of a transaction that ran out of gas.
const outOfGasCode = 11

func (c *OriginalChain) send(vaults []multisigtypes.Vault, from uint64, payload *multisigtypes.CosmosPayload) uint32 {
	total := math.ZeroInt()
	for _, output := range payload.Outputs {
		if c.blocked[output.Address] {
			return 4
		}
		total = total.Add(output.Amount)
	}
	if total.GT(amountOf(c.balances, from)) {
		return 5
	}
	c.balances[from] = amountOf(c.balances, from).Sub(total)
	for _, output := range payload.Outputs {
		c.receive(vaults, output)
	}
	return 0
}

func (c *OriginalChain) receive(vaults []multisigtypes.Vault, output multisigtypes.Output) {
	for _, vault := range vaults {
		if vault.Address == output.Address {
			c.balances[vault.Id] = amountOf(c.balances, vault.Id).Add(output.Amount)
			return
		}
	}
	c.paid[output.Address] = amountOf(c.paid, output.Address).Add(output.Amount)
}

func (c *OriginalChain) vaults(ctx context.Context) ([]multisigtypes.Vault, error) {
	response, err := c.query.Ledgers(ctx, &types.QueryLedgersRequest{Contract: c.contract.Id})
	if err != nil {
		return nil, err
	}
	vaults := make([]multisigtypes.Vault, len(response.Ledgers))
	for i, ledger := range response.Ledgers {
		vaults[i] = ledger.Vault
	}
	return vaults, nil
}

// report is the observation that honest members make of everything that was not observed yet. A range without events is made long enough.
func (c *OriginalChain) report(ctx context.Context, state types.ContractState) (types.Observation, error) {
	vaults, err := c.vaults(ctx)
	if err != nil {
		return types.Observation{}, err
	}
	c.height++
	o := types.Observation{Contract: c.contract.Id, From: state.ObservedHeight, FromIndex: state.ObservedIndex}
	for _, event := range c.events {
		if event.Height > state.ObservedHeight && reportable(vaults, event) {
			o.Events = append(o.Events, event)
		}
	}
	if lag := c.contract.Cosmos.MaxObservationLag; len(o.Events) == 0 && c.height < o.From+lag {
		c.height = o.From + lag
	}
	o.To = c.height
	hash := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("header"), c.height))
	o.BlockHash = hash[:]
	for _, vault := range vaults {
		if vault.Status != multisigtypes.VAULT_STATUS_CLOSED {
			o.Balances = append(o.Balances, types.Balance{Vault: vault.Id, Amount: amountOf(c.balances, vault.Id)})
		}
	}
	return o, nil
}

// reportable leaves out accounts of vaults that are not next any more.
func reportable(vaults []multisigtypes.Vault, event types.Event) bool {
	account := event.GetAccount()
	if account == nil {
		return true
	}
	for _, vault := range vaults {
		if vault.Id == account.Vault {
			return vault.Status == multisigtypes.VAULT_STATUS_PENDING && !vault.AccountKnown
		}
	}
	return false
}
